// The picture that a link to the playground shows elsewhere: taken here, committed as playground/public/preview.jpg. PREVIEW=1 writes it anew.

import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSite, type Site, screenshots } from "./site.js";

const committed = fileURLToPath(new URL("../public/preview.jpg", import.meta.url));
const SIZE = { width: 1200, height: 630 };

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

/** Of a JPEG: height and width stand in its frame header. */
function sizeOf(jpeg: Buffer): { width: number; height: number } {
  for (let at = 2; at < jpeg.length; at += 2 + jpeg.readUInt16BE(at + 2)) {
    const marker = jpeg[at + 1]!;
    if (marker >= 0xc0 && marker <= 0xc2) return { height: jpeg.readUInt16BE(at + 5), width: jpeg.readUInt16BE(at + 7) };
  }
  throw new Error("no frame header");
}

test("the overview, once its networks have learnt something", async () => {
  const page = await site.visit("", { viewport: SIZE, colorScheme: "light" });
  await expect.poll(async () => Number(await page.getByTestId("home-step").textContent()), { timeout: 60_000 }).toBeGreaterThan(150);
  const picture = await page.screenshot({ path: `${screenshots}preview.jpg`, type: "jpeg", quality: 82 });
  expect(sizeOf(picture)).toEqual(SIZE);
  if (process.env.PREVIEW) await writeFile(committed, picture);
  expect(existsSync(committed)).toBe(true);
  expect(sizeOf(await readFile(committed))).toEqual(SIZE);
  expect(page.wrong).toEqual([]);
  await page.context().close();
});

test("the page says what it is, and its picture is where it says", async () => {
  const page = await site.visit("");
  const meta = (name: string) => page.locator(`meta[property="${name}"], meta[name="${name}"]`).getAttribute("content");
  for (const name of ["description", "og:title", "og:description", "og:image:alt"]) expect((await meta(name))!.length, name).toBeGreaterThan(10);
  expect(await meta("twitter:card")).toBe("summary_large_image");
  const image = new URL((await meta("og:image"))!, page.url());
  expect(image.origin).toBe(new URL(page.url()).origin);
  expect((await page.request.get(image.href)).status()).toBe(200);
  await page.context().close();
});
