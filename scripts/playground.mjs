// npm run playground: serves it while it is written. build:playground makes the static site, test:playground tests that site in Chromium.

import { existsSync } from "node:fs";
import { node, root, run, setup } from "./setup.mjs";

const folder = "playground";
const installed = `${root}${folder}/node_modules/`;

setup();
if (!existsSync(`${installed}.package-lock.json`)) run("npm", "install", "--no-save", "--no-audit", "--no-fund", "--prefix", folder);

const vite = (...args) => run(node, `${installed}vite/bin/vite.js`, ...args);
const [task = "serve", ...rest] = process.argv.slice(2);

if (task === "serve") vite(folder, ...rest);
else {
  if (task === "test") run(node, "node_modules/typescript/bin/tsc", "-p", folder);
  vite("build", folder);
  if (task === "test") run(node, "node_modules/vitest/vitest.mjs", "run", "--root", folder, ...rest);
}
