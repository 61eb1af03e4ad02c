// vite 7 beside the present one: its dev server is the one that rewrites dependencies into places where their files are missing.

export const packages = { vite: "8.3.8", "vite-7": "npm:vite@7.3.8" };

export default async function consume({ folder, html, load, tool, visit, browse, size, row }) {
  html('<script type="module" src="/app/page.js"></script>');
  for (const [name, version] of Object.entries(packages)) {
    const title = `vite ${version.replace("npm:vite@", "")}`;
    const site = `dist/${name}`;
    await row(`${title}, build`, { build: () => tool(name, "build", "--outDir", site), size: () => size(site), run: () => browse(site) });
    await row(`${title}, dev`, {
      run: async () => {
        const { createServer } = await load(name);
        const server = await createServer({ root: folder, cacheDir: `cache/${name}`, logLevel: "error", server: { host: "127.0.0.1", port: 0 } });
        try {
          await server.listen();
          const { report, requests } = await visit(`http://127.0.0.1:${server.httpServer.address().port}/`);
          const files = requests.filter((url) => !/^\/(|@vite\/client|app\/\w+\.js|(node_modules|cache)\/.*\.m?js(\?.*)?)$/.test(url));
          if (files.length > 0) throw new Error(`the page asked for ${files.join(" ")}`);
          return report;
        } finally {
          await server.close();
        }
      },
    });
  }
}
