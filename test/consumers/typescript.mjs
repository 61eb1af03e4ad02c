// The declarations, checked with the user's own strict compiler and without skipLibCheck, from the oldest version that the README names.

export const quick = true;
export const packages = { "typescript-5.7": "npm:typescript@5.7.3", "typescript-7.0": "npm:typescript@7.0.2" };

const imports = `import * as losskit from "losskit";
import * as deterministic from "losskit/deterministic";
import * as js from "losskit/js";
import { toTfjs } from "losskit/tfjs";
import * as wasm from "losskit/wasm";
`;
const source = `${imports}
const input = Float32Array.of(1, 2, 3);
const mean: number = losskit.mseLoss(input, [0, 0, 0]);
const each: Float32Array | Float64Array = wasm.mseLoss(input, [0, 0, 0], { reduction: "none" });
const { value, grad } = deterministic.huberLoss.valueAndGrad(input, [0, 0, 0], { delta: 2 });
const own: Float32Array | Float64Array = grad.input;
// @ts-expect-error there is no such option
const refused = () => js.mseLoss(input, [0, 0, 0], { margin: 1 });
// no types of TensorFlow.js are wanted where it is not
const adapt: typeof toTfjs = toTfjs;
console.log(JSON.stringify([mean, [...each], value, [...own], typeof refused, typeof adapt]));
`;

export default async function consume({ write, run, row }) {
  const compilerOptions = {
    target: "es2022",
    lib: ["es2022", "dom"],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
  };
  for (const folder of Object.keys(packages)) {
    const version = packages[folder].split("@")[1];
    const settings = { mts: { module: "nodenext" }, cts: { module: "nodenext" }, ts: { module: "esnext", moduleResolution: "bundler" } };
    for (const [extension, own] of Object.entries(settings)) {
      write(`${folder}/app.${extension}`, source);
      write(
        `${folder}/tsconfig.${extension}.json`,
        JSON.stringify({ compilerOptions: { ...compilerOptions, ...own, outDir: `out` }, files: [`app.${extension}`] }),
      );
      const emitted = `${folder}/out/app.${extension.replace("ts", "js")}`;
      await row(`TypeScript ${version}, ${own.moduleResolution ?? own.module}, .${extension}`, {
        build: () => run([`node_modules/${folder}/bin/tsc`, "-p", `${folder}/tsconfig.${extension}.json`]),
        run: () => run([emitted]),
        check: (printed) => {
          if (printed.trim() !== JSON.stringify([14 / 3, [1, 4, 9], 13 / 6, [1 / 3, 2 / 3, 2 / 3].map(Math.fround), "function", "function"]))
            throw new Error(printed);
          return "";
        },
      });
    }
  }
}
