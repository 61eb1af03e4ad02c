// The views of the losses beyond PyTorch's and of CTC: dragged, moved by keys, played; what stands in them is computed a second time here.

import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drag, now, numberIn, place, press } from "./hands.js";
import { openSite, type Site, setting } from "./site.js";

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

/** Places are read with two decimals. */
const READ = 0.03;
const below = (page: Page) => page.locator("section.panel").last();

test("contrastive: two points, the margin, a step, and play until nothing pulls", async () => {
  const page = await site.visit("contrastiveLoss");
  await page.getByTestId("contrastive-value").waitFor();
  const loss = async (target: number, margin: number) => {
    const [a, b] = [await place(page, "contrastive-input1"), await place(page, "contrastive-input2")];
    const d = Math.hypot(a[0] - b[0], a[1] - b[1]);
    return target === 1 ? d * d : Math.max(0, margin - d) ** 2;
  };
  const right = async (target: number, margin: number) =>
    expect(Math.abs((await numberIn(page, "contrastive-value")) - (await loss(target, margin)))).toBeLessThan(READ);
  await right(-1, 1.2);
  const [x] = await place(page, "contrastive-input2");
  await drag(page, "contrastive-input2", -40, 20);
  expect((await place(page, "contrastive-input2"))[0]).toBeLessThan(x - 0.2);
  await right(-1, 1.2);
  await press(page, "contrastive-input1", "ArrowLeft", 3);
  await press(page, "contrastive-input1", "Shift+ArrowUp");
  await right(-1, 1.2);
  const before = await numberIn(page, "contrastive-value");
  await page.getByRole("button", { name: "Step", exact: true }).click();
  expect(await numberIn(page, "contrastive-value")).toBeLessThan(before);
  // apart by the margin there is nothing left to do: it stops by itself
  await page.getByRole("button", { name: "Play" }).click();
  await expect.poll(() => numberIn(page, "contrastive-value"), { timeout: 60_000 }).toBeLessThan(0.001);
  await page.getByRole("button", { name: "Play" }).waitFor();
  await below(page).getByLabel("target", { exact: true }).selectOption("1");
  await right(1, 1.2);
  expect(page.wrong).toEqual([]);
  await page.context().close();
});

/** Boxes as they are read out. */
async function box(page: Page, name: string): Promise<number[]> {
  const text = await page.getByTestId(`boxes-${name}`).getAttribute("aria-valuetext");
  return text!.replace("box ", "").split(", ").map(Number);
}

test("boxes: moved by the middle and by a corner; each loss has its formula", async () => {
  const page = await site.visit("completeBoxIouLoss");
  await page.getByTestId("boxes-table").waitFor();
  const right = async () => {
    const [a, b] = [await box(page, "input"), await box(page, "target")] as [number[], number[]];
    const area = (x: number[]) => (x[2]! - x[0]!) * (x[3]! - x[1]!);
    const shared = Math.max(0, Math.min(a[2]!, b[2]!) - Math.max(a[0]!, b[0]!)) * Math.max(0, Math.min(a[3]!, b[3]!) - Math.max(a[1]!, b[1]!));
    const union = area(a) + area(b) - shared;
    const [w, h] = [0, 1].map((i) => Math.max(a[i + 2]!, b[i + 2]!) - Math.min(a[i]!, b[i]!)) as [number, number];
    const iou = shared / union;
    const apart = [0, 1].reduce((sum, i) => sum + ((a[i]! + a[i + 2]! - b[i]! - b[i + 2]!) / 2) ** 2, 0);
    const v = (4 / Math.PI ** 2) * (Math.atan((b[2]! - b[0]!) / (b[3]! - b[1]!)) - Math.atan((a[2]! - a[0]!) / (a[3]! - a[1]!))) ** 2;
    const distance = 1 - iou + apart / (w * w + h * h);
    const expected = [1 - iou + (w * h - union) / (w * h), distance, distance + (v * v) / (1 - iou + v)];
    const got = await page.getByTestId("boxes-table").locator("tbody tr td:nth-child(2)").allTextContents();
    got.forEach((text, i) => {
      expect(Math.abs(Number(text) - expected[i]!)).toBeLessThan(READ);
    });
  };
  await right();
  const before = await box(page, "input");
  await drag(page, "boxes-input", 90, 60);
  const after = await box(page, "input");
  expect(after[0]).toBeGreaterThan(before[0]! + 0.5);
  expect(after[2]! - after[0]!).toBeCloseTo(before[2]! - before[0]!, 1);
  await right();
  await drag(page, "boxes-target-corner", -50, -40);
  await press(page, "boxes-input-corner", "ArrowRight", 4);
  await press(page, "boxes-target", "ArrowUp", 2);
  await right();
  const first = () => page.getByTestId("boxes-table").locator("tbody tr td:nth-child(2)").first().textContent().then(Number);
  const value = await first();
  await page.getByRole("button", { name: "Step", exact: true }).click();
  expect(await first()).toBeLessThan(value);
  expect(page.wrong).toEqual([]);
  await page.context().close();
});

