// What the consumers share: the tarball, a folder with a user's app and pinned tools, a browser, the verdict on a report.

import { execFile, execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { args, executablePath as debian } from "../../scripts/chromium.mjs";
import { node, root } from "../../scripts/setup.mjs";

const base = join(root, "build/consumers");
const tarball = join(base, "losskit.tgz");
const GOLDEN = ["mseLoss/2-weight", "bceWithLogitsLoss/312-limits", "crossEntropyLoss/363-smooth", "tripletMarginLoss/264-broadcast", "ctcLoss/0-none"];
const windows = process.platform === "win32";

function npm(cwd, ...args) {
  return execFileSync("npm", args, { cwd, shell: windows, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** What npm would publish, once for all consumers. */
export function pack() {
  mkdirSync(base, { recursive: true });
  const [{ filename }] = JSON.parse(npm(root, "pack", "--json", "--ignore-scripts", "--pack-destination", base));
  renameSync(join(base, filename), tarball);
}

/** build/consumers/<name> with pinned packages; what is installed already stays, but losskit is always the tarball. */
function install(name, packages, manifest = {}) {
  const folder = join(base, name);
  const modules = join(folder, "node_modules");
  const own = { name: `consumer-${name}`, private: true, type: "module", devDependencies: packages, ...manifest };
  const wanted = `${JSON.stringify(own, null, 2)}\n`;
  const stamp = join(folder, "installed.json");
  mkdirSync(folder, { recursive: true });
  const same = existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
  for (const file of readdirSync(folder)) {
    if (!(same && (file === "node_modules" || file === "installed.json"))) rmSync(join(folder, file), { recursive: true, force: true });
  }
  rmSync(join(modules, "losskit"), { recursive: true, force: true });
  rmSync(join(modules, ".package-lock.json"), { force: true });
  writeFileSync(join(folder, "package.json"), wanted);
  npm(folder, "install", "--no-audit", "--no-fund", "--no-package-lock", "--prefer-offline", tarball);
  writeFileSync(stamp, wanted);
  return folder;
}

const commonjs = (source) =>
  source
    .replace(/^import \* as (\w+) from ("[^"]+");/gm, "const $1 = require($2);")
    .replace(/^import (\{.*\}) from "(.*)\.js";/gm, 'const $1 = require("$2.cjs");')
    .replace(/^export const (\w+)/gm, "exports.$1")
    .replace(/^export function (\w+)/gm, "exports.$1 = $1; function $1");

function writeApp(folder) {
  const stored = JSON.parse(readFileSync(join(root, "test/data/cases.json"), "utf8"));
  const cases = GOLDEN.map((id) => stored.find((one) => one.id === id));
  mkdirSync(join(folder, "app"));
  cpSync(new URL("app/", import.meta.url), join(folder, "app"), { recursive: true });
  writeFileSync(join(folder, "app/cases.js"), `export const cases = ${JSON.stringify(cases)};\n`);
  for (const file of ["app", "cases", "check"]) {
    writeFileSync(join(folder, `app/${file}.cjs`), commonjs(readFileSync(join(folder, `app/${file}.js`), "utf8")));
  }
  writeFileSync(join(folder, "app/page.js"), 'import { report } from "./app.js";\n\nglobalThis.report = report();\n');
}

const types = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".json": "application/json", ".wasm": "application/wasm" };

/** A static server; `use` gets its address. */
async function serve(folder, use) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const file = join(folder, pathname.endsWith("/") ? `${pathname}index.html` : pathname);
    if (!existsSync(file)) response.writeHead(404).end();
    else response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" }).end(readFileSync(file));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  try {
    return await use(`http://127.0.0.1:${server.address().port}/`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

export class Skipped extends Error {}

let launched;
async function chromium() {
  launched ??= (async () => {
    const { chromium: type } = (await load(install("browser", { "playwright-core": "1.65.1" }), "playwright-core")).default;
    const own = type.executablePath();
    const executablePath = [debian, "/usr/bin/google-chrome", own].find((path) => path && existsSync(path));
    if (!executablePath) throw new Skipped("no Chromium; CHROMIUM names one");
    return type.launch({ executablePath, args });
  })();
  return launched;
}

/** Its name and version, if one ran. */
export async function closeBrowser() {
  const browser = await launched?.catch(() => undefined);
  await browser?.close();
  return browser ? `, Chromium ${browser.version()}` : "";
}

/** The report of a page, and everything that it asked for, from wherever. */
async function visit(url) {
  const browser = await chromium();
  const page = await browser.newPage();
  const requests = [];
  const errors = [];
  page.on("request", (request) => requests.push(request.url().replace(url, "/")));
  page.on("response", (response) => response.status() >= 400 && errors.push(`${response.status()} ${response.url()}`));
  const thrown = new Promise((done) => {
    page.on("pageerror", (error) => done(errors.push(String(error))));
  });
  page.on("console", (message) => message.type() === "error" && !/favicon/.test(message.location().url) && errors.push(message.text()));
  try {
    await page.goto(url);
    await Promise.race([page.waitForFunction("globalThis.report"), thrown]);
    if (errors.length > 0) throw new Error(errors.join("; "));
    const report = await page.evaluate("globalThis.report");
    await page.waitForLoadState("networkidle");
    return { report, requests };
  } finally {
    await page.close();
  }
}

/** A package of a consumer's folder, by its own exports. */
function load(folder, name) {
  return import(pathToFileURL(createRequire(join(folder, "package.json")).resolve(name)).href);
}

/** Throws unless every golden case agreed and the entries chose the backends that they are for. */
export function verdict({ backends, checked, failures }, entries = ["losskit", "losskit/wasm", "losskit/deterministic", "losskit/js", "losskit/threads"]) {
  if (failures.length > 0) throw new Error(`${failures.length} of ${checked} disagree: ${failures[0]}`);
  if (checked < 10 * entries.length) throw new Error(`only ${checked} comparisons`);
  for (const entry of entries) {
    const { name, simd, reason } = backends[entry] ?? {};
    const right = entry === "losskit/js" ? name === "js" : name === "wasm" && (entry !== "losskit/deterministic" || simd === "baseline");
    if (!right) throw new Error(`${entry} computes in ${name} ${simd ?? ""}: ${reason ?? "no reason"}`);
  }
  return [...new Set(Object.values(backends).map(({ name, simd }) => simd ?? name))].join(", ");
}

/** What a consumer's script works with. */
export function consumer(name, packages, manifest) {
  const folder = install(name, packages, manifest);
  writeApp(folder);
  const path = (file) => join(folder, file);
  const write = (file, text) => {
    mkdirSync(join(path(file), ".."), { recursive: true });
    writeFileSync(path(file), text);
  };
  const run = async (args, on = node) =>
    (await promisify(execFile)(on, args, { cwd: folder, maxBuffer: 2 ** 26, env: { ...process.env, NODE_ENV: "" } })).stdout;
  const tool = (of, ...args) => {
    const { bin } = JSON.parse(readFileSync(path(`node_modules/${of}/package.json`), "utf8"));
    return run([path(`node_modules/${of}/${typeof bin === "string" ? bin : (bin[of] ?? Object.values(bin)[0])}`), ...args]);
  };
  return {
    folder,
    path,
    write,
    run,
    tool,
    load: (of) => load(folder, of),
    read: (file) => readFileSync(path(file), "utf8"),
    html: (script, file = "index.html") => write(file, `<!doctype html>\n<title>${name}</title>\n${script}\n`),
    /** The report of a page on a server of its own. */
    visit,
    /** A built site: the page, one script, and nothing else may be asked for. */
    browse: (site) =>
      serve(path(site), async (url) => {
        const { report, requests } = await visit(url);
        if (requests.length !== 2) throw new Error(`the page asked for ${requests.join(" ")}`);
        return report;
      }),
    serve: (site, use) => serve(path(site), use),
    /** Bytes of what was built, each file gzipped. */
    size: (site) =>
      readdirSync(path(site), { recursive: true })
        .filter((file) => /\.(m?js|wasm)$/.test(file))
        .reduce((sum, file) => sum + gzipSync(readFileSync(join(path(site), file)), { level: 9 }).length, 0),
  };
}
