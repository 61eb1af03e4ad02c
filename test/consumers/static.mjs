// No tool at all: the tarball's files from a static server, named by an import map.

export const quick = true;

export default async function consume({ html, serve, visit, row }) {
  const entries = { losskit: "index", "losskit/wasm": "wasm", "losskit/deterministic": "deterministic", "losskit/js": "js", "losskit/threads": "threads" };
  const imports = Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, `./node_modules/losskit/dist/esm/${file}.js`]));
  html(`<script type="importmap">${JSON.stringify({ imports })}</script>\n<script type="module" src="app/page.js"></script>`);
  await row("static server, import map", {
    run: () =>
      serve(".", async (url) => {
        const { report, requests } = await visit(url);
        const files = requests.filter((one) => !/^\/(|app\/\w+\.js|node_modules\/losskit\/dist\/esm\/[\w./-]+\.js)$/.test(one));
        if (files.length > 0) throw new Error(`the page asked for ${files.join(" ")}`);
        return report;
      }),
  });
}
