export const quick = true;
export const packages = { jest: "30.5.2", "jest-environment-jsdom": "30.5.2" };

export default async function consume({ write, read, tool, row }) {
  write("jest.config.json", JSON.stringify({ testMatch: ["**/*.test.cjs"] }));
  for (const environment of ["node", "jsdom"]) {
    write(
      "app/losses.test.cjs",
      `/** @jest-environment ${environment} */
const { report } = require("./app.cjs");
test("losses", () => {
  const found = report();
  require("node:fs").writeFileSync("report.json", JSON.stringify(found));
  expect(found.failures).toEqual([]);
});\n`,
    );
    await row(`Jest ${packages.jest}, CommonJS, ${environment}`, {
      run: async () => {
        await tool("jest", "--ci", "--no-cache");
        return JSON.parse(read("report.json"));
      },
    });
  }
}
