// Each loss in the built page: the controls are moved, and the marked point must have the value and the slope of a formula written here.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as losskit from "../../dist/esm/index.js";
import { formulas } from "./formulas.js";
import { exact, openSite, type Site, setting, settled, VIEWS } from "./site.js";

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

/** Central difference of fourth order: its own error is below 1e-9 at this step, but for curves as steep as the ends of bceLoss. */
const STEP = 1e-3;
const slope = (f: (x: number) => number, x: number) => (8 * (f(x + STEP) - f(x - STEP)) - (f(x + 2 * STEP) - f(x - 2 * STEP))) / (12 * STEP);
/** losskit's eps of 1e-12 in the cosine, and the difference's own error. */
const VALUE = 1e-11;
const GRADIENT = 1e-7;

/** To be set one after another, x last. */
const MOVES: Record<string, readonly Record<string, number>[]> = {
  mseLoss: [{ x: 1.5 }, { target: -1.2, x: 0.4 }],
  l1Loss: [{ x: -2 }, { target: 1, x: 2.5 }],
  smoothL1Loss: [{ x: 0.3 }, { beta: 2, x: 1.5 }, { beta: 0.5, target: 1, x: -2 }, { beta: 0, x: 3 }],
  huberLoss: [{ x: 0.5 }, { delta: 2.5, x: 2 }, { delta: 0.5, target: -1, x: 3 }],
  crossEntropyLoss: [{ x: 2 }, { target: 1, x: 1 }, { labelSmoothing: 0.2, other: -1, x: -3 }],
  nllLoss: [{ x: -0.5 }, { weight: 3, x: -2 }],
  bceLoss: [{ x: 0.2 }, { target: 0.25, x: 0.8 }, { target: 0, x: 0.05 }],
  bceWithLogitsLoss: [{ x: -2 }, { target: 0.3, posWeight: 3, x: 1.5 }, { target: 0, x: 4 }],
  softMarginLoss: [{ x: -1 }, { target: -1, x: 2.5 }],
  multiMarginLoss: [{ x: 0.1 }, { p: 2, x: -1.3 }, { target: 1, margin: 2, x: 0.7 }],
  multiLabelMarginLoss: [{ x: 0.3 }, { target: 3, x: 1.2 }, { other: -2, target: 2, x: 1.7 }],
  multiLabelSoftMarginLoss: [{ x: -1 }, { target: 0, weight: 2, x: 1.5 }, { other: -2, x: 0.5 }],
  klDivLoss: [{ x: 0.25 }, { p: 0.3, x: 0.9 }, { logTarget: 1, x: 0.5 }],
  poissonNllLoss: [{ x: 1 }, { full: 1, target: 5, x: 2.5 }, { logInput: 0, eps: 0.1, x: 4 }],
  gaussianNllLoss: [{ x: -2 }, { other: 2.5, target: 1, x: 3 }, { full: 1, x: 0.5 }, { against: 1, x: 2 }],
  marginRankingLoss: [{ x: 0.2 }, { target: -1, x: 1 }, { margin: 1.5, input2: 2, target: 1, x: 3 }, { x: 4 }],
  hingeEmbeddingLoss: [{ x: 0.3 }, { margin: 2.5, x: 2 }, { x: 3 }, { target: 1, x: 2 }],
  cosineEmbeddingLoss: [{ x: 30 }, { target: -1, x: -50 }, { margin: 0.5, x: 100 }],
  tripletMarginLoss: [
    { x: 0.5 },
    { positive: 1.5, x: -1 },
    { p: 1, x: 0.7 },
    { p: Number.POSITIVE_INFINITY, x: 1.5 },
    { p: 2, swap: 1, x: 1.2 },
    { margin: 0.1, x: 3 },
  ],
  tripletRatioLoss: [{ x: 0.5 }, { positive: 2, x: -1 }, { swap: 1, x: 1.6 }],
  logCoshLoss: [{ x: 0.2 }, { target: -1, x: 3 }],
  pinballLoss: [{ x: 1 }, { quantile: 0.1, x: 1.5 }, { target: 2, x: -1 }],
  sigmoidFocalLoss: [{ x: 2 }, { gamma: 0, x: 1 }, { gamma: 4.5, alpha: 0.25, target: 0, x: 3 }],
  contrastiveLoss: [{ x: 0.5 }, { margin: 2.5, x: 2 }, { x: 3 }, { target: 1, x: 1.5 }],
  dpoLoss: [{ x: -30 }, { beta: 0.5, x: -21 }, { labelSmoothing: 0.3, rejected: -30, reference: -25, x: -40 }],
  distillationLoss: [{ x: 1 }, { beta: 0, temperature: 2, x: -3 }, { beta: 1, x: 0.5 }, { beta: 0.1, teacher: -2, x: 2 }],
  diceLoss: [{ x: 0.8 }, { target: 0, x: 0.6 }, { smooth: 0, others: 0.95, x: 0.2 }],
  tverskyLoss: [{ x: 0.8 }, { target: 0, alpha: 0.9, x: 0.6 }, { beta: 0.2, target: 1, smooth: 0.5, x: 0.2 }],
  generalizedBoxIouLoss: [{ x: 0.7 }, { x: -4 }, { y: -1, width: 3, x: 1 }],
  distanceBoxIouLoss: [{ x: 0.7 }, { x: -4 }, { y: -1, width: 3, x: 1 }],
  completeBoxIouLoss: [{ x: 0.7 }, { x: -4 }, { y: -1, width: 1, x: 1.2 }],
  infoNceLoss: [{ x: 20 }, { temperature: 0.1, x: 75 }, { symmetric: 1, x: -100 }],
  clipLoss: [{ x: 20 }, { logitScale: 12, x: 75 }],
  sigLipLoss: [{ x: 20 }, { logitScale: 12, logitBias: -6, x: 75 }],
  supConLoss: [{ x: 20 }, { temperature: 0.1, other: 60, x: 140 }],
  ntXentLoss: [{ x: 20 }, { temperature: 0.1, other: 60, x: 140 }],
  batchHardTripletLoss: [{ x: 20 }, { margin: 1.5, x: 75 }, { soft: 1, other: 30, x: -60 }],
  ctcLoss: [{ x: 2 }, { step: 4, text: 1, x: -1.5 }, { text: 2, step: 3, x: 0.5 }],
};

