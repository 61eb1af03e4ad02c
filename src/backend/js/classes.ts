// Losses over classes in JavaScript.

import { floatsOf } from "../../array/half.js";
import type { FloatArray } from "../../array/typed.js";
import { IGNORED } from "../protocol.js";
import type { RowsCall } from "../seam.js";

/** A call whose logits are floats. */
type Rows = RowsCall & { readonly x: FloatArray };

export function crossEntropy(given: RowsCall): number {
  const call = ("storage" in given.x ? { ...given, x: floatsOf(given.x) } : given) as Rows;
  // the usual case has a loop of its own, without what it does not need
  const plain = call.index !== null && !call.dense && call.inner === 1 && call.grad !== null && call.softcap === 0 && call.zLoss === 0;
  let sum = 0;
  for (let o = 0, sample = 0; o < call.outer; o++) {
    const base = o * call.classes * call.inner;
    for (let i = 0; i < call.inner; i++, sample++) {
      const y = call.index ? (call.index[sample] as number) : 0;
      const value = y === IGNORED ? ignore(call, base + i) : plain ? classRow(call, base, sample, y) : row(call, base + i, sample);
      sum += value;
      if (call.values) call.values[sample] = value;
    }
  }
  return sum;
}

function ignore(call: Rows, base: number): number {
  const end = base + call.classes * call.inner;
  for (let at = base; at < end; at += call.inner) {
    if (call.grad) call.grad[at] = 0;
    if (call.gradTarget) call.gradTarget[at] = 0;
  }
  return 0;
}

/** A row against one class, its gradient on the way: the exponentials are kept where the gradient will stand. */
function classRow(call: Rows, base: number, sample: number, y: number): number {
  const { x } = call;
  const grad = call.grad as FloatArray;
  const end = base + call.classes;
  const logit = x[base + y] as number; // before a gradient in place writes over it
  let max = Number.NEGATIVE_INFINITY;
  for (let at = base; at < end; at++) if ((x[at] as number) > max) max = x[at] as number;
  let sum = 0;
  for (let at = base; at < end; at++) {
    const e = Math.exp((x[at] as number) - max);
    grad[at] = e;
    sum += e;
  }
  const weight = call.rowWeight ? (call.rowWeight[sample] as number) : 1;
  const upstream = weight * call.scale * (call.gradOutput ? (call.gradOutput[sample] as number) : 1);
  const factor = upstream / sum;
  for (let at = base; at < end; at++) grad[at] = (grad[at] as number) * factor;
  grad[base + y] = (Math.exp(logit - max) / sum - 1) * upstream;
  return weight * (max - logit + Math.log(sum));
}

/** One sample: its class c lies at base + c * inner. */
function row(call: Rows, base: number, sample: number): number {
  const { inner, index, grad, gradTarget, softcap, zLoss } = call;
  const x = softcap > 0 ? capped(call, base) : call.x;
  const from = softcap > 0 ? base : 0; // what is capped begins at 0
  const end = base + call.classes * inner;
  let max = Number.NEGATIVE_INFINITY;
  for (let at = base; at < end; at += inner) if ((x[at - from] as number) > max) max = x[at - from] as number;
  if (max === Number.NEGATIVE_INFINITY) max = 0; // all masked: exponentials of 0, not of NaN
  let sum = 0;
  for (let at = base; at < end; at += inner) sum += Math.exp((x[at - from] as number) - max);
  const logSum = Math.log(sum);

  const weight = call.rowWeight ? (call.rowWeight[sample] as number) : 1;
  const target = index ? base + (index[sample] as number) * inner : -1;
  let value = 0;
  if (index) value = weight * (max - (x[target - from] as number) + logSum);
  else if (!call.dense) value = max + logSum;
  let qSum = 0;
  if (call.dense) {
    for (let at = base, c = 0; at < end; at += inner, c++) {
      const q = probability(call, at, c);
      qSum += q;
      value += q * (max - (x[at - from] as number) + logSum);
    }
  }
  const lse = max + logSum;
  if (zLoss !== 0) value += zLoss * lse * lse;
  if (!grad && !gradTarget) return value;

  const upstream = call.scale * (call.gradOutput ? (call.gradOutput[sample] as number) : 1);
  const factor = (((call.dense ? qSum + (index ? weight : 0) : weight) + (zLoss === 0 ? 0 : 2 * zLoss * lse)) * upstream) / sum;
  for (let at = base, c = 0; at < end; at += inner, c++) {
    const logit = x[at - from] as number;
    const q = call.dense ? probability(call, at, c) : 0;
    if (gradTarget) gradTarget[at] = upstream * call.keep * (call.classWeight ? (call.classWeight[c] as number) : 1) * (max - logit + logSum);
    if (grad) {
      const slope = softcap > 0 ? slopeOf(call.x[at] as number, softcap) : 1;
      grad[at] = (Math.exp(logit - max) * factor - (call.dense ? q * upstream : 0) - (at === target ? weight * upstream : 0)) * slope;
    }
  }
  return value;
}

/** The logits of a sample under its cap, as far apart as in x; a mask of -infinity stays one. */
function capped({ x, classes, inner, softcap }: Rows, base: number): Float64Array {
  const end = classes * inner;
  if (room.length < end) room = new Float64Array(end);
  for (let at = 0; at < end; at += inner) {
    const logit = x[base + at] as number;
    room[at] = logit === Number.NEGATIVE_INFINITY ? logit : softcap * Math.tanh(logit / softcap);
  }
  return room;
}

let room: Float64Array = new Float64Array(0);

/** 1 - tanh^2 without its cancellation. */
function slopeOf(logit: number, softcap: number): number {
  const e = Math.exp(-2 * Math.abs(logit / softcap));
  return (4 * e) / (1 + e) ** 2;
}

function probability(call: Rows, at: number, c: number): number {
  const q = call.target ? (call.target[at] as number) * call.keep + call.uniform : call.uniform;
  return call.classWeight ? q * (call.classWeight[c] as number) : q;
}
