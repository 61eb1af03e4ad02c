// Libraries of distances: a call a pair of vectors, value only.

import { readFileSync } from "node:fs";
import { distance, similarity } from "ml-distance";
import simsimd from "simsimd";

const LIBRARIES = {
  simsimd: { "cosine distance": simsimd.cosine, "euclidean distance": simsimd.euclidean ?? ((a, b) => Math.sqrt(simsimd.sqeuclidean(a, b))) },
  "ml-distance": { "cosine distance": (a, b) => 1 - similarity.cosine(a, b), "euclidean distance": distance.euclidean },
};

export async function start() {
  const version = (name) => JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version;
  return {
    info: Object.keys(LIBRARIES)
      .map((name) => `${name} ${version(name)}`)
      .join(", "),
    contestants({ loss, inputs: [{ data: a }, b], rows, width }) {
      return Object.entries(LIBRARIES).flatMap(([name, { [loss]: f }]) => {
        if (!f) return [];
        // views made once: they are how these libraries take their input
        const row = (data) => Array.from({ length: rows }, (_, r) => data.subarray(r * width, (r + 1) * width));
        const [us, vs] = [row(a), row(b.data)];
        const value = () => {
          let sum = 0;
          for (let r = 0; r < rows; r++) sum += f(us[r], vs[r]);
          return sum / rows;
        };
        return [{ name, calls: { value: [value], grad: [] } }];
      });
    },
  };
}
