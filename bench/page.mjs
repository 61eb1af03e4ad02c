// A script in a page of headless Chromium that is isolated from other origins: its clock has finer steps there.

import { createServer } from "node:http";
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
