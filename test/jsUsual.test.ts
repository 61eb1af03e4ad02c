/**
 * losskit/js has a straight loop for the usual call of float32, and a careful one for all others: what the first cannot do has to come from the second.
 * Both must say the same: float64 goes the careful way.
 */
import { describe, expect, it } from "vitest";
import * as js from "../src/js.js";
import { agree } from "./reference/compare.js";

type Any = Record<string, ((...args: unknown[]) => unknown) & { valueAndGrad(...args: unknown[]): { value: number; grad: Record<string, Float32Array> } }>;
const losses = js as unknown as Any;

const EDGES = [0, -0, 1, -1, 0.5, -2.5, 3e-7, 1e12, -3e20, 1e38, Infinity, -Infinity, Number.NaN];
const PAIRED: readonly (readonly [name: string, options?: object])[] = [
  ["mseLoss"],
  ["l1Loss"],
  ["smoothL1Loss"],
  ["huberLoss"],
  ["bceWithLogitsLoss"],
  ["klDivLoss"],
  ["poissonNllLoss"],
  ["pinballLoss"],
  ["pinballLoss", { quantile: 0.9 }],
];

/** Value and gradients of both loops for positions of float32. */
function compare(name: string, operands: readonly (readonly number[])[], options: object = {}): void {
  const summed = { ...options, reduction: "sum" };
  const call = (Floats: Float32ArrayConstructor | Float64ArrayConstructor) =>
    (losses[name] as Any[string]).valueAndGrad(...operands.map((operand) => Floats.from(Float32Array.from(operand))), summed);
  const [usual, careful] = [call(Float32Array), call(Float64Array)];
  const alone = (losses[name] as Any[string])(...operands.map((operand) => Float32Array.from(operand)), summed) as number;
  const say = `${name}${JSON.stringify(options)} of ${JSON.stringify(operands.map((operand) => operand.map(String)))}`;
  agree(
    [usual.value, alone],
    [careful.value, careful.value],
    () => ({ relative: 1e-7, absolute: 1e-12 }),
    () => say,
  );
  for (const [argument, grad] of Object.entries(careful.grad)) {
    agree(
      usual.grad[argument] as Float32Array,
      Float32Array.from(grad),
      () => ({ relative: 2e-7, absolute: 1e-45 }),
      () => `${say}, ${argument}`,
    );
  }
}

describe("the straight loops of losskit/js", () => {
  for (const [name, options] of PAIRED) {
    it(options ? `${name} ${JSON.stringify(options)}` : name, () => {
      for (const x of EDGES)
        for (const t of EDGES)
          compare(
            name,
            [
              [0.25, x],
              [0.5, t],
            ],
            options,
          );
    });
  }

  it("hingeEmbeddingLoss, also of targets that are neither 1 nor -1", () => {
    for (const x of EDGES)
      for (const t of [1, -1, 0, 0.5, 2])
        compare("hingeEmbeddingLoss", [
          [0.25, x],
          [1, t],
        ]);
  });

  it("marginRankingLoss", () => {
    for (const x1 of EDGES)
      for (const x2 of EDGES)
        for (const t of [1, -1, 0.5])
          compare("marginRankingLoss", [
            [0.25, x1],
            [0.5, x2],
            [1, t],
          ]);
  });

  it("multiMarginLoss, of scores that are not finite, too", () => {
    for (const x of EDGES) {
      const scores = [x, 0.5, 1.25, -1];
      const call = (data: Float32Array | Float64Array) => (losses.multiMarginLoss as Any[string]).valueAndGrad({ data, shape: [1, 4] }, [1], { p: 2 });
      const [a, b] = [call(Float32Array.from(scores)), call(Float64Array.from(Float32Array.from(scores)))];
      agree(
        [a.value],
        [b.value],
        () => ({ relative: 1e-12, absolute: 0 }),
        () => `multiMarginLoss with ${x}`,
      );
    }
  });

  it("a gradient that replaces its operand is right where the straight loop is not", () => {
    const x = Float32Array.of(1, Infinity, -3);
    const { grad } = js.huberLoss.valueAndGrad(x, Float32Array.of(0.5, 1, 1), { reduction: "sum", out: { input: x } });
    expect(Array.from(grad.input)).toEqual([0.5, 1, -1]);
  });

  it("softshrink", () => {
    expect(Array.from(js.softshrink(Float32Array.from(EDGES), { lambda: 1 }))).toEqual(
      Array.from(EDGES, Math.fround).map((x) => Math.fround(x > 1 ? x - 1 : x < -1 ? x + 1 : Number.isNaN(x) ? x : 0)),
    );
  });
});
