// What a frame costs while something is dragged: the processor time of the page's thread, which does not count what else the machine does meanwhile.

import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSite, type Site } from "./site.js";

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

const MOVES = 60;
/** Milliseconds of a frame at 60 a second. */
const FRAME = 1000 / 60;

/** By name of what is dragged, or the curve's own plot. */
const DRAGGED: readonly [view: string, handle: string][] = [
  ["", "home-outlier"],
  ["huberLoss?with=mseLoss", ""],
  ["ctcLoss", ""],
  ["ctcLoss", "ctc-bar-1-1"],
  ["contrastiveLoss", "contrastive-input2"],
  ["completeBoxIouLoss", "boxes-input"],
  ["diceLoss", "mask-disc"],
  ["infoNceLoss", "circle-3"],
  ["crossEntropyLoss", "softmax-logit-3"],
  ["cosineEmbeddingLoss", "cosine-input1"],
  ["tripletMarginLoss", "triplet-negative"],
];

/** Processor time a frame from here to the call: an overview that moves by itself has more frames than moves. */
async function worked(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const counter = window as unknown as { frames: number };
    counter.frames = 0;
    const count = () => {
      counter.frames++;
      requestAnimationFrame(count);
    };
    requestAnimationFrame(count);
  });
  const frames = () => page.evaluate(() => (window as unknown as { frames: number }).frames);
  const client = await page.context().newCDPSession(page);
  await client.send("Performance.enable", { timeDomain: "threadTicks" });
  const now = async () => {
    const { metrics } = await client.send("Performance.getMetrics");
    return 1000 * metrics.find(({ name }) => name === "TaskDuration")!.value;
  };
  const [from, first] = [await now(), await frames()];
  return async () => ((await now()) - from) / ((await frames()) - first);
}

test.each(DRAGGED)("#/%s %s", async (view, handle) => {
  const page = await site.visit(view);
  const target = handle ? page.getByTestId(handle) : page.locator(".plot svg").first();
  await target.waitFor();
  await target.evaluate((element) => element.scrollIntoView({ block: "center" }));
  // the worker of the overview is a thread of its own, but its frames are drawn by the page
  await page.waitForTimeout(300);
  const box = (await target.boundingBox())!;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  const spent = await worked(page);
  for (let i = 0; i < MOVES; i++) {
    // a move for each frame: more of them would be one to the page
    await page.mouse.move(x + 30 * Math.sin(i / 6), y + 30 * Math.cos(i / 6) - 30);
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
  const each = await spent();
  await page.mouse.up();
  console.log(`${view} ${handle}: ${each.toFixed(1)} ms a frame`);
  expect(each).toBeLessThan(FRAME);
  expect(page.wrong).toEqual([]);
  await page.context().close();
});
