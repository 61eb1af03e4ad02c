// The lecture in the browser: a section, its numbers, its handles.

import type { BrowserContextOptions, Page } from "playwright-core";
import type { Site } from "./site.js";

export const SECTIONS = "behaviour reductions outlier likelihood entropy binary divergence ranking pairs triplets cosine equator search choice".split(" ");

export type Visited = Page & { wrong: string[] };

/** A page that stands still at a section. */
export async function openSection(site: Site, id: string, options: BrowserContextOptions = {}): Promise<Visited> {
  const page = await site.visit(`lecture?at=${id}`, { reducedMotion: "reduce", ...options });
  await page.locator(`[data-section=${id}] .figure-body > *`).first().waitFor();
  return page;
}

/** The whole number behind one that is shown. */
export const exact = async (page: Page, testid: string): Promise<number> => Number(await page.getByTestId(testid).getAttribute("data-exact"));
export const now = async (page: Page, testid: string): Promise<number> => Number(await page.getByTestId(testid).getAttribute("aria-valuenow"));

/** x and y of a point of a board, as it is read out. */
export async function place(page: Page, testid: string): Promise<[number, number]> {
  const [, x, y] = /^x (\S+), y (\S+?)(;|$)/.exec((await page.getByTestId(testid).getAttribute("aria-valuetext"))!)!;
  return [Number(x), Number(y)];
}

export async function press(page: Page, testid: string, key: string, times = 1): Promise<void> {
  await page.getByTestId(testid).focus();
  for (let i = 0; i < times; i++) await page.keyboard.press(key);
}

export async function middle(page: Page, testid: string): Promise<[number, number]> {
  const handle = page.getByTestId(testid);
  await handle.evaluate((element) => element.scrollIntoView({ block: "center" }));
  const box = (await handle.locator(".grip").boundingBox())!;
  return [box.x + box.width / 2, box.y + box.height / 2];
}

/** Drags a handle by pixels. */
export async function drag(page: Page, testid: string, dx: number, dy: number): Promise<void> {
  const [x, y] = await middle(page, testid);
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + dx / 2, y + dy / 2);
  await page.mouse.move(x + dx, y + dy);
  await page.mouse.up();
}

export const fillSlider = (page: Page, section: string, name: string, value: number) =>
  page.locator(`[data-section=${section}]`).getByRole("slider", { name, exact: true }).fill(String(value));

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, x) => total + x, 0);

export async function cells(page: Page, testid: string): Promise<number[][]> {
  const rows = await page.getByTestId(testid).locator("tbody tr").all();
  return Promise.all(rows.map(async (row) => (await row.locator("td").allTextContents()).map(Number)));
}
