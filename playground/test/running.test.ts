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

test("both networks learn, from the same start; the address keeps what was chosen", async () => {
  const page = await site.visit("train?a=smoothed&b=mse&rate=0.02&pace=full");
  const text = (testid: string) => page.getByTestId(testid).textContent();
  await expect.poll(() => text("train-step")).toBe("0");
  // before the first step the two are one network
  expect(await text("train-accuracy-0")).toBe(await text("train-accuracy-1"));
  expect(await page.getByLabel("first loss").inputValue()).toBe("smoothed");
  expect(await page.getByLabel("learning rate").inputValue()).toBe("0.02");
  await page.getByTestId("train-start").click();
  await expect.poll(async () => Number(await text("train-step")), { timeout: 60_000 }).toBeGreaterThan(300);
  await page.getByTestId("train-stop").click();
  // one of them used to end at 25 %, behind a layer of two numbers
  for (const i of [0, 1]) expect(Number(await text(`train-accuracy-${i}`))).toBeGreaterThan(60);
  await page.getByLabel("second loss").selectOption("multiMargin");
  await page.waitForURL(/a=smoothed&b=multiMargin&rate=0.02&pace=full/);
  // the runs before stay, by name
  await expect.poll(() => page.locator(".train-earlier li").allTextContents()).toHaveLength(2);
  expect((await page.locator(".train-earlier li").allTextContents())[1]).toMatch(/^mseLoss on one-hot targets, rate 0.02: \d+\.\d %$/);
  expect(page.wrong).toEqual([]);
  await page.context().close();
});

test("after the last step another loss waits for its start", async () => {
  const page = await site.visit("train?pace=full");
  const step = async () => Number(await page.getByTestId("train-step").textContent());
  await page.getByTestId("train-start").click();
  await expect.poll(step, { timeout: 100_000, interval: 500 }).toBe(5000);
  await page.getByTestId("train-start").filter({ hasText: "start again" }).waitFor();
  await page.getByLabel("first loss").selectOption("bce");
  await expect.poll(step).toBe(0);
  await page.waitForTimeout(500);
  expect(await step()).toBe(0);
  expect(await page.getByTestId("train-stop").isDisabled()).toBe(true);
  expect(page.wrong).toEqual([]);
  await page.context().close();
});

test("on 1280 x 800 the whole training is on the screen, controls and all", async () => {
  const page = await site.visit("train", { viewport: { width: 1280, height: 800 } });
  await expect.poll(() => page.getByTestId("train-step").textContent()).toBe("0");
  for (const part of [".train-controls", ".train-view", ".train-legend"]) {
    const box = (await page.locator(part).boundingBox())!;
    expect(box.y + box.height, part).toBeLessThanOrEqual(800);
  }
  await page.context().close();
});

test("the overview moves by itself, and stands still for who wants less motion", async () => {
  for (const reducedMotion of ["no-preference", "reduce"] as const) {
    const page = await site.visit("", { reducedMotion });
    const height = async () => Number(await page.getByTestId("home-outlier").getAttribute("aria-valuenow"));
    const place = () => page.getByTestId("home-outlier").getAttribute("transform");
    await page.getByTestId("home-outlier").waitFor();
    const before = await place();
    if (reducedMotion === "reduce") {
      await page.waitForTimeout(400);
      expect(await place()).toBe(before);
    } else await expect.poll(place).not.toBe(before);
    await expect.poll(async () => Number(await page.getByTestId("home-step").textContent()), { timeout: 60_000 }).toBeGreaterThan(20);
    // taken by hand it stays where it was put, and mseLoss follows it most
    await page.getByTestId("home-outlier").focus();
    await page.keyboard.press("Shift+ArrowUp");
    await page.keyboard.press("Home");
    expect(await height()).toBe(-2);
    const slopes = () => page.locator(".keys b").allTextContents();
    await expect.poll(async () => Number((await slopes())[0])).toBeLessThan(0.35);
    const [mse, huber, l1] = (await slopes()).map(Number) as [number, number, number];
    expect(mse).toBeLessThan(huber);
    expect(huber).toBeLessThan(l1);
    const taken = await place();
    await page.waitForTimeout(200);
    expect(await place()).toBe(taken);
    await page.evaluate(() => {
      location.hash = "#/mseLoss";
    });
    await expect.poll(() => page.workers().length).toBe(0);
    expect(page.wrong).toEqual([]);
    await page.context().close();
  }
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
  const names = await page.locator(".race-name").evaluateAll((all) => all.map((one) => one.firstChild!.textContent));
  expect(names.slice(-3)).toEqual(["losskit/wasm", "losskit/js", "a hand-written loop"]); // losskit/threads is before them where it runs
  expect(await page.getByTestId("race-hand").textContent()).toMatch(/^losskit\/wasm is \d+\.\d+ times as fast as a hand-written loop\.$/);
  await page.screenshot({ path: `${screenshots}race-run.png`, fullPage: true });

  await page.getByTestId("race-start").click();
  await page.getByTestId("race-stop").click();
  await expect.poll(() => page.workers().length).toBe(0);
  expect(await page.getByTestId("race-stop").isDisabled()).toBe(true);
  expect(await page.getByTestId("race-markdown").textContent()).toBe(markdown);
  expect(page.wrong).toEqual([]);
  await page.context().close();
});
