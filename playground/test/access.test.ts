// Every view, light, dark and narrow: axe-core finds nothing, nothing scrolls sideways, nothing is asked of another origin. Leaves screenshots behind.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type axe from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSite, type Site, screenshots, settled, VIEWS } from "./site.js";

let site: Site;
let source: string;
beforeAll(async () => {
  source = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  site = await openSite();
});
afterAll(() => site.close());

async function violations(page: Page): Promise<string[]> {
  // evaluated, not added as an element: the page's policy allows no inline script
  await page.evaluate(source);
  const { violations } = await page.evaluate(() => (window as unknown as { axe: typeof axe }).axe.run());
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ""}`));
}

describe.each(["", ...VIEWS])("#/%s", (view) => {
  const name = view || "overview";

  test("light and dark: axe-core finds nothing", async () => {
    const page = await site.visit(view);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await settled(page);
      expect(await violations(page), colorScheme).toEqual([]);
      await page.screenshot({ path: `${screenshots}${name}-${colorScheme}.png`, fullPage: true });
    }
    expect(page.wrong).toEqual([]);
    await page.context().close();
  });

  test("360 pixels: nothing scrolls sideways, axe-core finds nothing", async () => {
    const page = await site.visit(view, { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
    await settled(page);
    // what is wider than the page, by name
    const wide = await page.evaluate(() => {
      const scrolls = (element: Element | null): boolean =>
        element !== null && (/auto|scroll|hidden/.test(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
      return [...document.querySelectorAll("body *")]
        .filter((element) => element.getBoundingClientRect().right > innerWidth + 1 && !scrolls(element.parentElement))
        .map((element) => `${element.tagName}.${element.getAttribute("class") ?? ""}`);
    });
    expect(wide).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    expect(await violations(page)).toEqual([]);
    await page.screenshot({ path: `${screenshots}${name}-narrow.png`, fullPage: true });
    expect(page.wrong).toEqual([]);
    await page.context().close();
  });
});

describe("light and dark", () => {
  const paper = (page: Page) => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);

  test("the system decides, then the button, and the choice is kept", async () => {
    const page = await site.visit("l1Loss", { colorScheme: "light" });
    const button = page.getByRole("banner").getByRole("button");
    const light = await paper(page);
    expect(await button.textContent()).toBe("Dark theme");
    await page.emulateMedia({ colorScheme: "dark" });
    const dark = await paper(page);
    expect(dark).not.toBe(light);
    expect(await button.textContent()).toBe("Light theme");
    await button.click();
    expect(await paper(page)).toBe(light);
    await page.reload();
    expect(await paper(page)).toBe(light);
    expect(await page.locator("html").getAttribute("data-theme")).toBe("light");
    expect(page.wrong).toEqual([]);
  });

  test("the menu of a narrow page opens, and closes when a loss is chosen", async () => {
    const page = await site.visit("", { viewport: { width: 360, height: 740 } });
    const link = page.getByRole("navigation", { name: "Losses" }).getByRole("link", { name: "huberLoss" });
    expect(await link.isVisible()).toBe(false);
    await page.locator("summary", { hasText: "Losses" }).click();
    await link.click();
    await page.getByRole("heading", { level: 1, name: "huberLoss" }).waitFor();
    expect(await link.isVisible()).toBe(false);
  });
});
