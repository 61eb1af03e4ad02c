/** What an editor offers inside the options of a call: every word that the option has, not its default alone. */
import { fileURLToPath } from "node:url";
import { API } from "typescript/unstable/sync";
import { afterAll, beforeAll, expect, it } from "vitest";

// The cursor is at |. At the begin of a word this TypeScript completes from the constraint of a type parameter, older ones complete from its default; in a
// condition, this one does, too.
const CALLS: [call: string, offered: string[]][] = [
  ['mseLoss(x, x, { reduction: "|" })', ["mean", "none", "sum"]],
  ['mseLoss(x, x, { reduction: often ? "|" : "sum" })', ["mean", "none", "sum"]],
  ['crossEntropyLoss(x, [0], { reduction: often ? "|" : "sum" })', ["mean", "none", "sum"]],
  ['klDivLoss(x, x, { reduction: often ? "|" : "sum" })', ["batchmean", "mean", "none", "sum"]],
  ['ntXentLoss(x, [0], { reduction: often ? "|" : "sum" })', ["mean", "sum"]],
  ['klDivLoss.valueAndGrad(x, x, { reduction: often ? "|" : "sum" })', ["batchmean", "mean", "none", "sum"]],
  ['mseLoss.valueAndGrad(x, x, { wrt: ["|"] })', ["input", "target"]],
  ['gaussianNllLoss.valueAndGrad(x, x, 1, { reduction: "sum", wrt: ["target", "|"] })', ["input", "target", "var"]],
  ["mseLoss.valueAndGrad(x, x, { out: { | } })", ["input", "target", "value"]],
  ['scoreTokens(x, [0], { outputs: ["|"] })', ["argmax", "entropy", "logSumExp", "logprob", "max", "rank"]],
  ["klDivLoss.totals(x, x, { | })", ["logTarget"]],
];

const root = fileURLToPath(new URL("..", import.meta.url));
// a file in TypeScript's memory only
const file = `${root}test/in-memory.ts`;
let text = `import { crossEntropyLoss, gaussianNllLoss, klDivLoss, mseLoss, ntXentLoss, scoreTokens } from "../src/index.js";
declare const often: boolean, x: Float32Array;\n`;
const places = CALLS.map(([call]) => {
  const place = text.length + call.indexOf("|");
  text += `${call.replace("|", "")};\n`;
  return place;
});

let api: API;
let offered: string[][];
beforeAll(() => {
  api = new API({ cwd: root, fs: { readFile: (path) => (path === file ? text : undefined), fileExists: (path) => (path === file ? true : undefined) } });
  const { checker } = api.updateSnapshot({ openFiles: [file] }).getDefaultProjectForFile(file) ?? {};
  offered = places.map((place) => (checker?.getCompletionsAtPosition(file, place)?.entries ?? []).map(({ name }) => name.replace("?", "")).sort());
});
afterAll(() => api.close());

for (const [i, [call, words]] of CALLS.entries()) {
  it(call, () => {
    expect(offered[i]).toEqual(words);
  });
}
