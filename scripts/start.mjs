// npm start: installs and builds what is missing, then runs the main job, examples/digits.

import { root, run, setup } from "./setup.mjs";

setup();
run(process.execPath, "node_modules/typescript/bin/tsc", "-p", "tsconfig.tools.json");
run(process.execPath, `${root}build/tools/examples/digits/main.js`);
