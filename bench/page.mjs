// What benchmarks in Chromium share. A script in a page of headless Chromium that is isolated from other origins: its clock has finer steps there.

import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { basename } from "node:path";
import { chromium } from "playwright";
import { args, executablePath } from "../scripts/chromium.mjs";

/** Opens a page that runs `script`, which sets globalThis.bench; `assets` are files beside it. */
export async function openPage(script, assets = {}) {
  const server = createServer((request, response) => {
    response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
    response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    const asset = assets[request.url];
    response.setHeader("Content-Type", asset ? "application/octet-stream" : request.url === "/page.js" ? "text/javascript" : "text/html");
    response.end(asset ?? (request.url === "/page.js" ? script : '<!doctype html><title>bench</title><script type="module" src="/page.js"></script>'));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await chromium.launch({ executablePath, args });
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error(error));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.waitForFunction("globalThis.bench !== undefined");
  const close = async () => {
    await browser.close();
    server.close();
  };
  return { page, version: `Chromium ${browser.version()}`, close };
}

/**
 * How many times as fast losskit was in a page as in the last complete run on Node 24, whose rows are in `file`: other minutes of a shared machine, so only
 * what is far off says something. `key` names a row.
 */
export function besideNode(file, rows, key) {
  if (!existsSync(file)) return "";
  const own = ({ timings }) => timings["losskit/wasm"]?.median;
  const there = new Map(JSON.parse(readFileSync(file, "utf8")).rows.map((row) => [key(row), own(row)]));
  const cells = rows.filter((row) => own(row) && there.get(key(row))).map((row) => ({ name: key(row), ratio: there.get(key(row)) / own(row) }));
  if (cells.length === 0) return "";
  const mean = Math.exp(cells.reduce((sum, { ratio }) => sum + Math.log(ratio), 0) / cells.length);
  const slow = cells.filter(({ ratio }) => ratio < 0.6).map(({ name, ratio }) => `- ${name}: ${ratio.toFixed(2)}`);
  const head = `\`losskit/wasm\` here is ${mean.toFixed(2)} times as fast as on Node 24 (\`${basename(file, ".json")}.md\`), in the geometric mean of ${cells.length} cells. Below 0.6:`;
  return `\n#### Beside Node 24\n\n${head}${slow.length > 0 ? `\n\n${slow.join("\n")}` : " none."}\n`;
}
