/**
 * scoreTokens against its definition in doubles, written from there and not from the loop: lengths around vectors, tiles and pieces, special values, ties,
 * positions that do not count, errors. The golden cases are in beyond.test.ts.
 */
import { describe, expect, it } from "vitest";
import { crossEntropyLoss, meanOf, mergeTotals, type Totals } from "../src/index.js";
import { entries } from "./entries.js";
import { Random } from "./reference/random.js";

const WORDS = ["logprob", "rank", "entropy", "logSumExp", "max", "argmax"];
interface Scores {
  totals: Totals;
  topLogprobs?: { token: Int32Array; logprob: Float64Array };
  [word: string]: unknown;
}
type Score = (logits: unknown, target: unknown, options?: unknown) => Scores;

interface Naive {
  logprob: number;
  rank: number;
  entropy: number;
  logSumExp: number;
  max: number;
  argmax: number;
  top: [token: number, logprob: number][];
}

function naive(x: readonly number[], y: number, k: number, temperature = 1, softcap = Number.POSITIVE_INFINITY): Naive {
  const z = x.map((one) => (one === Number.NEGATIVE_INFINITY || softcap === Number.POSITIVE_INFINITY ? one : softcap * Math.tanh(one / softcap)) / temperature);
  const nan = z.findIndex(Number.isNaN);
  const max = z.reduce((a, b) => (b > a ? b : a), Number.NEGATIVE_INFINITY);
  const sum = z.reduce((total, one) => total + Math.exp(one - max), 0);
  const lse = Number.isFinite(max) && nan < 0 ? max + Math.log(sum) : Number.NaN;
  // max first: of large logits the log-sum-exp has lost its digits
  const logs = z.map((one) => (Number.isNaN(lse) ? lse : one - max - Math.log(sum)));
  const order = x.map((one, token) => [one, token] as const).sort((a, b) => (a[0] === b[0] ? a[1] - b[1] : b[0] > a[0] ? 1 : -1));
  return {
    logprob: logs[y] as number,
    rank: x.filter((one) => one >= (x[y] as number)).length,
    entropy: logs.reduce((total, log) => total - (log === Number.NEGATIVE_INFINITY ? 0 : Math.exp(log) * log), 0),
    logSumExp: lse,
    max: nan < 0 ? max : Number.NaN,
    argmax: nan < 0 ? z.indexOf(max) : nan,
    top: nan < 0 ? order.slice(0, k).map(([, token]) => [token, logs[token] as number]) : Array.from({ length: k }, () => [-1, Number.NaN]),
  };
}

function near(got: number, want: number, tolerance: number, label: string): void {
  const same = Object.is(got, want) || got === want || Math.abs(got - want) <= tolerance * Math.max(1, Math.abs(want));
  if (!same) throw new Error(`${label}: got ${got}, want ${want}`);
}

function check(
  score: Score,
  rows: readonly (readonly number[])[],
  targets: readonly number[],
  dtype: "float32" | "float64",
  k: number,
  options: { temperature?: number; softcap?: number } = {},
): void {
  const vocabulary = (rows[0] as readonly number[]).length;
  const Floats = dtype === "float32" ? Float32Array : Float64Array;
  const data = new Floats(rows.length * vocabulary);
  rows.forEach((row, i) => {
    data.set(row, i * vocabulary);
  });
  const got = score({ data, shape: [rows.length, vocabulary] }, Int32Array.from(targets), { outputs: WORDS, topLogprobs: k, ...options });
  const tolerance = dtype === "float32" ? 2e-6 : 1e-12;
  targets.forEach((y, i) => {
    const row = Array.from(data.subarray(i * vocabulary, (i + 1) * vocabulary));
    const want = naive(row, y, k, options.temperature, options.softcap);
    const label = (word: string) => `${dtype}, V ${vocabulary}, row ${i}, ${word}`;
    for (const word of WORDS) {
      const one = (got[word] as ArrayLike<number>)[i] as number;
      const expected = want[word as "logprob"];
      if (word === "rank" || word === "argmax") expect(one, label(word)).toBe(expected);
      else near(one, expected, tolerance, label(word));
    }
    want.top.forEach(([token, logprob], j) => {
      expect(got.topLogprobs?.token[i * k + j], label(`token ${j}`)).toBe(token);
      near(got.topLogprobs?.logprob[i * k + j] as number, logprob, tolerance, label(`log-probability ${j}`));
    });
  });
}

