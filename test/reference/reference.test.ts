/**
 * The references themselves: against PyTorch's answers at double precision, and each gradient against its own value. No library here.
 */
import { describe, expect, it } from "vitest";
import { draw, losses, operations } from "../table.js";
import { flat } from "./call.js";
import { centralDifference, centralTolerance } from "./central.js";
import { difference } from "./compare.js";
import { corners, extremes } from "./extremes.js";
import { cases, disagreement } from "./golden.js";
import { kinks } from "./kinks.js";
import { acceptance } from "./points.js";
import { type Args, reduce } from "./tensor.js";

const known = new Map([...losses, ...operations].map((row) => [row.name, row]));

describe("references agree with the golden cases", () => {
  for (const golden of cases) {
    if (golden.throws !== undefined) continue;
    it(golden.id, () => {
      const row = known.get(golden.loss);
      const value = golden.value;
      if (!row || !value) throw new Error("no expectation");
      const answer = row.reference(golden.args, golden.options);
      if (answer instanceof Float64Array) {
        expect(disagreement("float64", answer, value)).toBeUndefined();
        return;
      }
      const reduction = (golden.options.reduction as string | undefined) ?? "mean";
      const reduced = reduce(answer, reduction);
      expect(disagreement("float64", flat(reduced.value), value), "value").toBeUndefined();
      for (const [name, want] of Object.entries(golden.grad)) {
        expect(disagreement("float64", reduced.grads[name] ?? [], want), name).toBeUndefined();
      }
    });
  }
});

describe("the gradients of the references are those of their values", () => {
  for (const row of losses) {
    const { behind = (own: Args) => own } = row;
    for (const variant of row.variants.filter((own) => own.notDifferenced === undefined)) {
      it(`${row.name}, ${variant.title}`, () => {
        for (const shape of row.shapes(5)) {
          const { args: drawn, options } = draw(row, variant, shape);
          const args = behind(drawn);
          const upstream = row.reference(args, options).values.map((_, n) => 0.5 + (n % 4));
          const grads = row.reference(args, options).grads(upstream);
          for (const [name, got] of Object.entries(grads)) {
            const want = centralDifference((moved) => row.reference(behind(moved), options), args, name, upstream);
            expect(difference(got, want, centralTolerance), `[${shape}] ${name}`).toBeUndefined();
          }
        }
      });
    }
  }
});

/** Hand-worked answers and references must agree before either is held against the library. */
describe("references agree with the points worked out by hand", () => {
  for (const point of [...acceptance, ...kinks, ...extremes, ...corners]) {
    if (point.throws !== undefined) continue;
    it(point.title, () => {
      const row = known.get(point.loss);
      if (!row) throw new Error("no row");
      const args = Object.fromEntries(point.args.map((arg, k) => [row.arguments[k], arg]));
      const answer = row.reference(args, point.options ?? {});
      const near = (largest: number) => ({ relative: 1e-12, absolute: 1e-13 * largest + 1e-60 });
      if (answer instanceof Float64Array) {
        expect(difference(answer, point.value as number[], near)).toBeUndefined();
        return;
      }
      const { value, grads } = reduce(answer, (point.options?.reduction as string | undefined) ?? "mean");
      if (point.value !== undefined) expect(difference(flat(value), flat(point.value as number), near), "value").toBeUndefined();
      for (const [name, want] of Object.entries(point.grad ?? {})) expect(difference(grads[name] ?? [], want, near), name).toBeUndefined();
    });
  }
});

/** Every other test leans on it. */
describe("the comparison", () => {
  const { NaN: nan, POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: minf } = Number;
  const tolerance = (largest: number) => ({ relative: 0.1, absolute: 0.01 * largest });

  it("takes what is near, and the same NaN, infinity and zero", () => {
    expect(difference([1.1, -98, nan, inf, minf, -0], [1, -90, nan, inf, minf, 0], tolerance)).toBeUndefined();
  });
  for (const [got, want] of [
    [1.2, 1],
    [nan, 1],
    [1, nan],
    [inf, 1],
    [1, inf],
    [1e308, inf],
    [inf, minf],
    [nan, inf],
    [inf, nan],
  ] as const) {
    it(`tells ${got} from ${want}`, () => expect(difference([0, got], [0, want], tolerance)).toMatch("1 of 2 differ, worst at 1"));
  }
  it("counts numbers", () => expect(difference([1], [1, 1], tolerance)).toMatch("instead of 2"));
});
