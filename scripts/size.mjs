// npm run size: what an import costs in a bundle, gzipped, against the bounds; fails above one.

import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build, version as esbuild } from "esbuild";
import { specs } from "./entries.mjs";
import { root, setup } from "./setup.mjs";

const KiB = 1024;

/** A user's file, bundled for a browser as esbuild does with every option at its default but --minify. */
async function bundle(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    write: false,
    logLevel: "warning",
  });
  const { contents: bytes } = outputFiles[0];
  return { raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
}

const used = (name, entry) => `import { ${name} } from "${entry}"; console.log(${name});`;
const whole = (entry) => `import * as all from "${entry}"; console.log(all);`;
/** PyTorch's whole catalogue, the lecture's losses in it: the functions that PyTorch's golden cases are of. */
const cases = JSON.parse(readFileSync(`${root}test/data/cases.json`, "utf8"));
const catalogue = [...new Set(cases.map(({ loss }) => loss))].sort().join(", ");
const bounded = [
  ["mseLoss of losskit", used("mseLoss", "losskit"), 28],
  ["PyTorch's losses and operations of losskit", used(catalogue, "losskit"), 72],
  // grows with what there is; an import of one loss does not
  ["all of losskit", whole("losskit"), 128],
  // 5.9 before every loss had totals, read half precision and had a loop for the usual call, none of which a bundler can leave out
  ["mseLoss of losskit/js", used("mseLoss", "losskit/js"), 7.75],
  // beside the loss, which is no part of it
  ["all of losskit/tfjs", whole("losskit/tfjs"), 4],
];

const row = (title, { raw, gzip }, bound) => {
  const verdict = bound === undefined ? "" : `   at most ${String(bound * KiB).padStart(6)}${gzip > bound * KiB ? "   ABOVE" : ""}`;
  console.log(`${title.padEnd(44)}${String(raw).padStart(8)}${String(gzip).padStart(8)}${verdict}`);
};

setup();
console.log(`esbuild ${esbuild} --bundle --minify --format=esm --platform=browser, gzip -9, Node ${process.version}; bytes\n`);
console.log(`${"".padEnd(44)}     raw    gzip`);
for (const [title, contents, bound] of bounded) {
  const size = await bundle(contents);
  if (size.gzip > bound * KiB) process.exitCode = 1;
  row(title, size, bound);
}
for (const entry of ["losskit/wasm", "losskit/deterministic", "losskit/js"]) row(`all of ${entry}`, await bundle(whole(entry)));
console.log("\nEach alone, of losskit, then of losskit/js:");
for (const entry of ["losskit", "losskit/js"]) for (const { name } of specs()) row(`${name} of ${entry}`, await bundle(used(name, entry)));
