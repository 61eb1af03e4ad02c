// Training and the race, in their workers.

import { afterAll, beforeAll, expect, test } from "vitest";
import { openSite, type Site, screenshots } from "./site.js";

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

test("a network learns, pauses, and goes on", async () => {
  const page = await site.visit("train");
  const number = async (testid: string) => Number(await page.getByTestId(testid).textContent());
  const steps = (least: number) =>
    page.waitForFunction((least) => Number(document.querySelector("[data-testid=train-step]")!.textContent) >= least, least, { timeout: 60_000 });
  await page.getByLabel("steps").selectOption("full");
  await page.getByTestId("train-start").click();
  await steps(20);
  const early = await number("train-loss-0");
  await steps(400);
  await page.getByTestId("train-stop").click();
  await page
    .getByTestId("train-start")
    .filter({ hasText: /resume/i })
    .waitFor();
  expect(await number("train-loss-0")).toBeLessThan(early);
  // guessing gives 10 %
  expect(await number("train-accuracy-0")).toBeGreaterThan(50);
  expect(await page.getByTestId("train-backend").textContent()).toMatch(/wasm/i);
  await page.screenshot({ path: `${screenshots}train-running.png`, fullPage: true });

  const stopped = await number("train-step");
  await page.getByTestId("train-start").click();
  await steps(stopped + 50);
  await page.getByTestId("train-stop").click();

  // another loss begins again; leaving ends the worker
  await page.getByLabel("first loss").selectOption({ index: 1 });
  await page.waitForFunction(() => Number(document.querySelector("[data-testid=train-step]")!.textContent) === 0);
  await page.evaluate(() => {
    location.hash = "#/mseLoss";
  });
  await page.getByTestId("value").waitFor();
  await expect.poll(() => page.workers().length).toBe(0);
  expect(page.wrong).toEqual([]);
  await page.context().close();
});

test("a race is run, reported, and stopped", async () => {
  const page = await site.visit("race");
  await page.getByTestId("race-start").click();
  const ratio = page.getByTestId("race-ratio").filter({ hasText: /\d/ });
  await ratio.waitFor({ timeout: 60_000 });
  expect(Number.parseFloat((await ratio.textContent())!)).toBeGreaterThan(0);
  expect(await page.getByTestId("race-refused").isVisible()).toBe(false);
  const markdown = (await page.getByTestId("race-markdown").textContent())!;
  expect(markdown).toContain("crossEntropyLoss");
  await page.screenshot({ path: `${screenshots}race-run.png`, fullPage: true });

  await page.getByTestId("race-start").click();
  await page.getByTestId("race-stop").click();
  await expect.poll(() => page.workers().length).toBe(0);
  expect(await page.getByTestId("race-stop").isDisabled()).toBe(true);
  expect(await page.getByTestId("race-markdown").textContent()).toBe(markdown);
  expect(page.wrong).toEqual([]);
  await page.context().close();
});
