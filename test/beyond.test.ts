/**
 * The golden cases beyond PyTorch's losses, on every entry: values and gradients from float64 autograd through the definitions, half precision,
 * errors, totals with their parts merged in any order, the outputs of scoreTokens. What an entry does not export yet is skipped, visibly and counted.
 */
import { describe, expect, it } from "vitest";
import { type Entry, entries } from "./entries.js";
import {
  type Beyond,
  beyond,
  callOf,
  dtypesOf,
  type Handed,
  hasClasses,
  isHalf,
  numberOf,
  numbersOf,
  type StoredTensor,
  type StoredTotals,
} from "./reference/beyond.js";
import { type Dtype, type FloatArray, flat, floats } from "./reference/call.js";
import { disagreement } from "./reference/golden.js";
import { tensor } from "./reference/tensor.js";

interface Totals {
  sum: number[];
  weight: number[];
  count: number;
  nan: number;
  infinite: [number, number];
}
type Function_ = ((...args: unknown[]) => unknown) & {
  valueAndGrad(...args: unknown[]): { value: number | FloatArray; grad: Record<string, FloatArray> };
  totals(...args: unknown[]): Totals;
};
type Api = Readonly<Record<string, Function_>> & {
  mergeTotals(...totals: Totals[]): Totals;
  meanOf(totals: Totals): number;
  perplexity(totals: Totals): number;
  bitsPerByte(totals: Totals, bytes: number): number;
};

const CLASSES: readonly Handed["classes"][] = ["BigInt64Array", "Int32Array"];
const HALVES: readonly Handed["half"][] = ["dtype", "type", "array"];

function ways(golden: Beyond): readonly Handed[] {
  const classes = hasClasses(golden) ? CLASSES : CLASSES.slice(0, 1);
  return classes.flatMap((kind) => (isHalf(golden) ? HALVES : HALVES.slice(0, 1)).map((half) => ({ classes: kind, half })));
}

const wanted = (stored: StoredTensor, torch32: number) => ({ want: tensor(numbersOf(stored)), torch32 });

function checkValue(golden: Beyond, dtype: Dtype, value: unknown, label: string): void {
  const stored = golden.expect.value as StoredTensor;
  const isArray = golden.options.reduction === "none" || !golden.loss.endsWith("Loss");
  if (isArray) expect(value, label).toBeInstanceOf(floats(dtype));
  else expect(typeof value, label).toBe("number");
  expect(disagreement(dtype, flat(value as number | FloatArray), wanted(stored, numberOf(golden.torch32?.value))), `${label} value`).toBeUndefined();
}

function checkLoss(loss: Function_, golden: Beyond): void {
  const { grad } = golden.expect;
  for (const dtype of dtypesOf(golden)) {
    for (const handed of ways(golden)) {
      const label = `${dtype} ${handed.classes} ${handed.half}`;
      const { args, options } = callOf(golden, dtype, handed);
      const { wrt: _, ...plain } = options;
      checkValue(golden, dtype, loss(...args, plain), label);
      if (!grad || !golden.loss.endsWith("Loss")) continue;
      const got = loss.valueAndGrad(...args, { ...options, wrt: Object.keys(grad) });
      checkValue(golden, dtype, got.value, label);
      expect(Object.keys(got.grad).sort(), label).toEqual(Object.keys(grad).sort());
      for (const [name, stored] of Object.entries(grad)) {
        expect(got.grad[name], `${label} ${name}`).toBeInstanceOf(floats(dtype));
        const found = disagreement(dtype, got.grad[name] as FloatArray, wanted(stored, numberOf(golden.torch32?.grad?.[name])));
        expect(found, `${label} ${name}`).toBeUndefined();
      }
    }
  }
}

function checkThrows(loss: Function_, golden: Beyond): void {
  const { error } = golden.expect;
  for (const dtype of dtypesOf(golden)) {
    for (const handed of ways(golden)) {
      const { args, options } = callOf(golden, dtype, handed);
      const call = golden.call ? loss[golden.call] : loss;
      const attempt = () => call(...args, options);
      expect(attempt).toThrow(error === "TypeError" ? TypeError : error === "RangeError" ? RangeError : Error);
      expect(attempt).toThrow(`${golden.loss}: `);
    }
  }
}

function checkTotals(api: Api, totals: Totals, want: StoredTotals, dtype: Dtype, torch32: number): void {
  const near = (got: number, stored: StoredTotals["mean"], off = torch32) => disagreement(dtype, [got], { want: tensor([numberOf(stored)]), torch32: off });
  expect(near(api.meanOf(totals), want.mean), "meanOf").toBeUndefined();
  expect(
    near(
      totals.weight.reduce((sum, part) => sum + part, 0),
      want.weight,
    ),
    "weight",
  ).toBeUndefined();
  expect(totals.count).toBe(want.count);
  expect(totals.nan).toBe(want.nan);
  expect(totals.infinite).toEqual(want.infinite);
  // an error of the mean is multiplied by the exponential
  if (want.perplexity !== undefined) {
    const perplexity = numberOf(want.perplexity);
    const off = (torch32 + 1e-6 * Math.abs(numberOf(want.mean))) * (Number.isFinite(perplexity) ? perplexity : 1);
    if (Number.isFinite(perplexity) && off < perplexity) expect(near(api.perplexity(totals), want.perplexity, off), "perplexity").toBeUndefined();
    expect(Object.is(api.perplexity(totals), Math.exp(api.meanOf(totals)))).toBe(true);
  }
  if (want.bytes !== undefined) expect(near(api.bitsPerByte(totals, want.bytes), want.bitsPerByte as number), "bitsPerByte").toBeUndefined();
}

