/**
 * Pages with a Content-Security-Policy, from the built package, in Chromium and Firefox: one that forbids WebAssembly computes with JavaScript and says
 * why, one with 'wasm-unsafe-eval' uses WebAssembly. Runs in Node, which drives the browsers: playwright Chromium, puppeteer a Firefox as it is.
 */
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright";
import puppeteer from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { args, executablePath } from "../../scripts/chromium.mjs";

const dist = new URL("../../dist/esm/", import.meta.url);
const ENTRIES = { index: "losskit", wasm: "losskit/wasm", deterministic: "losskit/deterministic", js: "losskit/js" };

/** What a page finds out: for each entry its backend and a value, or the error. */
const SCRIPT = `
addEventListener("unhandledrejection", ({ reason }) => fetch("/answers", { method: "POST", body: JSON.stringify({ failed: String(reason) }) }));
const answers = {};
for (const entry of ${JSON.stringify(Object.keys(ENTRIES))}) {
  const { backend, mseLoss } = await import("/" + entry + ".js");
  try {
    const { value, grad } = mseLoss.valueAndGrad([1, 2, 4], [0, 0, 0]);
    answers[entry] = { backend: backend(), value, grad: [...grad.input] };
  } catch (error) {
    answers[entry] = { error: String(error) };
  }
}
await fetch("/answers", { method: "POST", body: JSON.stringify(answers) }); // the policy lets no driver evaluate anything here
`;

interface Answer {
  backend?: { name: string; simd: string | null; reason?: string };
  value?: number;
  grad?: number[];
  error?: string;
}
type Answers = Record<keyof typeof ENTRIES, Answer>;

let server: Server;
let origin = "";
/** Takes what the page found out. */
let receive: (answers: string) => void;

beforeAll(async () => {
  server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    const file = new URL(`.${pathname}`, dist);
    if (pathname === "/page") {
      response.setHeader("Content-Security-Policy", searchParams.get("policy") ?? "");
      response.setHeader("Content-Type", "text/html");
      response.end('<!doctype html><title>policy</title><script type="module" src="/script"></script>');
    } else if (pathname === "/script") {
      response.setHeader("Content-Type", "text/javascript");
      response.end(SCRIPT);
    } else if (pathname === "/answers") {
      request.setEncoding("utf8");
      let text = "";
      request.on("data", (part: string) => {
        text += part;
      });
      request.on("end", () => {
        receive(text);
        response.end();
      });
    } else if (pathname.endsWith(".js") && existsSync(fileURLToPath(file))) {
      response.setHeader("Content-Type", "text/javascript");
      response.end(readFileSync(file));
    } else {
      response.statusCode = 404;
      response.end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

interface Page {
  goto(url: string): Promise<unknown>;
}
interface Browser {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}

const executable = { chromium: executablePath, firefox: process.env.FIREFOX ?? "/usr/bin/firefox-esr" };
const browsers: Record<keyof typeof executable, () => Promise<Browser>> = {
  chromium: () => chromium.launch({ executablePath, args }),
  firefox: () => puppeteer.launch({ browser: "firefox", executablePath: executable.firefox, headless: true }),
};

for (const [name, launch] of Object.entries(browsers)) {
  const path = executable[name as keyof typeof executable];
  // CI has both
  describe.runIf(existsSync(path) || process.env.CI !== undefined)(`${name} (skipped where there is none at ${path})`, () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launch();
    });
    afterAll(() => browser.close());

    async function ask(policy: string): Promise<Answers> {
      const posted = new Promise<string>((resolve) => {
        receive = resolve;
      });
      const page = await browser.newPage();
      await page.goto(`${origin}/page?policy=${encodeURIComponent(policy)}`);
      const found = JSON.parse(await posted) as Answers & { failed?: string };
      expect(found.failed).toBe(undefined);
      return found;
    }
    const right = ({ value, grad }: Answer): void => {
      expect(value).toBe(7);
      expect(grad).toEqual([2 / 3, 4 / 3, 8 / 3]);
    };

    it("script-src 'self': JavaScript, and the reason", async () => {
      const answers = await ask("script-src 'self'");
      expect(answers.index.backend?.name).toBe("js");
      expect(answers.index.backend?.simd).toBe(null);
      expect(answers.index.backend?.reason).toMatch(/Content Security Policy|blocked by CSP/);
      right(answers.index);
      right(answers.js);
      expect(answers.js.backend).toEqual({ name: "js", simd: null });
      for (const entry of ["wasm", "deterministic"] as const) {
        expect(answers[entry].error).toContain(ENTRIES[entry]);
        expect(answers[entry].error).toContain("losskit/js");
      }
    });

    it("script-src 'self' 'wasm-unsafe-eval': WebAssembly", async () => {
      const answers = await ask("script-src 'self' 'wasm-unsafe-eval'");
      expect(answers.index.backend?.name).toBe("wasm");
      expect(answers.wasm.backend).toEqual(answers.index.backend);
      expect(answers.deterministic.backend).toEqual({ name: "wasm", simd: "baseline" });
      for (const answer of Object.values(answers)) right(answer);
    });
  });
}
