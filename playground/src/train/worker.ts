// Trains off the page's own thread, in short slices, so that an order from the page is heard within a few milliseconds.

import * as js from "losskit/js";
import * as wasm from "losskit/wasm";
import { loadDigits } from "./digits.js";
import { type Kit, objectiveOf } from "./objectives.js";
import { type Backend, LANES, type Lane, MAX_STEPS, type News, type Order, SHOWN, WINDOW } from "./protocol.js";
import { around, type Data, type Trainer, trainer } from "./trainer.js";

/** Milliseconds of work before orders are looked at. */
const SLICE = 12;
/** Milliseconds between two frames: the page moves the points in between. */
const FRAME = 80;
/** Between two of them at least this many times what one takes: judging 400 digits by their neighbours is work. */
const SPACE = 3;

const kits: Record<Backend, Kit> = { wasm: wasm as unknown as Kit, js };

const digits = loadDigits(SHOWN);
let data: Data | undefined;
let settings: Extract<Order, { type: "reset" }>;
/** One trainer a lane. */
let current: readonly Trainer[] = [];
let step = 0;
let running = false;
/** The page may ask for a start while the digits are still on their way. */
let wanted = false;
let losses: number[][] = [[], []];
let window: number[][] = [[], []];
let shown = 0;
let cost = 0;
let seen = true;
/** When the run (re)started, and at which step: steps that are due by the pace are counted from there. */
let since = { time: 0, step: 0 };

const post = (news: News, transfer: Transferable[] = []) => self.postMessage(news, { transfer });

function lane(i: number): Lane {
  const trainer = current[i]!;
  const points = trainer.points();
  const view = around(points);
  return { losses: losses[i]!, accuracy: trainer.accuracy(), points, view, regions: trainer.regions(view) };
}

function frame(): void {
  if (current.length === 0) return;
  shown = performance.now();
  seen = false;
  const [first, second] = LANES.map(lane) as [Lane, Lane];
  const transfer = [first, second].flatMap(({ points, regions }) => [points.buffer as ArrayBuffer, ...(regions ? [regions.buffer as ArrayBuffer] : [])]);
  post({ type: "frame", run: settings.run, step, lanes: [first, second], running }, transfer);
  losses = [[], []];
  cost = performance.now() - shown;
}

/** A step of both. */
function once(): void {
  step++;
  current.forEach((trainer, i) => {
    const own = window[i]!;
    own.push(trainer.step(settings.rate));
    // The first one alone, so that the curve begins at the untrained network.
    if (step > 1 && own.length < WINDOW) return;
    losses[i]!.push(own.reduce((sum, x) => sum + x, 0) / own.length);
    own.length = 0;
  });
}

function slice(): void {
  if (!running || current.length === 0) return;
  const until = performance.now() + SLICE;
  const due = () => since.step + (settings.pace * (performance.now() - since.time)) / 1000;
  while (performance.now() < until && step < MAX_STEPS && step < due()) once();
  // the page says that it has ended: whatever comes next waits for a start
  if (step >= MAX_STEPS) running = wanted = false;
  if (!running || (seen && performance.now() - shown > Math.max(FRAME, SPACE * cost))) frame();
  if (running) setTimeout(guarded, step < due() ? 0 : SLICE, slice);
}

function start(): void {
  if (running || current.length === 0 || step >= MAX_STEPS) return;
  running = true;
  since = { time: performance.now(), step };
  slice();
}

async function reset(order: Extract<Order, { type: "reset" }>): Promise<void> {
  running = false;
  wanted = order.running;
  settings = order;
  current = [];
  data ??= await ready();
  if (settings.run !== order.run) return; // the page changed its mind meanwhile; a tuned run is the same run
  const kit = kits[order.backend];
  const { name, simd } = kit.backend(); // throws where WebAssembly is refused
  post({ type: "backend", run: order.run, text: simd ? `${name}, ${simd} SIMD` : name });
  const digits = data;
  current = order.objectives.map((id) => trainer(kit, objectiveOf(id), digits));
  step = 0;
  losses = [[], []];
  window = [[], []];
  frame();
  if (wanted) start();
}

async function ready(): Promise<Data> {
  const loaded = await digits;
  post({ type: "ready", classes: loaded.test.classes, pixels: loaded.test.pixels });
  return loaded;
}

async function obey(order: Order): Promise<void> {
  if (order.type === "reset") await reset(order);
  else if (order.type === "tune") {
    settings = { ...settings, rate: order.rate, pace: order.pace };
    since = { time: performance.now(), step };
  } else if (order.type === "seen") seen = true;
  else if (order.type === "start") {
    wanted = true;
    start();
  } else {
    wanted = false;
    running = false;
    frame();
  }
}

async function guarded(work: () => void | Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    running = false;
    post({ type: "failed", run: settings?.run ?? 0, text: error instanceof Error ? error.message : String(error) });
  }
}

self.addEventListener("message", ({ data: order }: MessageEvent<Order>) => guarded(() => obey(order)));
