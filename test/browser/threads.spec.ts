/**
 * losskit/threads on pages of Chromium: isolated from other origins, in the page and in a worker of it; not isolated; and with a policy that forbids
 * workers of blob:. Runs in Node, from the built package.
 */
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { type Browser, chromium } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { args, executablePath } from "../../scripts/chromium.mjs";

const dist = new URL("../../dist/esm/", import.meta.url);
const worker = new URL("../../dist/threads-worker.js", import.meta.url);

/** A call before the event loop turns, then with workers: the same bits as one thread's, and whether others had a part of it. */
const SCRIPT = `
import { threads, alloc, backend, bceLoss, crossEntropyLoss, infoNceLoss } from "/threads.js";
import { work } from "/backend/threads/host.js";
import * as wasm from "/wasm.js";
const own = new URL(import.meta.url).searchParams.has("own");
const x = alloc(600000).fill(0.3), y = alloc(600000).fill(0.7);
const logits = { data: Float32Array.from({ length: 700 * 1003 }, (_, i) => (i * 7919) % 13), shape: [700, 1003] };
const classes = new Int32Array(700);
const batch = { data: logits.data.subarray(0, 200 * 64), shape: [200, 64] };
const pairs = (api) => { const { value, grad } = api.infoNceLoss.valueAndGrad(batch, batch, { wrt: ["query"] }); return [value, ...grad.query].join(); };
const same = () => bceLoss(x, y) === wasm.bceLoss(x, y) && crossEntropyLoss(logits, classes) === wasm.crossEntropyLoss(logits, classes) && pairs({ infoNceLoss }) === pairs(wasm);
threads.start({ count: 2, ...(own ? { worker: () => new Worker("/worker.js") } : {}) });
const early = same();
await threads.ready();
let right = true;
for (let i = 0; i < 50; i++) right &&= same();
const answer = { isolated: crossOriginIsolated, early, right, count: threads.count, reason: backend().reason ?? "", others: work().slice(1).some((chunks) => chunks > 0) };
threads.close();
answer.later = same() && threads.count === 1;
const text = JSON.stringify(answer);
if (typeof document === "undefined") postMessage(text);
else document.title = text;
`;
const IN_WORKER = `new Worker("/script", { type: "module" }).onmessage = ({ data }) => { document.title = data; };`;
const ISOLATED = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

interface Answer {
  isolated: boolean;
  early: boolean;
  right: boolean;
  later: boolean;
  count: number;
  reason: string;
  others: boolean;
}

describe.runIf(existsSync(executablePath) || process.env.CI !== undefined)(`Chromium (skipped where there is none at ${executablePath})`, () => {
  let server: Server;
  let browser: Browser;
  let origin = "";
  let headers: Record<string, string> = {};

  beforeAll(async () => {
    server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
      const file = pathname === "/worker.js" ? worker : new URL(`.${pathname}`, dist);
      response.setHeader("Content-Type", pathname === "/page" ? "text/html" : "text/javascript");
      if (pathname === "/page")
        response.end(
          `<!doctype html><title></title><script type="module" src="/${searchParams.has("worker") ? "in-worker" : `script?${searchParams}`}"></script>`,
        );
      else if (pathname === "/script") response.end(SCRIPT);
      else if (pathname === "/in-worker") response.end(IN_WORKER);
      else if (existsSync(fileURLToPath(file))) response.end(readFileSync(file));
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await chromium.launch({ executablePath, args });
  });
  afterAll(async () => {
    await browser.close();
    server.close();
    server.closeAllConnections();
  });

  async function ask(given: Record<string, string>, query = ""): Promise<Answer> {
    headers = given;
    const page = await browser.newPage();
    try {
      await page.goto(`${origin}/page?${query}`);
      await expect.poll(() => page.title(), { timeout: 50_000 }).not.toBe("");
      return JSON.parse(await page.title()) as Answer;
    } finally {
      await page.close();
    }
  }
  const good = { early: true, right: true, later: true };
  const split = { ...good, isolated: true, count: 2, others: true };

  it("an isolated page", async () => expect(await ask(ISOLATED)).toMatchObject(split));
  it("a worker of an isolated page", async () => expect(await ask(ISOLATED, "worker")).toMatchObject(split));
  it("a page that is not isolated: one thread, and the reason", async () => {
    const answer = await ask({});
    expect(answer).toMatchObject({ ...good, isolated: false, count: 1, others: false });
    expect(answer.reason).toMatch(/one thread: .*isolated/);
  });
  const policy = { ...ISOLATED, "Content-Security-Policy": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'" };
  it("a policy without blob:: one thread, and the reason", async () => {
    const answer = await ask(policy);
    expect(answer).toMatchObject({ ...good, isolated: true, count: 1, others: false });
    expect(answer.reason).toMatch(/one thread: .*blob:/);
  });
  it("that policy, with a worker of the page's own making", async () => expect(await ask(policy, "own")).toMatchObject(split));
});
