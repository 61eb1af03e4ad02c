export const packages = { webpack: "5.112.2", "webpack-cli": "7.3.1" };

export default async function consume({ html, tool, browse, size, row }) {
  html('<script src="main.js"></script>', "dist/index.html");
  await row(`webpack ${packages.webpack}`, {
    build: () => tool("webpack", "--mode", "production", "--entry", "./app/page.js", "--no-performance"),
    size: () => size("dist"),
    run: () => browse("dist"),
  });
}