const SPECIAL: readonly (readonly number[])[] = [
  [0, 0, 0, 0, 0],
  [1, 3, 3, 2, 3],
  [-Infinity, 1, -Infinity, 2, 0],
  [-Infinity, -Infinity, -Infinity, -Infinity, -Infinity],
  [1, Infinity, 2, Infinity, 0],
  [1, NaN, Infinity, NaN, 0],
  [NaN, NaN, NaN, NaN, NaN],
  [1e30, -1e30, 1e30, 0, 1],
  [88, -88, 0, 104, 103],
  [-0, 0, -0, 0, -1],
];

for (const entry of entries) {
  const score = entry.api.scoreTokens as unknown as Score;
  describe(entry.name, () => {
    for (const dtype of ["float32", "float64"] as const) {
      it(`${dtype}: vocabularies around the vector, the block and the tile`, () => {
        const random = new Random(11);
        for (const vocabulary of [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 63, 64, 65, 67, 255, 257, 1023, 8191, 8193, 16385]) {
          const rows = Array.from({ length: 3 }, () => Array.from({ length: vocabulary }, () => (random.next() - 0.5) * 30));
          const targets = rows.map((_, i) => (i * 7919) % vocabulary);
          check(score, rows, targets, dtype, Math.min(vocabulary, 5));
          check(score, rows, targets, dtype, Math.min(vocabulary, 256), { temperature: 0.7, softcap: 9 });
        }
      });
      it(`${dtype}: special values at every place`, () => {
        for (const row of SPECIAL) {
          for (let y = 0; y < row.length; y++) {
            check(score, [row, [1, 2, 3, 4, 5], row], [y, 0, 4 - y], dtype, 3);
            const long = [...row, ...Array.from({ length: 20 }, (_, i) => -1 - i), ...row];
            check(score, [long], [y], dtype, 7);
            check(score, [long], [y], dtype, 7, { temperature: 2 });
          }
        }
      });
    }

    it("rows in pieces: the largest, the NaN and the target in any of them", () => {
      const vocabulary = 2_300_000;
      const x = Float32Array.from({ length: vocabulary }, (_, i) => ((i * 2654435761) % 1000) / 100 - 5);
      const places = [0, 20_000, vocabulary - 1];
      for (const place of places) {
        const data = x.slice();
        data[place] = 30;
        const got = score({ data, shape: [vocabulary] }, place === 0 ? 1 : 0, { outputs: WORDS, topLogprobs: 2 });
        const sum = data.reduce((total, one) => total + Math.exp(one - 30), 0);
        near((got.logSumExp as Float64Array)[0] as number, 30 + Math.log(sum), 2e-6, "logSumExp");
        expect((got.argmax as Int32Array)[0]).toBe(place);
        expect(got.topLogprobs?.token[0]).toBe(place);
        expect((got.rank as Int32Array)[0]).toBe(data.filter((one) => one >= (data[place === 0 ? 1 : 0] as number)).length);
        data[place] = Number.NaN;
        const none = score({ data, shape: [vocabulary] }, 5, { outputs: ["argmax", "max"] });
        expect((none.argmax as Int32Array)[0]).toBe(place);
        expect((none.max as Float64Array)[0]).toBeNaN();
        expect(none.totals).toEqual({ sum: [], weight: [1], count: 1, nan: 1, infinite: [0, 0] });
      }
    });

    it("is cross entropy, whose parts merge", () => {
      const random = new Random(5);
      const data = Float32Array.from({ length: 2 * 6 * 50 }, () => (random.next() - 0.5) * 10);
      const target = Int32Array.from({ length: 12 }, (_, i) => (i * 11) % 50);
      const whole = score({ data, shape: [2, 6, 50] }, { data: target, shape: [2, 6] });
      expect(Object.keys(whole).sort()).toEqual(["logprob", "totals"]);
      expect(meanOf(whole.totals)).toBeCloseTo(crossEntropyLoss({ data, shape: [2, 6, 50] }, { data: target, shape: [2, 6] }, { dim: -1 }), 5);
      const parts = [0, 1].map((b) => score({ data: data.slice(b * 300, (b + 1) * 300), shape: [6, 50] }, target.slice(b * 6, (b + 1) * 6)).totals);
      expect(mergeTotals(...parts)).toEqual(whole.totals);
    });

    it("passes over what does not count: shift, mask, ignoreIndex; targets there are not checked", () => {
      const data = Float32Array.from({ length: 2 * 3 * 4 }, (_, i) => (i < 4 ? Number.NaN : i % 5));
      const logits = { data, shape: [2, 3, 4] };
      // position i against target i + 1: of the first row nothing counts, since its mask and ignoreIndex stand at 1 and 2
      const target = { data: BigInt64Array.of(99n, -7n, 1n, -1n, 3n, 2n), shape: [2, 3] };
      const mask = { data: Uint8Array.of(1, 1, 0, 0, 1, 1), shape: [2, 3] };
      const got = score(logits, target, { outputs: WORDS, topLogprobs: 1, shift: true, mask, ignoreIndex: -7n });
      expect(got.totals.count).toBe(2);
      expect(got.totals.nan).toBe(0);
      expect([...(got.rank as Int32Array)].map((rank) => rank > 0)).toEqual([false, false, false, true, true, false]);
      expect([...(got.argmax as Int32Array)].map((place) => place >= 0)).toEqual([false, false, false, true, true, false]);
      expect([...(got.topLogprobs?.token ?? [])].map((token) => token >= 0)).toEqual([false, false, false, true, true, false]);
      for (const word of ["logprob", "entropy", "logSumExp", "max"]) expect([...(got[word] as Float64Array)].slice(0, 3), word).toEqual([0, 0, 0]);
      const none = score(logits, target, { mask: { data: new Uint8Array(6), shape: [2, 3] } });
      expect(none.totals).toEqual({ sum: [], weight: [], count: 0, nan: 0, infinite: [0, 0] });
      expect(meanOf(none.totals)).toBeNaN();
    });

    it("names what is wrong", () => {
      const good = [{ data: new Float32Array(8), shape: [2, 4] }, Int32Array.of(0, 1)] as const;
      const wrong: readonly [unknown, unknown, unknown, ErrorConstructor, string][] = [
        [...good, { outputs: "rank" }, TypeError, 'option "outputs" expected a list of "logprob", "rank"'],
        [...good, { outputs: [1] }, TypeError, 'option "outputs"[0] expected a list'],
        [
          ...good,
          { outputs: ["logprob", "logits"] },
          RangeError,
          'option "outputs"[1] expected a list of "logprob", "rank", "entropy", "logSumExp", "max", "argmax", got "logits"',
        ],
        [...good, { topLogprobs: 5 }, RangeError, 'option "topLogprobs" expected an integer in [0, 4], the number of tokens, got 5'],
        [...good, { temperature: 0 }, RangeError, 'option "temperature" expected a finite number > 0, got 0'],
        [...good, { softcap: 0 }, RangeError, 'option "softcap" expected a number > 0, got 0'],
        [...good, { mask: Float32Array.of(1, 1) }, TypeError, 'option "mask" expected integers, got a Float32Array'],
        [...good, { mask: [1, 1, 1] }, RangeError, 'option "mask" expected the shape of "target", (2), got (3)'],
        [...good, { reduction: "sum" }, TypeError, 'option "reduction" expected one of "outputs"'],
        [...good, { shift: 1 }, TypeError, 'option "shift" expected true or false, got 1'],
        [good[0], [0, 4], {}, RangeError, '"target"[1] expected a token in [0, 4), got 4'],
        [good[0], [0, 1.5], {}, RangeError, '"target"[1] expected a token in [0, 4), got 1.5'],
        [good[0], Float32Array.of(0, 1), {}, TypeError, '"target" expected tokens (integers), got a Float32Array'],
        [good[0], [0, 1, 2], {}, RangeError, '"target" expected shape (2) for "logits" of shape (2, 4), got (3)'],
        [{ data: new Int32Array(8), shape: [2, 4] }, [0, 1], {}, TypeError, '"logits" expected a tensor of float32 or float64, got a Int32Array'],
        [1, 0, {}, RangeError, '"logits" expected at least one axis, of tokens, got a 0-D tensor'],
        [Float32Array.of(1, 2), 0, { shift: true }, RangeError, 'option "shift" expected logits with an axis of positions'],
      ];
      for (const [logits, target, options, kind, text] of wrong) {
        expect(() => score(logits, target, options), text).toThrow(kind);
        expect(() => score(logits, target, options), text).toThrow(`scoreTokens: ${text}`);
      }
    });
  });
}
