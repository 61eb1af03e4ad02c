/**
 * Comparing arrays of numbers: NaN matches NaN and an infinity the same infinity, always; the rest is the tolerance's business.
 */

import { largestFinite } from "./tensor.js";

/** |got − want| is allowed up to relative·|want| + absolute, and up to atLeast anyway. Plain numbers: hundreds of millions are compared. */
export interface Allowed {
  readonly relative: number;
  readonly absolute: number;
  readonly atLeast?: number;
}

/** What is allowed in a tensor whose largest finite |want| is this. */
export type Tolerance = (largest: number) => Allowed;

/** Undefined where all numbers agree, else a sentence about the worst of those that do not. */
export function difference(got: ArrayLike<number>, want: ArrayLike<number>, tolerance: Tolerance): string | undefined {
  if (got.length !== want.length) return `${got.length} numbers instead of ${want.length}`;
  const { relative, absolute, atLeast = 0 } = tolerance(largestFinite(want));
  let worst: string | undefined;
  let excess = 1;
  let wrong = 0;
  for (let i = 0; i < want.length; i++) {
    const g = got[i] as number;
    const w = want[i] as number;
    const off = Math.abs(g - w);
    if (off <= relative * Math.abs(w) + absolute && off < Number.POSITIVE_INFINITY) continue;
    // What comes here is wrong or not finite: a NaN or an infinity is right only where the same is wanted, whatever the tolerance.
    if (g === w || (Number.isNaN(g) && Number.isNaN(w))) continue;
    const allowed = Number.isFinite(off) ? Math.max(relative * Math.abs(w) + absolute, atLeast) : 0;
    if (off <= allowed) continue;
    wrong++;
    const times = allowed > 0 ? off / allowed : Number.POSITIVE_INFINITY;
    if (worst !== undefined && times <= excess) continue;
    excess = times;
    worst = `at ${i}: got ${g}, want ${w}, off by ${off}, allowed ${allowed}`;
  }
  return worst && `${wrong} of ${want.length} differ, worst ${worst}`;
}

/** Throws where numbers differ. The label is only put together then: these comparisons run by the hundred thousand. */
export function agree(got: ArrayLike<number>, want: ArrayLike<number>, tolerance: Tolerance, label: () => string): void {
  const found = difference(got, want, tolerance);
  if (found !== undefined) throw new Error(`${label()}: ${found}`);
}