/** Losses with an angle on their axis. */
const ANGLES = "cosineEmbeddingLoss infoNceLoss clipLoss sigLipLoss supConLoss ntXentLoss batchHardTripletLoss".split(" ");

function near(got: number, expected: number, tolerance: number, where: string): void {
  expect(Math.abs(got - expected), `${where}: ${got}, expected ${expected}`).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(expected)));
}

test("every loss of losskit has a view and a formula here", () => {
  const losses = Object.keys(losskit).filter((name) => name.endsWith("Loss"));
  expect([...losses, "train", "race"].sort()).toEqual([...VIEWS].sort());
  expect(Object.keys(MOVES).sort()).toEqual(losses.sort());
});

describe.each(Object.entries(MOVES))("%s", (name, moves) => {
  const formula = formulas[name]!;
  // drawn by degrees, differentiated by radians
  const unit = ANGLES.includes(name) ? Math.PI / 180 : 1;

  test("value and gradient follow the controls", async () => {
    const page = await site.visit(name);
    for (const settings of moves) {
      for (const [key, value] of Object.entries(settings)) await setting(page, key, value);
      const all = Object.fromEntries(
        await page
          .locator("[data-setting]")
          .evaluateAll((controls) =>
            controls.map((control) => [(control as HTMLElement).dataset.setting!, Number(control.querySelector<HTMLInputElement>("input, select")!.value)]),
          ),
      ) as Record<string, number>;
      expect(all).toMatchObject(settings);
      const where = `${name} ${JSON.stringify(all)}`;
      const value = await exact(page, "value");
      const gradient = await exact(page, "gradient");
      near(value, formula(all.x!, all), VALUE, `${where} value`);
      near(gradient, slope((x) => formula(x, all, all.x), all.x!) / unit, GRADIENT, `${where} gradient`);

      // The text has four digits of it.
      near(Number(await page.getByTestId("value").textContent()), value, 1e-3, `${where} value, as text`);
      near(Number(await page.getByTestId("gradient").textContent()), gradient, 1e-3, `${where} gradient, as text`);
    }
    expect(page.wrong).toEqual([]);
    await page.context().close();
  });
});

