// Parcel's resolver follows package.json's exports only where the app switches that on; without, it finds the root entry by "module".

import { verdict } from "./lib.mjs";

export const packages = { parcel: "2.16.4" };
export const manifest = { "@parcel/resolver-default": { packageExports: true } };

const page = '<script type="module" src="../app/page.js"></script>';

export default async function consume({ write, read, html, tool, browse, size, row }) {
  const build = () => tool("parcel", "build", "site/index.html", "--dist-dir", "dist", "--public-url", "./", "--no-cache", "--no-source-maps");
  write("package-lock.json", "{}"); // Parcel reads the settings of the folder that has a lock file
  html(page, "site/index.html");
  await row(`parcel ${packages.parcel}, packageExports`, { build, size: () => size("dist"), run: () => browse("dist") });

  const { "@parcel/resolver-default": _, ...untouched } = JSON.parse(read("package.json"));
  write("package.json", JSON.stringify(untouched));
  write(
    "app/app.js",
    'import * as losskit from "losskit";\nimport { cases } from "./cases.js";\nimport { check } from "./check.js";\n\nexport const report = () => check({ losskit }, cases);\n',
  );
  await row(`parcel ${packages.parcel}, as it comes: losskit alone`, { build, run: () => browse("dist"), check: (report) => verdict(report, ["losskit"]) });
}
