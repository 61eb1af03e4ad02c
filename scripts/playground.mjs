// npm run playground: serves it while it is written. build:playground makes the static site, test:playground tests that site in Chromium.

import { install, node, root, run, setup } from "./setup.mjs";

const folder = "playground";

setup();
install(`${root}${folder}/`);

const vite = (...args) => run(node, `${folder}/node_modules/vite/bin/vite.js`, ...args);
const [task = "serve", ...rest] = process.argv.slice(2);

if (task === "serve") vite(folder, ...rest);
else {
  if (task === "test") run(node, "node_modules/typescript/bin/tsc", "-p", folder);
  vite("build", folder);
  if (task === "test") run(node, "node_modules/vitest/vitest.mjs", "run", "--root", folder, ...rest);
}
