/** examples/embeddings, a short training of each loss: neighbours become alike, and the backends agree; and what draws the picture. */

import * as js from "losskit/js";
import * as wasm from "losskit/wasm";
import { describe, expect, it } from "vitest";
import { duel, trainedAlike } from "../examples/digits/compare.js";
import { readDigits, split } from "../examples/digits/data.js";
import { seeded } from "../examples/digits/random.js";
import { train } from "../examples/digits/train.js";
import { alone, training } from "../examples/embeddings/encoder.js";
import { objectives } from "../examples/embeddings/objectives.js";
import { picture } from "../examples/embeddings/picture.js";
import { project } from "../examples/embeddings/project.js";
import { directions, recallAt1 } from "../examples/embeddings/recall.js";

const EPOCHS = 3;
const data = split(readDigits(), 0.2, 1);
const contestants = [
  { name: "WebAssembly", library: wasm },
  { name: "JavaScript", library: js },
] as const;

describe("examples/embeddings", () => {
  for (const objective of objectives) {
    it(`${objective.name} brings digits of a class together, on both backends`, () => {
      const runs = train(training(objective, EPOCHS), contestants, data, { show() {}, end() {} });
      for (const { before, after } of runs) {
        // untrained about 0.68
        expect(after.accuracy).toBeGreaterThan(before.accuracy + 0.2);
        expect(after.loss).toBeLessThan(before.loss);
      }
      expect(runs[0].before.accuracy).toBe(runs[1].before.accuracy);
      expect(trainedAlike(...runs).agrees, `losses ${runs.map(({ after }) => after.loss)}`).toBe(true);
      const { agrees, difference } = duel(alone(objective, data.train, 64), 1, contestants);
      expect(agrees, `apart by ${difference}`).toBe(true);
    });
  }

  it("recall@1 is the share of points whose nearest other point is of their class", () => {
    // 0 and 1 are each other's nearest, and alike; 5 has 6 for its nearest, of another class, and so has 6
    expect(recallAt1(js, Float32Array.of(0, 1, 5, 6), 1, Int32Array.of(3, 3, 4, 3))).toBe(0.5);
    expect(directions(Float32Array.of(3, 4, 0, 0, 0, -2), 2)).toEqual(Float32Array.of(0.6, 0.8, 0, 0, 0, -1));
  });

  it("the projection keeps the two directions of the largest spread, around the mean", () => {
    // three directions at right angles, of deviations 3, 2 and 0.1
    const random = seeded(5);
    const axes = [
      [2 / 3, 2 / 3, 1 / 3],
      [-2 / 3, 1 / 3, 2 / 3],
      [1 / 3, -2 / 3, 2 / 3],
    ];
    const along = Array.from({ length: 400 }, () => [3, 2, 0.1].map((size) => size * (2 * random() - 1)));
    const points = Float32Array.from(along.flatMap((parts) => [0, 1, 2].map((i) => 7 + axes.reduce((sum, axis, j) => sum + parts[j]! * axis[i]!, 0))));
    const plane = project(points, 3);
    for (const axis of [0, 1]) {
      const mean = along.reduce((sum, parts) => sum + parts[axis]! / along.length, 0);
      const sign = Math.sign(plane[axis]! * (along[0]![axis]! - mean));
      // the sample's own directions are off the true ones by a few hundredths
      along.forEach((parts, row) => {
        expect(Math.abs(sign * plane[2 * row + axis]! - (parts[axis]! - mean))).toBeLessThan(0.3);
      });
    }
  });

  it("the picture has every point once a panel, inside it", () => {
    const plane = Float64Array.of(0, 0, 1, 2, -30, 4, 5, 60);
    const panel = { plane, recall: 0.5 };
    const svg = picture([{ name: "a", from: "b", before: panel, after: panel }], Int32Array.of(0, 1, 1, 9), "title", "caption");
    const dots = [...svg.matchAll(/M([\d.-]+) ([\d.-]+)h0/g)].map(([, x, y]) => [Number(x), Number(y)] as const);
    expect(dots).toHaveLength(8);
    const panels = [...svg.matchAll(/class="panel" x="(\d+)" y="(\d+)" width="(\d+)"/g)].map((found) => found.slice(1).map(Number));
    expect(panels).toHaveLength(2);
    dots.forEach(([x, y], i) => {
      const [left, top, side] = panels[i >> 2] as [number, number, number];
      expect(x > left && x < left + side && y > top && y < top + side, `${x} ${y}`).toBe(true);
    });
  });
});
