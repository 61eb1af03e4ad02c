// What moves, without the page: the network's gradients, the trainings, the race.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { seeded as random } from "../../bench/data.js";
import * as js from "../../dist/esm/js.js";
import * as wasm from "../../dist/esm/wasm.js";
import { seeded } from "../../examples/digits/random.js";
import { difference } from "../src/race/contest.js";
import { hand } from "../src/race/hand.js";
import { table } from "../src/race/table.js";
import { parse, split } from "../src/train/digits.js";
import { Network } from "../src/train/network.js";
import { type Kit, objectiveOf, objectives } from "../src/train/objectives.js";
import { trainer } from "../src/train/trainer.js";

const kits = { js, wasm: wasm as unknown as Kit };
const data = split(parse(gunzipSync(readFileSync(fileURLToPath(new URL("../../examples/digits/digits.csv.gz", import.meta.url)))).toString()), 400);
const RATE = 0.01;

describe("the network of the playground", () => {
  it("has the gradients of central differences", () => {
    const ROWS = 4;
    const network = new Network([5, 6, 2, 4, 3], [0, 2], ROWS, seeded(3));
    const input = Float32Array.from({ length: ROWS * 5 }, seeded(4));
    const wanted = Float32Array.from({ length: ROWS * 3 }, seeded(5));
    const loss = () => {
      const output = network.forward(input, ROWS);
      return output.reduce((sum, x, i) => sum + (x - wanted[i]!) ** 2 / 2, 0);
    };
    // The differences come first: `learn` moves the weights, and leaves the gradients that it went by.
    const STEP = 2 ** -7;
    const differences = network.layers.map(({ weights, bias }) =>
      [weights.values, bias.values].map((values) =>
        Array.from(values, (kept, i) => {
          values[i] = kept + STEP;
          const above = loss();
          values[i] = kept - STEP;
          const below = loss();
          values[i] = kept;
          return (above - below) / (2 * STEP);
        }),
      ),
    );
    const output = network.forward(input, ROWS);
    network.gradient.set(output.map((x, i) => x - wanted[i]!));
    network.learn(0);
    let largest = 0;
    network.layers.forEach(({ weights, bias }, depth) => {
      [weights.gradient, bias.gradient].forEach((gradient, which) => {
        gradient.forEach((g, i) => {
          largest = Math.max(largest, Math.abs(g));
          // Float32 activations near 1, divided by the step: 2^-24 * 2^7 is 8e-6 for each of a dozen terms. The loss is quadratic in each weight, so
          // that central differences add no error of their own where no ReLU turns.
          expect(Math.abs(g - differences[depth]![which]![i]!), `layer ${depth}, ${which ? "bias" : "weight"} ${i}`).toBeLessThan(1e-4);
        });
      });
    });
    expect(largest).toBeGreaterThan(0.5);
  });
});

// Milliseconds: a training takes one second on an idle machine.
describe("trainings of the playground", { timeout: 120_000 }, () => {
  // After 300 steps of 64 digits. By chance a tenth would be right. The losses of the classes, mseLoss among them, are past four fifths: no layer is in their way.
  it.each(objectives.map(({ id }) => id))("%s learns, and alike on both backends at first", (id) => {
    const [a, b] = [kits.js, kits.wasm].map((kit) => trainer(kit, objectiveOf(id), data));
    for (let step = 0; step < 300; step++) {
      const [one, other] = [a!.step(RATE), b!.step(RATE)];
      // Later the rounding of the two, amplified from step to step, leads them apart.
      if (step < 10) expect(Math.abs(one - other)).toBeLessThan(1e-4 * one);
    }
    expect(b!.accuracy()).toBeGreaterThan(objectiveOf(id).kind === "classes" ? 0.78 : 0.5);
  });

  it("nllLoss of logSoftmax is crossEntropyLoss", () => {
    const [a, b] = ["nll", "crossEntropy"].map((id) => trainer(kits.js, objectiveOf(id), data));
    for (let step = 0; step < 50; step++) {
      const expected = b!.step(RATE);
      expect(Math.abs(a!.step(RATE) - expected)).toBeLessThan(1e-4 * expected);
    }
  });
});

describe("the race of the playground", () => {
  it("has every loss", () => {
    const losses = Object.keys(js).filter((name) => name.endsWith("Loss"));
    expect(losses.length).toBeGreaterThan(20);
    expect(table.map(({ loss }) => loss).sort()).toEqual(losses.sort());
  });

  it.each(table.map((row) => [row.loss, row] as const))("%s: the backends agree", (_, row) => {
    // throws where they do not
    expect(difference(row.prepare(random(1), row.sizes[0]!), kits.js, kits.wasm)).toBeLessThan(1e-6);
  });

  it.each(Object.keys(hand))("%s: the hand-written loop agrees with losskit, at every size", (loss) => {
    const row = table.find((row) => row.loss === loss)!;
    for (const size of row.sizes) expect(difference(row.prepare(random(1), size), kits.js, hand), String(size)).toBeLessThan(1e-6);
  });

  it("finds contestants that do not agree", () => {
    const row = table[0]!;
    const wrong = { ...kits.js, mseLoss: kits.js.l1Loss } as unknown as Kit;
    expect(() => difference(row.prepare(random(1), row.sizes[0]!), kits.js, wrong)).toThrow("do not agree");
    const other = { ...hand, mseLoss: hand.l1Loss } as Kit;
    expect(() => difference(row.prepare(random(1), row.sizes[0]!), kits.js, other)).toThrow("do not agree");
  });
});
