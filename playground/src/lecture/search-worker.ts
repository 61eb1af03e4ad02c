// Trains the search off the page's thread. The page says "start", "pause" or "again".

import { type Digits, loadDigits } from "../train/digits.js";
import { precision, type Searcher, STEPS, searcher } from "./search-engine.js";

export type Order = "start" | "pause" | "again";
export type News =
  | { type: "ready"; pixels: Float32Array; classes: Int32Array }
  /** `loss`: the mean since the news before; none before the first step. */
  | { type: "found"; step: number; found: Int32Array; precision: number; loss: number | undefined; running: boolean }
  | { type: "failed"; text: string };

/** Held-out pictures that are searched. */
const SEARCHED = 400;
/** Steps between two news, and the least milliseconds: to be watched. */
const SHOWN = 10;
const PACE = 60;

const post = (news: News) => self.postMessage(news);
let data: { train: Digits; test: Digits };
let current: Searcher;
let step = 0;
let running = false;

function tell(loss: number | undefined): void {
  const found = current.neighbours();
  post({ type: "found", step, found, precision: precision(found, data.test.classes), loss, running });
}

function slice(): void {
  if (!running) return;
  const began = performance.now();
  let sum = 0;
  for (let i = 0; i < SHOWN; i++) sum += current.step();
  step += SHOWN;
  if (step >= STEPS) running = false;
  tell(sum / SHOWN);
  if (running) setTimeout(slice, Math.max(0, PACE - (performance.now() - began)));
}

function obey(order: Order): void {
  const before = running;
  running = order === "start" && step < STEPS;
  if (order === "again") {
    current = searcher(data);
    step = 0;
    tell(undefined);
  } else if (running && !before) slice();
}

const ready = (async () => {
  data = await loadDigits(SEARCHED);
  current = searcher(data);
  post({ type: "ready", pixels: data.test.pixels, classes: data.test.classes });
  tell(undefined);
})();

async function guarded(order?: Order): Promise<void> {
  try {
    await ready;
    if (order) obey(order);
  } catch (error) {
    post({ type: "failed", text: error instanceof Error ? error.message : String(error) });
  }
}

self.addEventListener("message", ({ data: order }: MessageEvent<Order>) => guarded(order));
void guarded();
