/**
 * The package as others load it: from dist, as ES module and CommonJS, without WebAssembly, and what npm would publish.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const run = (script: string, type = "module"): string =>
  execFileSync(process.execPath, [`--input-type=${type}`, "-e", script], { cwd: root, stdio: ["ignore", "pipe", "pipe"] })
    .toString()
    .trim();

const ENTRIES = ["losskit", "losskit/wasm", "losskit/deterministic", "losskit/js", "losskit/threads"];

describe("loading", () => {
  for (const entry of ENTRIES) {
    it(`${entry} as ES module and as CommonJS`, () => {
      expect(run(`import { mseLoss } from "${entry}"; console.log(mseLoss([1, 2], [0, 0]))`)).toBe("2.5");
      expect(run(`const { mseLoss } = require("${entry}"); console.log(mseLoss([1, 2], [0, 0]))`, "commonjs")).toBe("2.5");
    });
  }

  it("losskit/tfjs as ES module and as CommonJS, a loss from the other one", () => {
    const message = 'toTfjs: "loss" expected a loss of losskit, got the function max';
    const use =
      "console.log([toTfjs({}, mseLoss).name, asKerasLoss({}, mseLoss).name]); try { toTfjs({}, Math.max); } catch ({ message }) { console.log(message); }";
    for (const [script, type] of [
      [
        `import { asKerasLoss, toTfjs } from "losskit/tfjs"; import { createRequire } from "node:module"; const { mseLoss } = createRequire(import.meta.url)("losskit/js")`,
        "module",
      ],
      [`const { asKerasLoss, toTfjs } = require("losskit/tfjs"); const { mseLoss } = require("losskit")`, "commonjs"],
    ]) {
      expect(run(`${script}; ${use}`, type)).toBe(`[ 'mseLoss', 'mseLoss' ]\n${message}`);
    }
  });

  it("an import compiles nothing and makes no memory", () => {
    const script = `let count = 0; for (const name of ["Module", "Instance", "Memory"]) { const Real = WebAssembly[name];
      WebAssembly[name] = class extends Real { constructor(...args) { super(...args); count++; } }; }
      const api = await Promise.all(${JSON.stringify(ENTRIES)}.map((entry) => import(entry)));
      const before = count; api[0].mseLoss(1, 0); console.log(before, count > 0)`;
    expect(run(script)).toBe("0 true");
  });
});

describe("where WebAssembly does not run", () => {
  const refusals = {
    missing: "delete globalThis.WebAssembly;",
    "no module": 'WebAssembly.Module = class { constructor() { throw new Error("policy"); } };',
    "no instance": 'WebAssembly.Instance = class { constructor() { throw new Error("policy"); } };',
    "no memory": 'WebAssembly.Memory = class { constructor() { throw new RangeError("could not allocate memory"); } };',
  };
  for (const [title, act] of Object.entries(refusals)) {
    it(`${title}: losskit computes in JavaScript and says why, losskit/wasm says what to do, losskit/js does not care`, () => {
      const script = `${act} const k = await import("losskit"); const w = await import("losskit/wasm"); const j = await import("losskit/js");
        const value = k.mseLoss([3], [1]); const { name, simd, reason } = k.backend(); let message; try { w.mseLoss(1, 1); } catch (error) { message = error.message; }
        console.log(JSON.stringify([value, name, simd, reason, message, j.mseLoss([3], [1]), j.backend().name]))`;
      const [value, name, simd, reason, message, plain, own] = JSON.parse(run(script));
      expect([value, name, simd, plain, own]).toEqual([4, "js", null, 4, "js"]);
      expect(reason.length).toBeGreaterThan(5);
      expect(message).toMatch(/^losskit\/wasm: .*losskit\/js/);
    });
  }
});

describe("a first call near the end of the stack", () => {
  const firsts = ["mseLoss([1, 2], [0, 0])", "crossEntropyLoss([1, 2], 0)", "ctcLoss({ data: [-1, -1], shape: [1, 2] }, [1], 1, 1)", "alloc(2)", "backend()"];
  for (const entry of ["losskit", "losskit/wasm", "losskit/deterministic", "losskit/threads"]) {
    for (const first of firsts) {
      it(`${entry}, ${first}: says nothing of the machine`, () => {
        // from the last frame that the stack has room for, frame by frame: first calls that end at every place they could
        const script = `const api = await import("${entry}"); let failed = 0; let worked = 0;
          const deep = () => { try { deep(); } catch (error) { if (worked < 100) try { api.${first}; worked++; } catch { failed++; } throw error; } };
          try { deep(); } catch {}
          const { name, reason } = api.backend();
          console.log(JSON.stringify([failed > 0, worked, name, reason ?? "", api.mseLoss([1, 2], [0, 0]), api.l1Loss([1, 2], [0, 0]),
            api.crossEntropyLoss([0, 0], 0), api.alloc(2).buffer.byteLength > 2 ** 20]))`;
        const [failed, worked, name, reason, mse, l1, ce, own] = JSON.parse(run(script));
        expect([failed, worked, name, mse, l1, own]).toEqual([true, 100, "wasm", 2.5, 1.5, true]);
        expect(reason).not.toMatch(/stack/i);
        expect(ce).toBeCloseTo(Math.LN2, 12);
      });
    }
  }
});

/** A page without its code. */
const prose = (page: string): string => readFileSync(`${root}${page}`, "utf8").replace(/^```[\s\S]*?^```|`[^`\n]+`/gm, "");
/** The targets of `[text](target)`, of `[name]: target` and of HTML. */
const links = (page: string): string[] =>
  [...prose(page).matchAll(/\]\(([^)\s]+)|^\[[^\]]+\]:\s*(\S+)|\b(?:href|src)="([^"]+)"/gm)].map(([, ...found]) => found.find(Boolean) as string);
/** What GitHub and npm call a page's headings. */
const anchors = (page: string): string[] =>
  [...readFileSync(`${root}${page}`, "utf8").matchAll(/^#+ +(.+)$/gm)].map(
    ([, title]) =>
      `#${(title as string)
        .toLowerCase()
        .replace(/[^\w\s-]/g, "")
        .replaceAll(" ", "-")}`,
  );

it("the tarball holds what is used and nothing else", () => {
  const [{ files }] = JSON.parse(
    execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: root, stdio: ["ignore", "pipe", "ignore"] }).toString(),
  );
  const paths = (files as { path: string }[]).map(({ path }) => path);
  for (const path of paths)
    expect(path).toMatch(
      /^(dist\/(esm|cjs|workerd)\/|dist\/threads-worker\.js$|(README|CHANGELOG|CONTRIBUTING|SECURITY)\.md$|LICENSE$|package\.json$|docs\/\w+\.md$|bench\/results\/rivals\.svg$|examples\/README\.md$|test\/spec\/semantics\.md$)/,
    );
  for (const path of ["dist/esm/index.js", "dist/cjs/index.js", "dist/esm/js.d.ts", "dist/workerd/generated/pointwise.baseline.wasm", "README.md", "LICENSE"])
    expect(paths).toContain(path);
  // pages are read on the registry's site and in node_modules, too: what they link to is there, at the heading that they name
  const pages = paths.filter((path) => path.endsWith(".md"));
  const broken = pages.flatMap((page) =>
    links(page)
      .filter((link) => {
        if (/^https?:/.test(link)) return false;
        const { pathname, hash } = new URL(link, `file:///${page}`);
        const path = pathname.slice(1);
        return !paths.includes(path) || (hash !== "" && !anchors(path).includes(hash));
      })
      .map((link) => `${page}: ${link}`),
  );
  expect(broken).toEqual([]);
  // the pattern finds links at all
  expect(pages.flatMap(links).length).toBeGreaterThan(20);
});

describe("the lock files name packages for every platform, as npm ci wants, and no registry", () => {
  type Entry = { optionalDependencies?: Record<string, string>; resolved?: string };
  for (const folder of ["", "playground/", "bench/rivals/", "examples/perplexity/", "examples/corpus/", "test/adapters/"]) {
    it(`${folder}package-lock.json`, () => {
      const { packages } = JSON.parse(readFileSync(`${root}${folder}package-lock.json`, "utf8")) as { packages: Record<string, Entry> };
      const found = (from: string, name: string): boolean =>
        `${from}node_modules/${name}` in packages || (from !== "" && found(from.slice(0, from.lastIndexOf("node_modules/", from.length - 2)), name));
      const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
        Object.keys(optionalDependencies).filter((name) => !found(path === "" ? "" : `${path}/`, name)),
      );
      expect(missing).toEqual([]);
      expect(Object.values(packages).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
    });
  }
});
