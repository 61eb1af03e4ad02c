// What the lecture computes, without the page.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { huberLoss, l1Loss, mseLoss } from "../../dist/esm/index.js";
import { fit, type Gradient } from "../src/lecture/fit.js";
import { FOUND, precision, searcher } from "../src/lecture/search-engine.js";
import { parse, split } from "../src/train/digits.js";

const X = Float64Array.of(0, 1, 2, 3, 4, 5, 6);
const gradients: Record<string, Gradient> = {
  mse: (x, t) => mseLoss.valueAndGrad(x, t, { reduction: "sum" }).grad.input,
  l1: (x, t) => l1Loss.valueAndGrad(x, t, { reduction: "sum" }).grad.input,
  huber: (x, t) => huberLoss.valueAndGrad(x, t, { delta: 0.5, reduction: "sum" }).grad.input,
};

test.each(Object.keys(gradients))("%s: points on a line are fitted by that line", (name) => {
  const { level, slope } = fit(
    X,
    X.map((x) => 2 - 0.5 * x),
    gradients[name]!,
  );
  expect(slope).toBeCloseTo(-0.5, 9);
  expect(level).toBeCloseTo(0.5, 9);
});

test("one wild point: least squares follow, least absolute errors do not", () => {
  const y = X.map((x) => x);
  y[6] = 40;
  expect(fit(X, y, gradients.mse!).slope).toBeGreaterThan(3);
  expect(fit(X, y, gradients.l1!).slope).toBeCloseTo(1, 5);
  const { slope, pulls } = fit(X, y, gradients.huber!);
  expect(slope).toBeLessThan(1.3);
  // at the minimum the pulls balance, alone and around the middle
  expect(pulls.reduce((sum, g) => sum + g, 0)).toBeCloseTo(0, 4);
  expect(pulls.reduce((sum, g, i) => sum + g * (X[i]! - 3), 0)).toBeCloseTo(0, 4);
});

test("the search: neighbours are nearest first, not the query, and become right", { timeout: 120_000 }, () => {
  const data = split(parse(gunzipSync(readFileSync(new URL("../../examples/digits/digits.csv.gz", import.meta.url))).toString()), 200);
  const engine = searcher(data);
  const before = engine.neighbours();
  expect(before).toHaveLength(200 * FOUND);
  before.forEach((row, i) => {
    expect(row).not.toBe(Math.floor(i / FOUND));
  });
  const first = engine.step();
  let last = 0;
  for (let i = 0; i < 150; i++) last = engine.step();
  expect(last).toBeLessThan(first);
  const after = precision(engine.neighbours(), data.test.classes);
  expect(after).toBeGreaterThan(0.7);
  expect(after).toBeGreaterThan(1.5 * precision(before, data.test.classes));
});
