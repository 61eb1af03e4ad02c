// What moves by itself: while it is on the screen, until it is touched.

import { button } from "../controls.js";

export interface Motion {
  /** Play and pause. */
  readonly node: HTMLButtonElement;
  readonly running: boolean;
  start(): void;
  stop(): void;
  /** For unmounting. */
  end(): void;
}

export interface MotionOptions {
  /** Touching this, by pointer or keyboard, stops it: the hand goes first. */
  readonly stage: Element;
  /** From the start, but not for who wants less motion: they have the button. */
  readonly auto?: boolean;
  readonly play?: string;
  /** One picture; seconds since the one before, and since the start without pauses. What returns false has come to its end. */
  frame(seconds: number, total: number): boolean | undefined;
}

/** A frame after a long pause (another tab, a slow machine) moves things as one of this length would. */
const LONGEST = 0.05;

export function motion({ stage, auto = false, play = "Play", frame }: MotionOptions): Motion {
  let running = false;
  let visible = false;
  let request = 0;
  let before = 0;
  let total = 0;

  const tick = (now: number) => {
    request = 0;
    const seconds = before ? Math.min(LONGEST, (now - before) / 1000) : 0;
    before = now;
    total += seconds;
    if (frame(seconds, total) === false) stop();
    else next();
  };
  const next = () => {
    if (running && visible && !request) request = requestAnimationFrame(tick);
  };
  const show = () => {
    node.textContent = running ? "Pause" : play;
  };
  const start = () => {
    running = true;
    before = 0;
    show();
    next();
  };
  const stop = () => {
    running = false;
    cancelAnimationFrame(request);
    request = 0;
    show();
  };

  const node = button(play, () => (running ? stop() : start()));
  node.classList.add("play");
  const touched = (event: Event) => {
    // a slider that is moved by what plays is not a touch
    if (running && event.isTrusted && !(event.target instanceof Node && node.contains(event.target))) stop();
  };
  for (const type of ["pointerdown", "keydown", "input"]) stage.addEventListener(type, touched, { capture: true });
  const observer = new IntersectionObserver(([entry]) => {
    visible = entry!.isIntersecting;
    before = 0;
    next();
  });
  observer.observe(stage);
  if (auto && !matchMedia("(prefers-reduced-motion: reduce)").matches) start();
  return {
    node,
    get running() {
      return running;
    },
    start,
    stop,
    end() {
      stop();
      observer.disconnect();
    },
  };
}