test("masks: the disc is dragged onto the target, and the overlap wins", async () => {
  const page = await site.visit("diceLoss");
  await page.getByTestId("mask-table").waitFor();
  const values = () =>
    page
      .getByTestId("mask-table")
      .locator("tbody tr td:nth-child(2)")
      .allTextContents()
      .then((texts) => texts.map(Number));
  const before = await values();
  // Dice is Tversky with both weights one half
  await page.getByLabel("alpha (beta = 1 − alpha)").fill("0.5");
  expect((await values())[1]).toBe(before[0]);
  await press(page, "mask-disc", "ArrowRight", 7);
  await press(page, "mask-disc", "ArrowUp", 1);
  const after = await values();
  after.forEach((value, i) => {
    expect(value).toBeLessThan(before[i]!);
  });
  await drag(page, "mask-disc", -120, 0);
  expect((await values())[0]).toBeGreaterThan(after[0]! + 0.3);
  expect(page.wrong).toEqual([]);
  await page.context().close();
});

test("focal: gamma takes the gradient from the easy negatives", async () => {
  const page = await site.visit("sigmoidFocalLoss");
  await page.getByTestId("focal-table").waitFor();
  const row = (i: number) =>
    page
      .getByTestId("focal-table")
      .locator("tbody tr")
      .nth(i)
      .locator("td")
      .allTextContents()
      .then((texts) => texts.map(Number));
  await below(page).getByLabel("gamma").fill("0");
  expect(await row(1)).toEqual(await row(0));
  await below(page).getByLabel("gamma").fill("3");
  // of 990 negatives at p = 0.05, of ten positives at 0.3
  const [negatives, positives] = [990 * 0.05 ** 3 * -Math.log(0.95), 10 * 0.7 ** 3 * -Math.log(0.3)];
  const [a, b, share] = await row(1);
  expect(a).toBeCloseTo(negatives, 2);
  expect(b).toBeCloseTo(positives, 2);
  const pull = (p: number) => (1 - p) ** 3 * (1 - p - 3 * p * Math.log(p));
  expect(share).toBeCloseTo((100 * 990 * pull(0.95)) / (990 * pull(0.95) + 10 * pull(0.3)), 1);
  expect(page.wrong).toEqual([]);
  await page.context().close();
});

