// What bench/rivals/chromium.mjs runs in a page: losskit's entries, its kernels alone, arrays of alloc and the hand-written loops, one case at a time.

import { cases } from "./cases.mjs";
import { compete } from "./compete.mjs";
import { backend, version } from "./own.mjs";

Object.assign(globalThis, {
  bench: {
    about: { version, simd: backend().simd },
    names: cases.map(({ loss, size }) => `${loss} ${size}`),
    rows: (index, effort) => compete(cases[index], [], effort),
  },
});
