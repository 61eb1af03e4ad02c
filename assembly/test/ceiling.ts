// For the benchmark only, never shipped: multiply-adds of float32 lanes as fast as they come, to measure a kernel's arithmetic against.

import { Lanes } from "../core/lanes";

/** Lanes that a turn multiplies and adds: twelve accumulators, more than the latency of a multiply-add times its throughput. */
export const PER_TURN: i32 = 48;

/** `turns` times twelve independent multiply-adds a * x + b on registers, without a memory access; returns a sum of all, so that none can be left out. */
export function madds_f32(turns: i32, x: f32, b: f32): f32 {
  const factor = f32x4.splat(x);
  const term = f32x4.splat(b);
  let a0 = f32x4.splat(0);
  let a1 = f32x4.splat(1);
  let a2 = f32x4.splat(2);
  let a3 = f32x4.splat(3);
  let a4 = f32x4.splat(4);
  let a5 = f32x4.splat(5);
  let a6 = f32x4.splat(6);
  let a7 = f32x4.splat(7);
  let a8 = f32x4.splat(8);
  let a9 = f32x4.splat(9);
  let a10 = f32x4.splat(10);
  let a11 = f32x4.splat(11);
  for (let i = 0; i < turns; i++) {
    a0 = Lanes.madd<f32>(a0, factor, term);
    a1 = Lanes.madd<f32>(a1, factor, term);
    a2 = Lanes.madd<f32>(a2, factor, term);
    a3 = Lanes.madd<f32>(a3, factor, term);
    a4 = Lanes.madd<f32>(a4, factor, term);
    a5 = Lanes.madd<f32>(a5, factor, term);
    a6 = Lanes.madd<f32>(a6, factor, term);
    a7 = Lanes.madd<f32>(a7, factor, term);
    a8 = Lanes.madd<f32>(a8, factor, term);
    a9 = Lanes.madd<f32>(a9, factor, term);
    a10 = Lanes.madd<f32>(a10, factor, term);
    a11 = Lanes.madd<f32>(a11, factor, term);
  }
  a0 = f32x4.add(f32x4.add(f32x4.add(a0, a1), f32x4.add(a2, a3)), f32x4.add(f32x4.add(a4, a5), f32x4.add(a6, a7)));
  a0 = f32x4.add(a0, f32x4.add(f32x4.add(a8, a9), f32x4.add(a10, a11)));
  return f32x4.extract_lane(a0, 0) + f32x4.extract_lane(a0, 1) + f32x4.extract_lane(a0, 2) + f32x4.extract_lane(a0, 3);
}
