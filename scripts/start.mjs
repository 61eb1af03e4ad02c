// npm start: installs and builds what is missing, then runs the main job, examples/digits.

import { node, root, run, setup } from "./setup.mjs";

setup();
run(node, "node_modules/typescript/bin/tsc", "-p", "tsconfig.tools.json");
run(node, `${root}build/tools/examples/digits/main.js`);
