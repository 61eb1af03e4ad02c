// npm start: installs and builds what is missing, then runs the main job, examples/digits; with a name another example (npm run embeddings).

import { node, root, run, setup } from "./setup.mjs";

const [example = "digits", ...arguments_] = process.argv.slice(2);

setup();
run(node, "node_modules/typescript/bin/tsc", "-p", "tsconfig.tools.json");
run(node, `${root}build/tools/examples/${example}/main.js`, ...arguments_);
