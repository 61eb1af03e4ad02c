// What the page draws, without the page: each descriptor's point against the loss's formula, written a second time, at every setting's ends.

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { axisOf, evaluate, program, starting, sweep } from "../src/evaluate.js";
import type { Descriptor } from "../src/losses/descriptor.js";
import { losses } from "../src/losses/index.js";
import { formulas } from "./formulas.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** The starting settings, and each setting in turn at its ends or at every choice. */
function* variants(loss: Descriptor): Generator<Record<string, number>> {
  yield starting(loss);
  for (const [name, control] of Object.entries(loss.controls)) {
    const values = "options" in control ? control.options.map(({ value }) => value) : [control.min, control.max];
    for (const value of values) yield { ...starting(loss), [name]: value };
  }
}

/** Where the curve bends, central differences say nothing; and at a slope of 0/0 neither. */
const STEP = 1e-5;

describe.each(losses.map((loss) => [loss.name, loss] as const))("%s", (name, loss) => {
  const formula = formulas[name]!;

  it("has the value of its formula, and its slope for a gradient", () => {
    let slopes = 0;
    for (const settings of variants(loss)) {
      const { min, max } = axisOf(loss, settings);
      for (const part of [0, 0.13, 0.37, 0.52, 0.71, 0.93, 1]) {
        const x = min + (max - min) * part;
        const { value, gradient } = evaluate(loss, x, settings);
        const expected = formula(x, settings);
        // float64 throughout; the cosine has PyTorch's 1e-12 under its root
        if (Number.isFinite(expected)) expect(Math.abs(value - expected), JSON.stringify({ x, settings })).toBeLessThan(1e-11 * (1 + Math.abs(expected)));
        else expect(value).toBe(expected);
        const [before, after] = [x - STEP, x + STEP].map((moved) => formula(moved, settings, x)) as [number, number];
        const [left, right] = [(expected - before) / STEP, (after - expected) / STEP];
        // a variance below eps: the gradient is passed straight through, by PyTorch's rule
        const clamped = name === "gaussianNllLoss" && settings.against === 1 && x <= settings.eps! + STEP;
        if (part === 0 || part === 1 || clamped || !(Math.abs(left - right) < 1e-2)) continue;
        const slope = (after - before) / (2 * STEP) / (loss.perX ?? 1);
        // central differences of a float64: rounding 1e-16 / STEP, curvature STEP²
        expect(Math.abs(gradient - slope), JSON.stringify({ x, settings })).toBeLessThan(1e-6 * (1 + Math.abs(slope)));
        slopes++;
      }
    }
    expect(slopes).toBeGreaterThan(3);
  });

  it("is drawn with finite values, and gaps only in the gradient", () => {
    for (const settings of variants(loss)) {
      if (name === "ctcLoss" && settings.text === 3) continue; // it does not fit: infinite everywhere
      const points = sweep(loss, settings);
      expect(points.length).toBeGreaterThan(400);
      for (const { value } of points) expect(value).not.toBeNaN();
    }
  });

  it("gives a program that prints what the page says", () => {
    for (const settings of [...variants(loss)].slice(0, 4)) {
      const { value: x } = axisOf(loss, settings);
      const point = evaluate(loss, x, settings);
      // where pairs tie, as at the corners of a square, the six digits decide which of them pulls
      const jumps =
        name === "batchHardTripletLoss" && Math.abs(evaluate(loss, x + STEP, settings).gradient - evaluate(loss, x - STEP, settings).gradient) > 1e-2;
      const text = program(loss, point, settings);
      const printed = execFileSync(process.execPath, ["--input-type=module", "--eval", text], { cwd: root, encoding: "utf8" }).trim().split("\n").map(Number);
      for (const [i, exact] of [point.value, point.gradient].entries()) {
        if (i === 1 && jumps) continue;
        // the program's numbers have six digits
        if (Number.isFinite(exact)) expect(Math.abs(printed[i]! - exact)).toBeLessThan(1e-4 * (1 + Math.abs(exact)));
        else expect(printed[i]).toBe(exact);
      }
    }
  });
});

it("every loss is there, each with a formula of its own", () => {
  expect(losses.map(({ name }) => name).sort()).toEqual(Object.keys(formulas).sort());
});
