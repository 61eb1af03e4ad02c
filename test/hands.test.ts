/** Tensors as people have them: labels as integers or booleans, one class in an array, rows in arrays of their own. */
import { describe, expect, it } from "vitest";
import { entries, functionOf } from "./entries.js";

const f = (...values: number[]) => Float32Array.from(values);
const x = f(0.5, -1, 2, 0.25);

/** Targets of 0 and 1, of 1 and -1, and counts, as floats: what all other forms must agree with, to the bit. */
const zeroOne = [1, 0, 0, 1];
const signs = [1, -1, -1, 1];
const rows: readonly [name: string, first: unknown[], target: number[], shape: number[]][] = [
  ["bceLoss", [f(0.5, 0.1, 0.9, 0.25)], zeroOne, [4]],
  ["bceWithLogitsLoss", [x], zeroOne, [4]],
  ["sigmoidFocalLoss", [x], zeroOne, [4]],
  ["multiLabelSoftMarginLoss", [x], zeroOne, [4]],
  ["poissonNllLoss", [x], [3, 0, 1, 2], [4]],
  ["diceLoss", [{ data: f(0.5, 0.1, 0.9, 0.25), shape: [1, 2, 2] }], zeroOne, [1, 2, 2]],
  ["tverskyLoss", [{ data: f(0.5, 0.1, 0.9, 0.25), shape: [1, 2, 2] }], zeroOne, [1, 2, 2]],
  ["hingeEmbeddingLoss", [x], signs, [4]],
  ["softMarginLoss", [x], signs, [4]],
  ["marginRankingLoss", [x, f(0, 0, 1, 1)], signs, [4]],
  [
    "cosineEmbeddingLoss",
    [
      { data: f(1, 2, 3, 4, 5, 6, 7, 8), shape: [4, 2] },
      { data: f(8, 7, 6, 5, 4, 3, 2, 1), shape: [4, 2] },
    ],
    signs,
    [4],
  ],
  [
    "contrastiveLoss",
    [
      { data: f(1, 2, 3, 4, 5, 6, 7, 8), shape: [4, 2] },
      { data: f(8, 7, 6, 5, 4, 3, 2, 1), shape: [4, 2] },
    ],
    signs,
    [4],
  ],
];

describe("labels are numbers, however they are kept", () => {
  for (const [name, first, target, shape] of rows) {
    it(name, () => {
      for (const entry of entries) {
        const loss = functionOf(entry, name);
        const as = (data: unknown) => loss.valueAndGrad(...first, { data, shape }, { reduction: "none" });
        const want = as(Float32Array.from(target));
        const others: [string, unknown][] = [
          ["numbers", target],
          ["Int8Array", Int8Array.from(target)],
          ["Int32Array", Int32Array.from(target)],
          ["BigInt64Array", BigInt64Array.from(target.map(BigInt))],
        ];
        if (!target.includes(-1)) others.push(["Uint16Array", Uint16Array.from(target)], ["Uint8Array", Uint8Array.from(target)]);
        if (target.every((t) => t === 0 || t === 1)) others.push(["booleans", target.map((t) => t === 1)]);
        for (const [what, data] of others) expect(as(data), `${entry.name} ${what}`).toEqual(want);
      }
    });
  }

  it("an array of booleans without a shape, and one of tensor", () => {
    for (const entry of entries) {
      const loss = functionOf(entry, "bceWithLogitsLoss");
      const want = loss(x, zeroOne);
      expect(loss(x, [true, false, false, true])).toBe(want);
      expect(loss(x, functionOf(entry, "tensor")([true, false, false, true], [4]))).toBe(want);
    }
  });

  it("the gradient of a target of integers is an array of floats", () => {
    for (const entry of entries) {
      const { grad } = functionOf(entry, "bceWithLogitsLoss").valueAndGrad(x, Uint8Array.from(zeroOne), { wrt: ["target"], reduction: "sum" });
      expect(grad.target, entry.name).toEqual(f(-0.5, 1, -2, -0.25));
    }
  });

  it("booleans are no numbers elsewhere, and no single one is a label", () => {
    for (const entry of entries) {
      expect(() => functionOf(entry, "mseLoss")(x, [true, false, false, true])).toThrow('mseLoss: "target"[0] expected a number, got true');
      expect(() => functionOf(entry, "bceWithLogitsLoss")([true], [1])).toThrow('bceWithLogitsLoss: "input"[0] expected a number, got true');
      expect(() => functionOf(entry, "bceWithLogitsLoss")(0.5, true)).toThrow('bceWithLogitsLoss: "target" expected a tensor, got true');
      expect(() => functionOf(entry, "nllLoss")(x, [true])).toThrow('nllLoss: "target"[0] expected a number, got true');
    }
  });
});

