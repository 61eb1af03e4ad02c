// A second loss over the first: what has the same thing on its axis, with the first one's settings where they mean the same.

import { starting } from "./evaluate.js";
import type { Control, Descriptor, Settings } from "./losses/descriptor.js";
import { losses } from "./losses/index.js";

export const peersOf = (loss: Descriptor): readonly Descriptor[] =>
  loss.kind === undefined ? [] : losses.filter((other) => other !== loss && other.kind === loss.kind);

/** Labels are 0 and 1 for some losses, -1 and 1 for others. */
function fit(value: number, control: Control): number {
  if (!("options" in control)) return Math.min(control.max, Math.max(control.min, value));
  if (control.options.some((option) => option.value === value)) return value;
  return control.options.some((option) => option.value === -1) ? (value < 0.5 ? -1 : 1) : control.value;
}

export function settingsOf(peer: Descriptor, settings: Settings): Record<string, number> {
  const own = starting(peer);
  for (const name of Object.keys(own)) if (name in settings) own[name] = fit(settings[name]!, peer.controls[name]!);
  return own;
}
