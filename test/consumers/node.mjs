// Node itself, both module systems.

export const quick = true;

export default async function consume({ write, run, row }) {
  for (const [kind, load] of [
    ["mjs", 'import { report } from "./app.js";'],
    ["cjs", 'const { report } = require("./app.cjs");'],
  ]) {
    write(`app/run.${kind}`, `${load}\nconsole.log(JSON.stringify(report()));\n`);
    await row(`Node ${process.version}, ${kind === "mjs" ? "ES module" : "CommonJS"}`, { run: async () => JSON.parse(await run(`app/run.${kind}`)) });
  }
}