test("the circle: points attract and repel under each loss, whatever the temperature", async () => {
  const page = await site.visit("supConLoss");
  await page.getByTestId("circle-value").waitFor();
  const cosine = (a: number, b: number) => Math.cos(((a - b) * Math.PI) / 180);
  const angles = () => Promise.all(Array.from({ length: 12 }, (_, i) => now(page, `circle-${i}`)));
  const lse = (scores: number[]) => Math.log(scores.reduce((sum, x) => sum + Math.exp(x), 0));
  const mean = (values: number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
  const infoNce = (at: number[], t: number) => {
    const [q, k] = [at.slice(0, 6), at.slice(6)];
    const one = (from: number[], to: number[]) => mean(from.map((a, i) => lse(to.map((b) => cosine(a, b) / t)) - cosine(a, to[i]!) / t));
    return (one(q, k) + one(k, q)) / 2;
  };
  const supCon = (at: number[], t: number) =>
    mean(
      at.map((a, i) => {
        const all = lse(at.filter((_, j) => j !== i).map((b) => cosine(a, b) / t));
        return mean(at.filter((_, j) => j !== i && j % 3 === i % 3).map((b) => all - cosine(a, b) / t));
      }),
    );
  const hard = (at: number[], margin: number) => {
    const chord = (a: number, b: number) => 2 * Math.abs(Math.sin(((a - b) * Math.PI) / 360));
    return mean(
      at.map((a, i) => {
        const to = (own: boolean) => at.filter((_, j) => j !== i && (j % 3 === i % 3) === own).map((b) => chord(a, b));
        return Math.max(0, Math.max(...to(true)) - Math.min(...to(false)) + margin);
      }),
    );
  };
  const value = () => numberIn(page, "circle-value");
  expect(await value()).toBeCloseTo(infoNce(await angles(), 0.2), 3);
  await below(page).getByLabel("temperature").fill("0.5");
  await drag(page, "circle-3", 20, 30);
  await press(page, "circle-8", "Shift+ArrowUp", 3);
  expect(await value()).toBeCloseTo(infoNce(await angles(), 0.5), 3);
  await below(page).getByLabel("loss", { exact: true }).selectOption("supConLoss");
  expect(await value()).toBeCloseTo(supCon(await angles(), 0.5), 3);
  await below(page).getByLabel("loss", { exact: true }).selectOption("batchHardTripletLoss");
  expect(await value()).toBeCloseTo(hard(await angles(), 0.5), 3);
  await page.getByRole("button", { name: "Step", exact: true }).click();

  // the four of a class find each other
  await below(page).getByLabel("loss", { exact: true }).selectOption("supConLoss");
  await below(page).getByLabel("temperature").fill("0.3");
  const before = await numberIn(page, "circle-within");
  await page.getByRole("button", { name: "Play" }).click();
  await expect.poll(() => numberIn(page, "circle-within"), { timeout: 60_000 }).toBeGreaterThan(Math.max(0.6, before + 0.2));
  await page.getByRole("button", { name: /Play|Pause/ }).click();
  expect(page.wrong).toEqual([]);
  await page.context().close();
});

test("CTC: the paths are all there are, and their probabilities add up to the loss", async () => {
  const page = await site.visit("ctcLoss");
  await page.getByTestId("ctc-value").waitFor();
  const right = async (target: string, steps: number) => {
    const at = (t: number, s: number) => now(page, `ctc-bar-${t}-${s}`);
    const scores = await Promise.all(Array.from({ length: steps }, (_, t) => Promise.all([0, 1, 2].map((s) => at(t, s)))));
    const p = scores.map((row) => row.map((x) => Math.exp(x) / row.reduce((sum, y) => sum + Math.exp(y), 0)));
    let [count, total, largest] = [0, 0, 0];
    for (let n = 0; n < 3 ** steps; n++) {
      const path = n.toString(3).padStart(steps, "0");
      if (path.replace(/(.)\1+/g, "$1").replaceAll("0", "") !== target) continue;
      const own = [...path].reduce((product, symbol, t) => product * p[t]![Number(symbol)]!, 1);
      count++;
      total += own;
      largest = Math.max(largest, own);
    }
    expect(await numberIn(page, "ctc-paths")).toBe(count);
    expect(await numberIn(page, "ctc-total")).toBeCloseTo(total, 3);
    if (count === 0) return;
    expect(await numberIn(page, "ctc-value")).toBeCloseTo(-Math.log(total), 2);
    expect(await numberIn(page, "ctc-path")).toBeCloseTo(largest, 3);
  };
  await right("12", 5);
  const before = await numberIn(page, "ctc-value");
  await drag(page, "ctc-bar-1-1", 0, 25);
  expect(await numberIn(page, "ctc-value")).toBeGreaterThan(before);
  await press(page, "ctc-bar-3-2", "ArrowUp", 4);
  await right("12", 5);
  await below(page).getByLabel("target", { exact: true }).selectOption("aba");
  await right("121", 5);
  await below(page).getByLabel("time steps").fill("6");
  await right("121", 6);
  await below(page).getByLabel("time steps").fill("2");
  await right("121", 2);
  expect(await page.getByTestId("ctc-value").textContent()).toBe("Infinity");
  expect(page.wrong).toEqual([]);
  await page.context().close();
});

test("a second loss is laid over the first, with the same target, and the address keeps it", async () => {
  const page = await site.visit("huberLoss");
  expect(await page.getByTestId("second-value").isVisible()).toBe(false);
  await page.getByLabel("compare with").selectOption("mseLoss");
  await setting(page, "target", 1);
  await setting(page, "x", 3);
  const second = async (column: string) => Number(await page.getByTestId(`second-${column}`).getAttribute("data-exact"));
  expect(await second("value")).toBe(4);
  expect(await second("gradient")).toBe(4);
  await page.waitForURL(/with=mseLoss/);
  await page.reload();
  expect(await second("value")).toBe(4);

  // labels of 0 and 1 become signs
  await page.goto(page.url().replace(/#.*/, "#/bceWithLogitsLoss?target=0&x=1&with=softMarginLoss"));
  await expect.poll(() => second("value")).toBeCloseTo(Math.log1p(Math.E), 12);
  // what a loss is shown beside at first can be taken off, and stays off
  await page.goto(page.url().replace(/#.*/, "#/sigmoidFocalLoss"));
  await expect.poll(() => second("value")).toBeCloseTo(Math.log1p(Math.exp(-1)), 12);
  await page.getByLabel("compare with").selectOption("");
  await page.waitForURL(/with=(&|$)/);
  await page.reload();
  await page.getByTestId("value").waitFor();
  expect(await page.getByTestId("second-value").isVisible()).toBe(false);
  expect(page.wrong).toEqual([]);
  await page.context().close();
});
