/**
 * Totals: sums that are exact whatever the order, the split and the magnitudes, against Shewchuk's expansions, which are another way to the same number;
 * what counts and what mean divides by; errors. The golden cases of totals are in beyond.test.ts.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bitsPerByte, meanOf, mergeTotals, perplexity, type Totals } from "../src/index.js";
import { type Callable, entries } from "./entries.js";
import { losses } from "./table.js";

type WithTotals = Callable & { totals(...args: unknown[]): Totals };
const lossOf = (api: Readonly<Record<string, Callable>>, name: string) => api[name] as WithTotals;
const through = (totals: Totals): Totals => JSON.parse(JSON.stringify(totals)) as Totals;
const SEED = 20261124;

/** The correctly rounded sum: non-overlapping partials, each term added with its error kept (Shewchuk 1997), the most significant ones last. */
function fsum(terms: Iterable<number>): number {
  let partials: number[] = [];
  for (let x of terms) {
    const next: number[] = [];
    for (let y of partials) {
      if (Math.abs(x) < Math.abs(y)) [x, y] = [y, x];
      const high = x + y;
      const low = y - (high - x);
      if (low !== 0) next.push(low);
      x = high;
    }
    next.push(x);
    partials = next;
  }
  let at = partials.length - 1;
  let high = partials[at] ?? 0;
  let low = 0;
  while (at > 0) {
    const x = high;
    at--;
    const y = partials[at] as number;
    high = x + y;
    low = y - (high - x);
    if (low !== 0) break;
  }
  // half way between two doubles the next partial decides
  if (at > 0 && Math.sign(low) === Math.sign(partials[at - 1] as number)) {
    const y = low * 2;
    const x = high + y;
    if (y === x - high) high = x;
  }
  return high;
}

/** Losses of any magnitude, with some that are no numbers: l1Loss of them and 0 is their absolute value, so sums that cancel come from nllLoss. */
const wide = fc
  .tuple(fc.double({ min: 1, max: 2, noNaN: true }), fc.integer({ min: -996, max: 996 }), fc.boolean())
  .map(([mantissa, exponent, minus]) => mantissa * 2 ** exponent * (minus ? -1 : 1));
const special = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 5e-324, 2 ** -1022);
const terms = fc.array(fc.oneof({ weight: 9, arbitrary: wide }, { weight: 1, arbitrary: special }), { maxLength: 60 });
const cuts = fc.array(fc.nat(60), { maxLength: 6 });

for (const entry of entries) {
  describe(entry.name, () => {
    const nll = lossOf(entry.api, "nllLoss");
    /** Losses that are these terms: nll of one class. */
    const totalsOf = (values: readonly number[]): Totals =>
      nll.totals({ data: Float64Array.from(values, (value) => -value), shape: [values.length, 1] }, new Int32Array(values.length));

    it("are exact, and the same bits for every split and order", () => {
      fc.assert(
        fc.property(terms, cuts, fc.infiniteStream(fc.nat()), (values, at, random) => {
          const whole = totalsOf(values);
          const finite = values.filter(Number.isFinite);
          expect(whole.sum[0] ?? 0).toBe(fsum(finite) + 0);
          expect(whole.count).toBe(values.length);
          expect(whole.nan).toBe(values.filter(Number.isNaN).length);
          expect(whole.infinite).toEqual([
            values.filter((v) => v === Number.POSITIVE_INFINITY).length,
            values.filter((v) => v === Number.NEGATIVE_INFINITY).length,
          ]);
          for (let i = 1; i < whole.sum.length; i++)
            expect(Math.abs(whole.sum[i] as number)).toBeLessThanOrEqual(Math.abs(whole.sum[i - 1] as number) * 2 ** -53);
          const shuffled = values
            .map((value) => [random.next().value as number, value] as const)
            .sort((a, b) => a[0] - b[0])
            .map(([, value]) => value);
          const places = [0, ...at.map((place) => Math.min(place, values.length)).sort((a, b) => a - b), values.length];
          const parts = places.slice(1).map((end, i) => through(totalsOf(shuffled.slice(places[i] as number, end))));
          expect(mergeTotals(...parts)).toEqual(whole);
          expect(parts.reduce((left, right) => through(mergeTotals(right, left)), mergeTotals())).toEqual(whole);
          expect(meanOf(mergeTotals(...parts))).toBe(meanOf(whole));
        }),
        { seed: SEED, numRuns: 300 },
      );
    });

    it("are exact over many blocks", () => {
      const values = Array.from({ length: 10_001 }, (_, i) => Math.sin(i) * 2 ** (((i * 7919) % 200) - 100));
      expect(totalsOf(values).sum[0]).toBe(fsum(values));
    });

    it("of losses whose sum no double holds", () => {
      const totals = totalsOf([Number.MAX_VALUE, Number.MAX_VALUE, 1]);
      expect(totals.sum).toEqual([Number.MAX_VALUE, Number.MAX_VALUE, 1]);
      expect(mergeTotals(totals, totalsOf([-Number.MAX_VALUE, -Number.MAX_VALUE])).sum).toEqual([1]);
      expect(meanOf(totals)).toBeCloseTo((Number.MAX_VALUE / 3) * 2, -300);
    });

    it("say what mean says, for each loss of the table", () => {
      for (const { name } of losses) expect(typeof lossOf(entry.api, name).totals, name).toBe("function");
    });

    it("count what counts and add up its weights", () => {
      const weight = Float32Array.of(0.5, 2, 0.1);
      const totals = lossOf(entry.api, "crossEntropyLoss").totals({ data: new Float32Array(12), shape: [4, 3] }, [0, 2, -100, 2], { weight });
      expect(totals.count).toBe(3);
      expect(totals.weight[0]).toBe(0.5 + 2 * (weight[2] as number));
      expect(meanOf(totals)).toBeCloseTo(Math.log(3), 6);
      const mse = lossOf(entry.api, "mseLoss").totals([1, 2, 3], [0, 0, 0], { weight: [1, 2, 4] });
      expect(mse).toEqual({ sum: [45], weight: [7], count: 3, nan: 0, infinite: [0, 0] });
      const ctc = lossOf(entry.api, "ctcLoss");
      const logProbs = { data: new Float64Array(24).fill(Math.log(1 / 3)), shape: [4, 2, 3] };
      const args = [logProbs, Int32Array.of(1, 2, 1), Int32Array.of(4, 4), Int32Array.of(2, 1)];
      expect(meanOf(ctc.totals(...args))).toBeCloseTo(ctc(...args) as number, 12);
    });

    it("have no mean where there is none", () => {
      const inf = Number.POSITIVE_INFINITY;
      expect(meanOf(totalsOf([]))).toBeNaN();
      expect(meanOf(totalsOf([1, Number.NaN]))).toBeNaN();
      expect(meanOf(totalsOf([inf, -inf]))).toBeNaN();
      expect(meanOf(totalsOf([inf, 1]))).toBe(inf);
      expect(meanOf(totalsOf([-inf, 1]))).toBe(-inf);
      expect(perplexity(totalsOf([2, 4]))).toBe(Math.exp(3));
      expect(bitsPerByte(totalsOf([2, 4]), 3)).toBe(2 / Math.LN2);
    });

    it("take the loss's own options and nothing else", () => {
      for (const option of ["reduction", "denominator", "out", "wrt", "gradOutput"]) {
        expect(() => lossOf(entry.api, "mseLoss").totals([1], [1], { [option]: 1 }), option).toThrow(`mseLoss: option "${option}" expected one of "weight"`);
      }
    });
  });
}