describe("kinks and ends", () => {
  const points: [string, Record<string, number>, number, number][] = [
    ["l1Loss", { x: 0 }, 0, 0],
    ["smoothL1Loss", { beta: 1, x: -1 }, 0.5, -1],
    ["huberLoss", { delta: 2, x: 2 }, 2, 2],
    // a hinge that is exactly 0 still pulls
    ["marginRankingLoss", { margin: 1, x: 1 }, 0, -1],
    ["hingeEmbeddingLoss", { margin: 1, x: 1 }, 0, -1],
    // but not that of several classes
    ["multiMarginLoss", { other: -1, margin: 1, x: 1 }, 0, 0],
    ["bceLoss", { target: 1, x: 0 }, 100, -1 / 9.999999960041972e-13],
    ["poissonNllLoss", { target: 0, x: 0 }, 1, 1],
    ["ctcLoss", { text: 3 }, Number.POSITIVE_INFINITY, Number.NaN],
    ["ctcLoss", { text: 3, zeroInfinity: 1 }, 0, 0],
  ];
  test.each(points)("%s %o", async (name, settings, value, gradient) => {
    const page = await site.visit(name);
    for (const [key, to] of Object.entries(settings)) await setting(page, key, to);
    // numbers that float64 has exactly, but for sums of products
    expect(await exact(page, "value")).toBeCloseTo(value, 12);
    const got = await exact(page, "gradient");
    if (Number.isNaN(gradient)) expect(got).toBeNaN();
    else expect(got / (gradient || 1)).toBeCloseTo(gradient ? 1 : 0, 12);
    expect(page.wrong).toEqual([]);
    await page.context().close();
  });
});

describe("huberLoss and mseLoss", () => {
  test("the address keeps the settings, and restores them", async () => {
    const page = await site.visit("huberLoss?delta=2&target=1&x=-3");
    expect(await exact(page, "value")).toBe(6);
    expect(await exact(page, "gradient")).toBe(-2);
    await setting(page, "delta", 1);
    expect(await exact(page, "value")).toBe(3.5);
    await page.waitForURL(/delta=1&/);
    await page.reload();
    expect(await exact(page, "value")).toBe(3.5);
    // what is no setting is left out
    const other = await site.visit("huberLoss?delta=-1&x=wide&target=1e9");
    expect(await exact(other, "value")).toBe(1);
    expect([...page.wrong, ...other.wrong]).toEqual([]);
  });

  test("the plot is dragged, and the arrow keys move the point", async () => {
    const page = await site.visit("mseLoss");
    const plot = page.locator(".plot svg").first();
    await plot.scrollIntoViewIfNeeded();
    const box = (await plot.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.5, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.85, box.y + 80, { steps: 4 });
    await page.mouse.up();
    const slider = page.locator('[data-setting="x"] input');
    const x = Number(await slider.inputValue());
    expect(x).toBeGreaterThan(2);
    near(await exact(page, "value"), x * x, 1e-12, "value");
    await slider.focus();
    await page.keyboard.press("ArrowLeft");
    near(await exact(page, "gradient"), 2 * (x - 0.05), 1e-9, "gradient");
    await page.getByRole("button", { name: "Reset" }).click();
    expect(await exact(page, "value")).toBe(2.25);
    expect(page.wrong).toEqual([]);
  });

  test("the code is copied", async () => {
    const page = await site.visit("huberLoss?delta=2", { permissions: ["clipboard-read", "clipboard-write"] });
    await page.getByRole("button", { name: "Copy" }).first().click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toBe(await page.getByTestId("code").textContent());
    expect(copied).toContain("delta: 2,");
  });
});

test("a link, the focus, the title; the sidebar says where one is", async () => {
  const page = await site.visit("");
  await expect(page.title()).resolves.toBe("losskit playground");
  await page.getByRole("navigation", { name: "Losses" }).getByRole("link", { name: "gaussianNllLoss" }).click();
  await page.getByRole("heading", { level: 1, name: "gaussianNllLoss" }).waitFor();
  expect(await page.title()).toContain("gaussianNllLoss");
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("H1");
  expect(await page.locator('[aria-current="page"]').allTextContents()).toEqual(["gaussianNllLoss"]);
  await page.goBack();
  expect(await page.title()).toBe("losskit playground");
  // from the top, the first stop leads past the sidebar
  await page.reload();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("MAIN");
  await settled(page);
  expect(page.wrong).toEqual([]);
});
