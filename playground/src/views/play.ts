// What moves by itself: only where it is seen, and only for who has not asked for less motion.

import { button } from "../controls.js";

/** Calls `frame` sixty times a second while `node` is in view and the page is shown. Returns what ends it. */
export function whileSeen(node: Element, frame: () => void): () => void {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let seen = false;
  let request = 0;
  const next = () => {
    frame();
    request = requestAnimationFrame(next);
  };
  const decide = () => {
    cancelAnimationFrame(request);
    if (seen && !still.matches) request = requestAnimationFrame(next);
  };
  const observer = new IntersectionObserver(([entry]) => {
    seen = entry!.isIntersecting;
    decide();
  });
  observer.observe(node);
  still.addEventListener("change", decide);
  return () => {
    cancelAnimationFrame(request);
    observer.disconnect();
    still.removeEventListener("change", decide);
    seen = false;
  };
}

/** A button that plays and pauses: for who presses it, it moves in any case. `frame` says whether there is more to do. */
export function player(frame: () => boolean): { node: HTMLButtonElement; pause(): void } {
  let request = 0;
  const next = () => {
    request = frame() ? requestAnimationFrame(next) : 0;
    show();
  };
  const node = button("Play", () => {
    if (request) pause();
    else request = requestAnimationFrame(next);
    show();
  });
  const show = () => {
    const text = request ? "Pause" : "Play";
    if (node.textContent !== text) node.textContent = text;
  };
  const pause = () => {
    cancelAnimationFrame(request);
    request = 0;
    show();
  };
  return { node, pause };
}
