// What the tests of dragged views do by hand, and read.

import type { Page } from "playwright-core";

export const numberIn = async (page: Page, testid: string): Promise<number> => Number(await page.getByTestId(testid).textContent());
export const now = async (page: Page, testid: string): Promise<number> => Number(await page.getByTestId(testid).getAttribute("aria-valuenow"));

/** Drags a handle by pixels. */
export async function drag(page: Page, testid: string, dx: number, dy: number): Promise<void> {
  const handle = page.getByTestId(testid);
  await handle.scrollIntoViewIfNeeded();
  const box = (await handle.boundingBox())!;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + dx / 2, y + dy / 2);
  await page.mouse.move(x + dx, y + dy);
  await page.mouse.up();
}

export async function press(page: Page, testid: string, key: string, times = 1): Promise<void> {
  await page.getByTestId(testid).focus();
  for (let i = 0; i < times; i++) await page.keyboard.press(key);
}

/** x and y of a point, as it is read out. */
export async function place(page: Page, testid: string): Promise<[number, number]> {
  const text = await page.getByTestId(testid).getAttribute("aria-valuetext");
  const [, x, y] = /^x (.*), y (.*);/.exec(text!)!;
  return [Number(x), Number(y)];
}
