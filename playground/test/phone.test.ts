// A phone of 390 x 664 pixels, what a browser leaves of 844: the gradient is on the first screen, every formula is whole, nothing inside the page scrolls.

import { afterAll, beforeAll, expect, test } from "vitest";
import { openSite, type Site, settled, VIEWS } from "./site.js";

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

/** Pixels of the smallest letter of a formula: its indices. */
const LEGIBLE = 6;

test("value, gradient and formula of every loss", async () => {
  const page = await site.visit("mseLoss", { viewport: { width: 390, height: 664 }, hasTouch: true, isMobile: true });
  for (const view of VIEWS.filter((name) => name.endsWith("Loss"))) {
    await page.goto(page.url().replace(/#.*/, `#/${view}`));
    await page.getByRole("heading", { level: 1, name: view, exact: true }).waitFor();
    await settled(page);
    for (const plot of await page.locator(".plot svg").all()) {
      const box = (await plot.boundingBox())!;
      expect(box.y + box.height, view).toBeLessThanOrEqual(664);
    }
    const formulas = await page.locator(".formula > *").evaluateAll((parts) =>
      parts.map((part) => ({
        cut: part.scrollWidth - part.clientWidth,
        letters: Math.min(
          ...[...part.querySelectorAll(".katex-html .mord, .katex-html .mbin")].map((letter) => Number.parseFloat(getComputedStyle(letter).fontSize)),
        ),
      })),
    );
    for (const { cut, letters } of formulas) {
      expect(cut, view).toBeLessThanOrEqual(0);
      expect(letters, view).toBeGreaterThan(LEGIBLE);
    }
    const scrolling = await page.evaluate(() =>
      [...document.querySelectorAll("main *")]
        .filter((element) => element.scrollWidth > element.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(element).overflowX))
        .map(({ className }) => className),
    );
    expect(scrolling, view).toEqual([]);
  }
  expect(page.wrong).toEqual([]);
  await page.context().close();
});

test("a finger drags a point, and the page stays where it is", async () => {
  const page = await site.visit("contrastiveLoss", { viewport: { width: 390, height: 664 }, hasTouch: true, isMobile: true });
  const handle = page.getByTestId("contrastive-input2");
  await settled(page);
  await handle.scrollIntoViewIfNeeded();
  const box = (await handle.boundingBox())!;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const before = [await handle.getAttribute("aria-valuetext"), await page.evaluate(() => scrollY)];
  const client = await page.context().newCDPSession(page);
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", points: { x: number; y: number }[]) =>
    client.send("Input.dispatchTouchEvent", { type, touchPoints: points });
  await touch("touchStart", [{ x, y }]);
  for (let i = 1; i <= 5; i++) await touch("touchMove", [{ x: x - 4 * i, y: y - 8 * i }]);
  await touch("touchEnd", []);
  expect(await handle.getAttribute("aria-valuetext")).not.toBe(before[0]);
  expect(await page.evaluate(() => scrollY)).toBe(before[1]);
  expect(page.wrong).toEqual([]);
  await page.context().close();
});
