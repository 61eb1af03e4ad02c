import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** Browsers that run WebAssembly with SIMD read woff2: without KaTeX's two older kinds of each font. */
const woff2 = {
  name: "woff2",
  enforce: "pre" as const,
  transform: (code: string, id: string) =>
    id.includes("katex") && id.endsWith(".css") ? code.replace(/,url\([^)]*\.(woff|ttf)\) format\("[a-z]+"\)/g, "") : null,
};

/** For losskit/threads: pages that are isolated from other origins have memory that threads share. */
const isolated = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

export default defineConfig({
  root: path("."),
  plugins: [woff2],
  // any folder of any server will do
  base: "./",
  resolve: {
    alias: [
      { find: /^losskit$/, replacement: path("../dist/esm/index.js") },
      { find: /^losskit\/(js|wasm|deterministic|threads)$/, replacement: `${path("../dist/esm")}/$1.js` },
    ],
  },
  server: { headers: isolated, fs: { allow: [path("..")] } },
  preview: { headers: isolated },
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