function checkScores(api: Api, golden: Beyond): void {
  const { outputs = {}, mean, count, perplexity, totals } = golden.expect;
  for (const dtype of dtypesOf(golden)) {
    for (const handed of ways(golden)) {
      const { args, options } = callOf(golden, dtype, handed);
      const result = api.scoreTokens?.(...args, options) as unknown as Record<string, ArrayLike<number>> & { totals: Totals };
      expect(Object.keys(result).sort()).toEqual([...Object.keys(outputs), "totals"].sort());
      const check = (got: ArrayLike<number>, stored: StoredTensor, name: string) => {
        const want = numbersOf(stored);
        if (name === "rank" || name === "argmax" || name === "token") {
          expect(got, name).toBeInstanceOf(Int32Array);
          expect([...(got as Int32Array)], name).toEqual(want);
          return;
        }
        expect(got, name).toBeInstanceOf(Float64Array);
        expect(got.length, name).toBe(want.length);
        const tolerance = dtype === "float32" ? 2e-6 : 1e-12;
        want.forEach((value, i) => {
          const one = got[i] as number;
          const near = Object.is(one, value) || one === value || Math.abs(one - value) <= Math.max(1, Math.abs(value)) * tolerance;
          if (!near) throw new Error(`${dtype} ${name}[${i}]: got ${one}, want ${value}`);
        });
      };
      for (const [name, stored] of Object.entries(outputs)) {
        if ("token" in stored) {
          const top = result[name] as unknown as Record<"token" | "logprob", ArrayLike<number>>;
          check(top.token, stored.token, "token");
          check(top.logprob, stored.logprob, "top logprob");
        } else check(result[name] as ArrayLike<number>, stored, name);
      }
      if (count !== undefined) expect(result.totals.count).toBe(count);
      const off = numberOf(golden.torch32?.totals);
      if (mean !== undefined) expect(disagreement(dtype, [api.meanOf(result.totals)], { want: tensor([numberOf(mean)]), torch32: off })).toBeUndefined();
      if (totals) checkTotals(api, result.totals, { ...totals, ...(perplexity === undefined ? {} : { perplexity }) }, dtype, off);
    }
  }
}

function totalsOf(api: Api, golden: Beyond, dtype: Dtype): Totals {
  const { args, options } = callOf(golden, dtype, { classes: "Int32Array", half: "dtype" });
  if (golden.loss === "scoreTokens") return ((api.scoreTokens as Function_)(...args, options) as unknown as { totals: Totals }).totals;
  return (api[golden.loss] as Function_).totals(...args, options);
}

/** The parts in order, backwards and in pairs: the same bits as the whole, also through JSON. */
function checkGroup(api: Api, parts: readonly Beyond[]): void {
  for (const dtype of dtypesOf(parts[0] as Beyond)) {
    const whole = totalsOf(api, parts.find(({ part }) => part === 0) as Beyond, dtype);
    const pieces = parts.filter(({ part }) => part !== 0).map((golden) => JSON.parse(JSON.stringify(totalsOf(api, golden, dtype))) as Totals);
    const pairs = pieces.reduce((left, right) => api.mergeTotals(right, left));
    for (const merged of [api.mergeTotals(...pieces), api.mergeTotals(...[...pieces].reverse()), pairs]) {
      expect(merged).toEqual(whole);
      expect(Object.is(api.meanOf(merged), api.meanOf(whole))).toBe(true);
    }
  }
}

function checkOne(api: Api, golden: Beyond): void {
  const loss = api[golden.loss] as Function_;
  const { throws, outputs, totals } = golden.expect;
  if (throws !== undefined) checkThrows(loss, golden);
  else if (outputs) checkScores(api, golden);
  else if (totals) for (const dtype of dtypesOf(golden)) checkTotals(api, totalsOf(api, golden, dtype), totals, dtype, numberOf(golden.torch32?.totals));
  else checkLoss(loss, golden);
}

/** Not Map.groupBy, which Node 20 does not have. */
function groups(key: (golden: Beyond) => string | undefined): Map<string, Beyond[]> {
  const found = new Map<string, Beyond[]>();
  for (const golden of beyond) {
    const name = key(golden);
    if (name !== undefined) found.set(name, [...(found.get(name) ?? []), golden]);
  }
  return found;
}
const byLoss = groups(({ loss }) => loss);
const byGroup = groups(({ group }) => group);

for (const entry of entries as readonly Entry[]) {
  const api = entry.api as unknown as Api;
  describe(entry.name, () => {
    for (const [loss, cases] of byLoss) {
      if (typeof api[loss] === "function") for (const golden of cases) it(golden.id, () => checkOne(api, golden));
      else it.skip(`${loss} is not there yet: ${cases.length} cases`, () => {});
    }
    for (const [group, parts] of byGroup) {
      if (typeof api[(parts[0] as Beyond).loss] === "function") it(`${group}: its parts, merged`, () => checkGroup(api, parts));
    }
  });
}
