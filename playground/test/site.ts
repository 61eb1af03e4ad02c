// The built site, served from a sub-path, and a browser that notes whatever goes wrong.

import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { args, executablePath } from "../../scripts/chromium.mjs";

const site = fileURLToPath(new URL("../../build/playground/", import.meta.url));
export const screenshots = fileURLToPath(new URL("../../build/screenshots/", import.meta.url));
/** Below other folders: nothing may count on the root of the server. */
const FOLDER = "/courses/losses/";
const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".jpg": "image/jpeg",
  ".woff2": "font/woff2",
  ".gz": "application/gzip",
};

function serve(): Promise<{ address: string; close(): void }> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url!, "http://localhost");
    const file = pathname.startsWith(FOLDER) ? pathname.slice(FOLDER.length) || "index.html" : undefined;
    if (file === undefined || file.includes("..") || !existsSync(site + file)) {
      response.writeHead(404).end();
      return;
    }
    // The strictest policy that the page is made for: all of it from here. Plot and KaTeX write style attributes.
    const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:";
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream", "content-security-policy": policy });
    response.end(await readFile(site + file));
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        address: `http://127.0.0.1:${port}${FOLDER}`,
        close() {
          server.closeAllConnections();
          server.close();
        },
      });
    });
  });
}

export interface Site {
  /** A page of its own, with nothing kept from others; `wrong` collects errors and requests that leave the origin. */
  visit(view: string, options?: BrowserContextOptions): Promise<Page & { wrong: string[] }>;
  close(): Promise<void>;
}

export async function openSite(): Promise<Site> {
  await mkdir(screenshots, { recursive: true });
  const server = await serve();
  const browser: Browser = await chromium.launch({ executablePath, args });
  return {
    async visit(view, options = {}) {
      const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
      const wrong: string[] = [];
      const origin = new URL(server.address).origin;
      context.on("request", (request) => {
        if (!request.url().startsWith(server.address) && !/^(data|blob):/.test(request.url())) wrong.push(`request to ${request.url()}`);
      });
      context.on("response", (response) => {
        if (response.status() >= 400) wrong.push(`${response.status()} for ${response.url().replace(origin, "")}`);
      });
      const page = await context.newPage();
      page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") wrong.push(`console: ${message.text()}`);
      });
      page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
      await page.goto(`${server.address}#/${view}`);
      await page.locator("h1").waitFor();
      return Object.assign(page, { wrong });
    },
    async close() {
      await browser.close();
      server.close();
    },
  };
}

/** What a view loads late is there. */
export async function settled(page: Page): Promise<void> {
  await page.waitForLoadState("networkidle");
  await page.evaluate(() => document.fonts.ready);
}

/** Moves a control of the curve view by its setting's name. */
export async function setting(page: Page, name: string, value: number): Promise<void> {
  const control = page.locator(`[data-setting="${name}"]`).locator("input, select");
  if ((await control.evaluate((element) => element.tagName)) === "SELECT") await control.selectOption(String(value));
  else await control.fill(String(value));
}

export const exact = async (page: Page, testid: "value" | "gradient"): Promise<number> => Number(await page.getByTestId(testid).getAttribute("data-exact"));

export const VIEWS = [
  ..."mseLoss l1Loss smoothL1Loss huberLoss nllLoss crossEntropyLoss bceLoss bceWithLogitsLoss klDivLoss marginRankingLoss tripletMarginLoss".split(" "),
  ..."tripletRatioLoss cosineEmbeddingLoss hingeEmbeddingLoss softMarginLoss multiMarginLoss multiLabelMarginLoss multiLabelSoftMarginLoss".split(" "),
  ..."poissonNllLoss gaussianNllLoss ctcLoss contrastiveLoss sigmoidFocalLoss pinballLoss logCoshLoss diceLoss tverskyLoss dpoLoss".split(" "),
  ..."generalizedBoxIouLoss distanceBoxIouLoss completeBoxIouLoss distillationLoss infoNceLoss clipLoss sigLipLoss supConLoss ntXentLoss".split(" "),
  ..."batchHardTripletLoss train race".split(" "),
];
