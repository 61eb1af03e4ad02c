// What bench/chromium.mjs runs in a page: the rows of the table, one at a time.

import { backend, version } from "losskit/wasm";
import { compete } from "./compete.js";
import type { Effort } from "./contest.js";
import { table } from "./table.js";

Object.assign(globalThis, {
  bench: {
    about: { version, simd: backend().simd },
    names: table.map(({ loss, size }) => `${loss} ${size}`),
    row: (index: number, effort: Effort) => compete(table[index]!, effort),
  },
});