describe("one class or sign of one sample may be [1]", () => {
  const scores = { data: f(0.5, -1, 2), shape: [3] };
  for (const name of ["nllLoss", "crossEntropyLoss", "multiMarginLoss"]) {
    it(name, () => {
      for (const entry of entries) {
        const loss = functionOf(entry, name);
        expect(loss.valueAndGrad(scores, [2]), entry.name).toEqual(loss.valueAndGrad(scores, 2));
        expect(loss.valueAndGrad(scores, Int32Array.of(2), { reduction: "none" })).toEqual(loss.valueAndGrad(scores, 2, { reduction: "none" }));
        expect(() => loss(scores, { data: [2, 1], shape: [2] })).toThrow(RangeError);
        expect(() => loss(scores, { data: [2], shape: [1, 1] })).toThrow(RangeError);
      }
    });
  }
  for (const name of ["cosineEmbeddingLoss", "contrastiveLoss"]) {
    it(name, () => {
      for (const entry of entries) {
        const loss = functionOf(entry, name);
        expect(loss.valueAndGrad(f(1, 2), f(2, -1), [-1]), entry.name).toEqual(loss.valueAndGrad(f(1, 2), f(2, -1), -1));
        expect(() => loss(f(1, 2), f(2, -1), [1, 1])).toThrow(RangeError);
      }
    });
  }
});

it("cosineSimilarity of two vectors takes their only axis", () => {
  for (const entry of entries) {
    const similarity = functionOf(entry, "cosineSimilarity");
    expect(similarity([3, 4], [4, 3]), entry.name).toEqual(Float64Array.of(0.96));
    expect(similarity([3, 4], [4, 3], { dim: 0 })).toEqual(similarity([3, 4], [4, 3]));
    expect(() => similarity([3, 4], [4, 3], { dim: 2 })).toThrow(RangeError);
    expect(() => similarity(3, 4, { dim: 1 })).toThrow(RangeError);
  }
});

describe("rows in arrays of their own are told how to become a tensor", () => {
  const nested: [unknown, string][] = [
    [
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      "(nested arrays: tensor(x.flat(), [2, 3])), got an array of length 3",
    ],
    [
      [
        [[1], [2]],
        [[3], [4]],
      ],
      "(nested arrays: tensor(x.flat(2), [2, 2, 1])), got an array of length 2",
    ],
    [[[]], "(nested arrays: tensor(x.flat(), [1, 0])), got an array of length 0"],
  ];
  for (const [value, text] of nested) {
    it(text, () => {
      for (const entry of entries) {
        expect(() => functionOf(entry, "mseLoss")(value, [1])).toThrow(`mseLoss: "input"[0] expected a number ${text}`);
        expect(() => functionOf(entry, "nllLoss")([1], value)).toThrow(`nllLoss: "target"[0] expected a number ${text}`);
      }
    });
  }

  it("what it shows works", () => {
    for (const entry of entries) {
      const rows = [
        [2, 1, 0.1],
        [0.5, 2.5, 0.3],
      ];
      const input = functionOf(entry, "tensor")(rows.flat(), [2, 3]);
      expect(functionOf(entry, "crossEntropyLoss")(input, [0, 1])).toBe(functionOf(entry, "crossEntropyLoss")(rows.flat(), [0, 1]));
    }
  });

  it("an array that holds itself", () => {
    const endless: unknown[] = [];
    endless.push(endless);
    for (const entry of entries) expect(() => functionOf(entry, "mseLoss")(endless, [1])).toThrow("x.flat(7), [1, 1, 1, 1, 1, 1, 1, 1]");
  });
});
