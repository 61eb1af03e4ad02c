// The training is given orders while its digits are still on their way.

import { afterAll, beforeAll, expect, test } from "vitest";
import { openSite, type Site } from "./site.js";

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

test("a pace that is chosen before the digits have come does not lose the run", async () => {
  const page = await site.visit("train");
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.context().route("**/digits.csv*", async (route) => {
    await gate;
    await route.continue();
  });
  await page.reload();
  await page.getByLabel("steps").selectOption("full");
  await page.getByTestId("train-start").click();
  release();
  await expect.poll(async () => Number(await page.getByTestId("train-step").textContent()), { timeout: 30_000 }).toBeGreaterThan(0);
  expect(page.wrong).toEqual([]);
  await page.context().close();
});
