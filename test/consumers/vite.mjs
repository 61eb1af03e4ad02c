export const packages = { vite: "8.3.8" };

export default async function consume({ folder, html, load, tool, visit, browse, size, row }) {
  html('<script type="module" src="/app/page.js"></script>');
  await row(`vite ${packages.vite}, build`, { build: () => tool("vite", "build"), size: () => size("dist"), run: () => browse("dist") });
  await row(`vite ${packages.vite}, dev`, {
    run: async () => {
      const { createServer } = await load("vite");
      const server = await createServer({ root: folder, logLevel: "error", server: { host: "127.0.0.1", port: 0 } });
      try {
        await server.listen();
        const { report, requests } = await visit(`http://127.0.0.1:${server.httpServer.address().port}/`);
        const files = requests.filter((url) => !/^\/(|@vite\/.*|app\/\w+\.js|node_modules\/(vite|\.vite)\/.*js\?.*|.*\.mjs)$/.test(url));
        if (files.length > 0) throw new Error(`the page asked for ${files.join(" ")}`);
        return report;
      } finally {
        await server.close();
      }
    },
  });
}
