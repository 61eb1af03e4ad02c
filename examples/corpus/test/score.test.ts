/** What is made and what is scored, against plain loops in float64. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toHalf } from "../half.js";
import { Ngrams } from "../ngram.js";
import { merge, scoreShard, summary } from "../score.js";
import { readManifest, readShard, type Shard } from "../shard.js";
import { readTexts } from "../texts.js";
import { Vocabulary } from "../vocabulary.js";
import { newCorpus, removeFolders } from "./cli.js";

/** IEEE 754, binary16 */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -14 : (1 + fraction) * 2 ** (exponent - 15));
}

afterAll(removeFolders);

describe("toHalf", () => {
  it("gives back every pattern, and NaN as one of them", () => {
    for (let bits = 0; bits < 65536; bits++) {
      const value = fromHalf(bits);
      if (Number.isNaN(value)) expect(fromHalf(toHalf(value))).toBeNaN();
      else if (toHalf(value) !== bits) expect.fail(`${bits}: ${toHalf(value)}`);
    }
  });

  it("rounds what lies between two to the nearer one, and from the middle to the even one", () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const [low, high] = [fromHalf(bits), fromHalf(bits + 1)];
      const middle = (low + high) / 2;
      const [below, above] = [low + (high - low) * 0.4375, low + (high - low) * 0.5625];
      const got = [below, middle, above, -middle].map(toHalf);
      const even = bits % 2 === 0 ? bits : bits + 1;
      if (got.some((one, i) => one !== [bits, even, bits + 1, even | 0x8000][i])) expect.fail(`${bits}: ${got}`);
    }
    expect([65519, 65520, 1e30].map(toHalf)).toEqual([0x7bff, 0x7c00, 0x7c00]);
  });
});

describe("tokens and model", () => {
  it("tokens are whole bytes of the text, all of them", () => {
    const { counted, evaluated } = readTexts();
    const words = new Vocabulary(counted, 512);
    for (const text of [...evaluated, "tab\tnon-breaking\u00a0 σ 𝛔\r\n"]) {
      const tokens = [...words.tokens(text)];
      expect(tokens.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(Buffer.byteLength(text));
      for (const { id } of tokens) if (!(id >= 0 && id < 512)) expect.fail(String(id));
    }
  });

  it("probabilities of what follows add up to 1, and what was seen is likelier", () => {
    const model = new Ngrams(Int32Array.from([1, 2, 3, 1, 2, 4, 1, 2, 3]), 6);
    const row = new Float64Array(6);
    for (const [before, last] of [
      [1, 2],
      [5, 2],
      [0, 5],
    ] as const) {
      model.logits(before, last, row);
      expect(row.reduce((sum, logit) => sum + Math.exp(logit), 0)).toBeCloseTo(1, 12);
    }
    model.logits(1, 2, row);
    expect(row[3]! > row[4]! && row[4]! > row[5]!).toBe(true);
  });
});

describe("scores", () => {
  const pace = { slice: 50, pause: 0 };
  let shard: Shard;
  const vocabulary = 512;

  beforeAll(async () => {
    const folder = newCorpus();
    shard = await readShard(folder, readManifest(folder).manifest.shards[0]!, vocabulary);
  });

  it("are those of a loop over the rows", async () => {
    const { tokens, bytes, logits } = shard;
    let [loss, entropy, first, five, length] = [0, 0, 0, 0, 0];
    tokens.forEach((token, i) => {
      const row = Array.from(logits.subarray(i * vocabulary, (i + 1) * vocabulary), fromHalf);
      const sum = row.reduce((total, x) => total + Math.exp(x), 0);
      const p = row.map((x) => Math.exp(x) / sum);
      loss -= Math.log(p[token]!);
      entropy -= p.reduce((total, x) => total + x * Math.log(x), 0);
      const rank = row.filter((x) => x >= row[token]!).length;
      if (rank === 1) first++;
      if (rank <= 5) five++;
      length += bytes[i]!;
    });
    const got = summary(await scoreShard("shard", shard, vocabulary, pace));
    const n = tokens.length;
    // float32 lanes: a relative error of some 1e-7 for each row
    expect(got.perplexity / Math.exp(loss / n)).toBeCloseTo(1, 6);
    expect(got.bitsPerByte / (loss / length / Math.LN2)).toBeCloseTo(1, 6);
    expect(got.entropy / (entropy / n)).toBeCloseTo(1, 6);
    expect([got.tokens, got.bytes, got.first, got.five]).toEqual([n, length, first / n, five / n]);
  });

  it("have the same bits whatever the slices, the order and the grouping, through JSON too", async () => {
    const whole = await scoreShard("shard", shard, vocabulary, { slice: 10_000, pause: 0 });
    expect(await scoreShard("shard", shard, vocabulary, { slice: 0.001, pause: 0 })).toEqual(whole);
    const cut = (start: number, end: number): Shard => ({
      tokens: shard.tokens.subarray(start, end),
      bytes: shard.bytes.subarray(start, end),
      logits: shard.logits.subarray(start * vocabulary, end * vocabulary),
    });
    const parts = await Promise.all([cut(100, 150), cut(0, 7), cut(7, 100)].map((part) => scoreShard("part", part, vocabulary, pace)));
    expect(JSON.stringify(merge([parts[2]!, merge(JSON.parse(JSON.stringify(parts.slice(0, 2))))]))).toBe(JSON.stringify(whole));
  });

  it("let others run between slices", async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await scoreShard("shard", shard, vocabulary, { slice: 0.001, pause: 1 });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(10);
  });

  it("a row without probabilities is an error that names it", async () => {
    const logits = shard.logits.slice();
    logits[17 * vocabulary + 3] = 0x7e00;
    await expect(scoreShard("shard-0001.bin", { ...shard, logits }, vocabulary, pace)).rejects.toThrow("shard-0001.bin: row 17 has no probabilities");
  });
});
