export const quick = true;
export const packages = { esbuild: "0.28.2" };

export default async function consume({ html, load, path, browse, size, row }) {
  html('<script type="module" src="main.js"></script>', "dist/index.html");
  await row(`esbuild ${packages.esbuild}`, {
    build: async () => {
      const { build } = await load("esbuild");
      await build({ entryPoints: [path("app/page.js")], outfile: path("dist/main.js"), bundle: true, minify: true, format: "esm" });
    },
    size: () => size("dist"),
    run: () => browse("dist"),
  });
}
