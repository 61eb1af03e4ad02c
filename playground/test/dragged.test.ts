// The views that are dragged, by mouse and by keyboard: what stands in them is computed a second time here.

import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drag, now, numberIn, place, press } from "./hands.js";
import { openSite, type Site } from "./site.js";

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

async function distances(page: Page): Promise<[near: number, far: number]> {
  const [a, p, n] = await Promise.all(["anchor", "positive", "negative"].map((name) => place(page, `triplet-${name}`)));
  return [Math.hypot(a![0] - p![0], a![1] - p![1]), Math.hypot(a![0] - n![0], a![1] - n![1])];
}

/** Places are read with two decimals. */
const READ = 0.02;

test("triplets: points are dragged and moved by keys, a step lowers the loss", async () => {
  const page = await site.visit("tripletMarginLoss");
  await page.getByTestId("triplet-value").waitFor();
  const margin = Number(await page.locator("section.panel").last().getByRole("slider", { name: "margin" }).inputValue());
  const right = async () => {
    const [near, far] = await distances(page);
    expect(Math.abs((await numberIn(page, "triplet-value")) - Math.max(0, margin + near - far))).toBeLessThan(READ);
  };
  await right();

  const [x, y] = await place(page, "triplet-negative");
  await drag(page, "triplet-negative", -60, 40);
  const [movedX, movedY] = await place(page, "triplet-negative");
  expect(movedX).toBeLessThan(x - 0.5);
  expect(movedY).toBeLessThan(y - 0.3);
  await right();

  await press(page, "triplet-positive", "ArrowLeft", 4);
  await press(page, "triplet-positive", "Shift+ArrowDown");
  await right();
  expect(await page.evaluate(() => document.activeElement?.getAttribute("data-testid"))).toBe("triplet-positive");

  const before = await numberIn(page, "triplet-value");
  expect(before).toBeGreaterThan(0);
  await page.getByRole("button", { name: "Step", exact: true }).click();
  expect(await numberIn(page, "triplet-value")).toBeLessThan(before);
  await right();

  await page.getByLabel("loss", { exact: true }).selectOption("ratio");
  const [near, far] = await distances(page);
  expect(Math.abs((await numberIn(page, "triplet-value")) - 2 / (1 + Math.exp(far - near)) ** 2)).toBeLessThan(READ);
  expect(page.wrong).toEqual([]);
  await page.context().close();
});

test("the plane of the two distances: the pointer moves the crosshair", async () => {
  const page = await site.visit("tripletMarginLoss");
  const map = page.getByTestId("plane-ratio").first();
  await map.scrollIntoViewIfNeeded();
  const box = (await map.boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.7, box.y + box.height * 0.3);
  await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.4);
  const table = page.getByTestId("triplet-plane");
  const [, near, far] = /δ\+ = (.*), δ− = (.*)/.exec((await table.locator("caption").textContent())!)!.map(Number);
  expect(near).toBeGreaterThan(0.2);
  expect(far).toBeGreaterThan(0.5);
  const row = await table.locator("tbody tr").nth(1).locator("td").allTextContents();
  const s = 1 / (1 + Math.exp(far! - near!));
  const expected = [2 * s * s, 4 * s * s * (1 - s), -4 * s * s * (1 - s)];
  row.forEach((text, i) => {
    expect(Number(text.replace("−", "-"))).toBeCloseTo(expected[i]!, 3);
  });
  expect(page.wrong).toEqual([]);
  await page.context().close();
});

test("cosine: vectors are turned by mouse and keys", async () => {
  const page = await site.visit("cosineEmbeddingLoss");
  await page.getByTestId("cosine-value").waitFor();
  const right = async (loss: (cosine: number) => number) => {
    const cosine = Math.cos(((await now(page, "cosine-input1")) - (await now(page, "cosine-input2"))) * (Math.PI / 180));
    expect(await numberIn(page, "cosine-cosine")).toBeCloseTo(cosine, 3);
    expect(await numberIn(page, "cosine-value")).toBeCloseTo(loss(cosine), 3);
  };
  await right((cosine) => 1 - cosine);
  const before = await now(page, "cosine-input1");
  await drag(page, "cosine-input1", -20, -60);
  expect(await now(page, "cosine-input1")).not.toBe(before);
  await right((cosine) => 1 - cosine);
  const second = await now(page, "cosine-input2");
  await press(page, "cosine-input2", "ArrowRight", 3);
  await press(page, "cosine-input2", "Shift+ArrowUp", 2);
  expect(await now(page, "cosine-input2")).toBe((second + 13) % 360);
  const view = page.locator("section.panel").last();
  await view.getByLabel("target", { exact: true }).selectOption("-1");
  await view.getByRole("slider", { name: "margin" }).fill("0.25");
  await right((cosine) => Math.max(0, cosine - 0.25));
  expect(page.wrong).toEqual([]);
  await page.context().close();
});

test("softmax: logits are dragged and moved by keys", async () => {
  const page = await site.visit("crossEntropyLoss");
  await page.getByTestId("softmax-value").waitFor();
  const right = async (target: number, smoothing: number) => {
    const logits = await Promise.all([0, 1, 2, 3, 4].map((i) => now(page, `softmax-logit-${i}`)));
    const total = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0));
    const loss = logits.reduce((sum, x, i) => sum + ((i === target ? 1 - smoothing : 0) + smoothing / 5) * (total - x), 0);
    expect(await numberIn(page, "softmax-value")).toBeCloseTo(loss, 3);
    const gradients = await page.getByTestId("softmax-table").locator("tbody td:last-child").allTextContents();
    gradients.forEach((text, i) => {
      const expected = Math.exp(logits[i]! - total) - (i === target ? 1 - smoothing : 0) - smoothing / 5;
      expect(Math.abs(Number(text.replace("−", "-")) - expected)).toBeLessThan(1e-3);
    });
  };
  await right(0, 0);
  const before = await now(page, "softmax-logit-3");
  await drag(page, "softmax-logit-3", 0, 40);
  expect(await now(page, "softmax-logit-3")).toBeLessThan(before - 1);
  await right(0, 0);
  await press(page, "softmax-logit-0", "ArrowUp", 3);
  await press(page, "softmax-logit-0", "Shift+ArrowUp");
  expect(await now(page, "softmax-logit-0")).toBeCloseTo(1.5 + 0.3 + 0.5, 6);
  await page.locator('input[name=softmax-class][value="3"]').check();
  await page.getByLabel("label smoothing").fill("0.2");
  await right(3, 0.2);
  expect(page.wrong).toEqual([]);
  await page.context().close();
});
