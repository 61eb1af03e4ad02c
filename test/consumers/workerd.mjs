// Cloudflare's workerd: bundled by wrangler, which asks for the condition "workerd", run by miniflare. A second worker, bundled without that
// condition, may not compile its bytes: losskit then has to compute in JavaScript and to say why.

// wrangler 4.86.0 is the last that was seen to run on Node 20; its miniflare starts a newer workerd just as well.
export const packages = { wrangler: "4.86.0", workerd: "1.20261117.1" };

const without = `import * as losskit from "losskit";
import { cases } from "./cases.js";
import { check } from "./check.js";

export default { fetch: () => Response.json(check({ losskit }, cases)) };\n`;

/** JavaScript, with workerd's own words as the reason. */
function fallen({ backends: { losskit }, checked, failures }) {
  if (failures.length > 0 || checked < 10) throw new Error(`${checked} comparisons, ${failures.length} disagree: ${failures[0]}`);
  if (losskit.name !== "js" || !/code generation disallowed/.test(losskit.reason)) throw new Error(JSON.stringify(losskit));
  return losskit.reason;
}

export default async function consume({ write, path, load, tool, size, row }) {
  write("app/worker.js", 'import { report } from "./app.js";\n\nexport default { fetch: () => Response.json(report()) };\n');
  write("app/without.js", without);
  write("wrangler.json", JSON.stringify({ name: "consumer", main: "app/worker.js", compatibility_date: "2026-04-01", send_metrics: false }));
  const bundle = (...options) => tool("wrangler", "deploy", "--dry-run", "--minify", "--outdir", "dist", ...options);

  const answer = async (script) => {
    process.env.MINIFLARE_WORKERD_PATH = (await load("workerd")).default.default;
    const { Miniflare } = (await load("miniflare")).default;
    const modulesRules = [{ type: "CompiledWasm", include: ["**/*.wasm"] }];
    const worker = new Miniflare({ modules: true, modulesRules, scriptPath: path(script) });
    try {
      const response = await worker.dispatchFetch("http://localhost/");
      if (!response.ok) throw new Error(await response.text());
      return await response.json();
    } finally {
      await worker.dispose();
    }
  };

  await row(`workerd ${packages.workerd}, wrangler ${packages.wrangler}`, {
    build: () => bundle(),
    size: () => size("dist"),
    run: () => answer("dist/worker.js"),
  });
  process.env.WRANGLER_BUILD_CONDITIONS = "worker,browser";
  await row("workerd, without the condition", { build: () => bundle("app/without.js"), run: () => answer("dist/without.js"), check: fallen });
}