describe("errors", () => {
  const good: Totals = { sum: [1], weight: [2], count: 1, nan: 0, infinite: [0, 0] };
  it("name what is no totals", () => {
    const bad: readonly [unknown, string][] = [
      [null, "got null"],
      [3, "got 3"],
      [{ ...good, sum: [Number.NaN] }, ".sum expected an array of finite numbers"],
      [{ ...good, weight: 1 }, ".weight expected an array of finite numbers, got 1"],
      [{ ...good, count: -1 }, ".count expected a count, got -1"],
      [{ ...good, nan: 0.5 }, ".nan expected a count, got 0.5"],
      [{ ...good, infinite: [0] }, ".infinite expected two counts"],
    ];
    for (const [value, text] of bad) {
      expect(() => mergeTotals(good, value as Totals)).toThrow(TypeError);
      expect(() => mergeTotals(good, value as Totals)).toThrow(text);
      expect(() => meanOf(value as Totals)).toThrow(text);
    }
    expect(() => bitsPerByte(good, 0)).toThrow(RangeError);
    expect(() => bitsPerByte(good, "1" as unknown as number)).toThrow(TypeError);
  });
});

describe("denominator", () => {
  for (const entry of entries) {
    it(`${entry.name}: micro-batches with the whole batch's add up to it, in value and gradients`, () => {
      const mse = entry.api.mseLoss as Callable;
      const [x, t] = [Float64Array.of(1, 2, 3, 4, 5), Float64Array.of(0, 1, 1, 0, 0)];
      const whole = mse.valueAndGrad(x, t);
      const parts = [
        [0, 2],
        [2, 5],
      ].map(([from, to]) => mse.valueAndGrad(x.slice(from, to), t.slice(from, to), { denominator: 5 }));
      expect((parts[0]?.value as number) + (parts[1]?.value as number)).toBeCloseTo(whole.value as number, 12);
      expect(parts.flatMap(({ grad }) => [...(grad.input as Float64Array)])).toEqual([...(whole.grad.input as Float64Array)]);
    });
    it(`${entry.name}: a number above 0, with a mean`, () => {
      for (const { name } of losses) {
        const loss = entry.api[name] as Callable;
        const calls: [unknown, ErrorConstructor][] = [
          ["4", TypeError],
          [null, TypeError],
          [0, RangeError],
          [Number.NaN, RangeError],
          [Number.POSITIVE_INFINITY, RangeError],
        ];
        const args = /^(ctc|dpo|sigLip)Loss$/.test(name)
          ? [1, 1, 1, 1]
          : /^triplet|gaussian|cosineEmb|marginRank|contrastive|clip/.test(name)
            ? [1, 1, 1]
            : [1, 1];
        for (const [denominator, kind] of calls) {
          expect(() => loss(...args, { denominator }), name).toThrow(kind as ErrorConstructor);
          expect(() => loss(...args, { denominator }), name).toThrow('option "denominator"');
        }
        expect(() => loss(...args, { denominator: 2, reduction: "sum" }), name).toThrow(RangeError);
      }
    });
  }
});
