// A question beside the main table: two contestants, and what the ratio of their times should be.

import type { Contest } from "./contest.js";

export interface Question {
  name: string;
  /** What the ratio should not exceed, or reach. */
  most?: number;
  least?: number;
  /** Whether the contestants compute the same thing. */
  same: boolean;
  /** The ratio's dividend and divisor. */
  of: readonly [string, string];
  contest(): Contest;
}
