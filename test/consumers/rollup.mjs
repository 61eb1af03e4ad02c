export const quick = true;
export const packages = { rollup: "4.68.7", "@rollup/plugin-node-resolve": "16.0.3" };

export default async function consume({ write, html, tool, browse, size, row }) {
  write(
    "rollup.config.js",
    `import resolve from "@rollup/plugin-node-resolve";
export default { input: "app/page.js", output: { file: "dist/main.js" }, plugins: [resolve()] };\n`,
  );
  html('<script type="module" src="main.js"></script>', "dist/index.html");
  await row(`rollup ${packages.rollup}`, { build: () => tool("rollup", "-c", "--failAfterWarnings"), size: () => size("dist"), run: () => browse("dist") });
}
