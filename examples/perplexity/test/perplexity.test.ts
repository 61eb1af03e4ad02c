/** The whole way: train, write as ONNX, run in onnxruntime, score; against the training code and against loops in float64. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import ort from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { judge } from "../judge.js";
import { ByteModel, CONTEXT, contexts, range, VOCABULARY } from "../model.js";
import { toOnnx } from "../onnx.js";
import { coloured, letters, rankHistogram, surpriseText } from "../print.js";
import { readPages } from "../text.js";

const ESC = "\x1b";

describe("a session of the model that was trained here", () => {
  const { learned, judged } = readPages();
  const text = judged.subarray(0, 1500);
  const model = new ByteModel();
  let session: ort.InferenceSession;

  beforeAll(async () => {
    model.train(learned, 100);
    session = await ort.InferenceSession.create(toOnnx(model), { logSeverityLevel: 3 });
  });
  afterAll(() => session.release());

  const rows = async (output: string) => {
    const bytes = new ort.Tensor("int64", BigInt64Array.from(contexts(text, range(0, text.length)), BigInt), [text.length, CONTEXT]);
    return (await session.run({ bytes }))[output] as ort.Tensor;
  };

  it("has learned something", () => {
    expect(new ByteModel().perplexity(text)).toBeGreaterThan(200);
    expect(model.perplexity(text)).toBeLessThan(60);
  });

  it("gives the training code's perplexity", async () => {
    const { perplexity, bitsPerByte } = await judge(session, "logits", text);
    expect(perplexity / model.perplexity(text)).toBeCloseTo(1, 6);
    expect(bitsPerByte / Math.log2(model.perplexity(text))).toBeCloseTo(1, 6);
  });

  it("gives surprise, rank and entropy of each byte as a loop in float64 does", async () => {
    const { data } = await rows("logits");
    const { surprise, rank, entropy } = await judge(session, "logits", text);
    text.forEach((byte, i) => {
      const row = Array.from((data as Float32Array).subarray(i * VOCABULARY, (i + 1) * VOCABULARY));
      const sum = row.reduce((total, x) => total + Math.exp(x), 0);
      const p = row.map((x) => Math.exp(x) / sum);
      // float32 lanes
      expect(surprise[i]! + Math.log2(p[byte]!)).toBeCloseTo(0, 5);
      expect(entropy[i]! + p.reduce((total, x) => total + x * Math.log2(x), 0)).toBeCloseTo(0, 5);
      expect(rank[i]).toBe(row.filter((x) => x >= row[byte]!).length);
    });
  });

  it("hands its float16 logits out as they are, and they are scored", async () => {
    const { type, data } = await rows("logits16");
    expect([type, (data as Uint16Array).BYTES_PER_ELEMENT]).toEqual(["float16", 2]);
    const { perplexity } = await judge(session, "logits16", text);
    expect(Math.abs(perplexity / model.perplexity(text) - 1)).toBeLessThan(1e-3);
    expect(perplexity).not.toBe((await judge(session, "logits", text)).perplexity);
  });
});

describe("what is printed", () => {
  const text = new TextEncoder().encode("aσ\nb−");
  const surprise = [0.5, 2, 3, 9.5, 1, 4, 4, 4];

  it("a character has the surprise of all its bytes", () => {
    expect(letters(text, surprise)).toEqual([
      { letter: "a", bits: 0.5 },
      { letter: "σ", bits: 5 },
      { letter: "\n", bits: 9.5 },
      { letter: "b", bits: 1 },
      { letter: "−", bits: 12 },
    ]);
  });

  it("in colours, from green to red; without them as digits below the text", () => {
    const colours = surpriseText(text, surprise, true);
    expect(colours).toContain("\x1b[38;5;34ma\x1b[39m\x1b[38;5;214mσ\x1b[39m\x1b[38;5;196m\n");
    expect(stripVTControlCharacters(colours).endsWith("\n\naσ\nb−")).toBe(true);
    const plain = surpriseText(text, surprise, false);
    expect(plain).not.toContain(ESC);
    expect(plain.split("\n").slice(2)).toEqual(["aσ⏎", " 59", "b−", "19"]);
  });

  it("colours where NO_COLOR, FORCE_COLOR and the terminal say so", () => {
    const cases: [boolean, NodeJS.ProcessEnv, boolean][] = [
      [true, {}, true],
      [false, {}, false],
      [true, { NO_COLOR: "1" }, false],
      [true, { NO_COLOR: "" }, true],
      [false, { FORCE_COLOR: "1" }, true],
      [true, { FORCE_COLOR: "0" }, false],
      [false, { FORCE_COLOR: "1", NO_COLOR: "1" }, true],
    ];
    for (const [isTTY, env, expected] of cases) expect([isTTY, env, coloured({ isTTY }, env)]).toEqual([isTTY, env, expected]);
  });

  it("the histogram's shares are of all ranks", () => {
    const shares = [...rankHistogram(Int32Array.of(1, 1, 2, 3, 4, 256, 20, 21)).matchAll(/([\d.]+) %/g)].map(([, share]) => Number(share));
    expect(shares).toEqual([25, 12.5, 12.5, 12.5, 0, 12.5, 12.5, 12.5]);
  });
});

it("the command agrees with itself and respects NO_COLOR", () => {
  const main = fileURLToPath(new URL("../build/perplexity/main.js", import.meta.url));
  const { NO_COLOR: _, FORCE_COLOR: __, ...env } = process.env;
  const run = (colours: NodeJS.ProcessEnv): string =>
    execFileSync(process.execPath, [main, "--steps", "20", "a text of one's own"], { env: { ...env, ...colours } }).toString();
  const plain = run({ NO_COLOR: "1" });
  expect(plain).toContain("a text of one's own\n");
  expect(plain).toMatch(/Perplexity [\d.]+ a byte/);
  expect(plain).toContain("onnxruntime and the training code agree");
  expect(plain).not.toContain(ESC);
  expect(run({ FORCE_COLOR: "1" })).toContain(ESC);
});
