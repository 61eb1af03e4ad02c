import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

export default defineConfig({
  root: path("."),
  // any folder of any server will do
  base: "./",
  resolve: {
    alias: [
      { find: /^losskit$/, replacement: path("../dist/esm/index.js") },
      { find: /^losskit\/(js|wasm|deterministic)$/, replacement: `${path("../dist/esm")}/$1.js` },
    ],
  },
  server: { fs: { allow: [path("..")] } },
  worker: { format: "es" },
  build: {
    outDir: path("../build/playground"),
    emptyOutDir: true,
    target: "es2022",
    // no data: URLs, so that a policy of 'self' is enough
    assetsInlineLimit: 0,
    // Plot and KaTeX
    chunkSizeWarningLimit: 900,
  },
});
