// Scores of tokens on WebAssembly: rows of logits in batches, long ones in pieces, what the kernel found copied out row by row.

import { elementOf } from "../../array/half.js";
import { ScoresBlock } from "../../generated/layouts.js";
import { FINISH, IGNORED } from "../protocol.js";
import type { Backend, ScoresCall } from "../seam.js";
import type { Machine } from "./machine.js";
import { A, C, GRAD_A, GRAD_B, INDEX, VALUES, WEIGHT } from "./window.js";

const { i32: I, f64: F } = ScoresBlock;

export function scores(machine: Machine): Pick<Backend, "scores"> {
  return { scores: (call) => run(machine, call) };
}

function run(machine: Machine, call: ScoresCall): void {
  const { dtype, positions, vocabulary, index, k } = call;
  const { stream, window } = machine;
  const { i32, f64, b4, b8 } = window;
  const kernel = machine.kernel("scores", dtype);
  // the logits that are scored, so that a piece of a row need not have its own
  const targets = Float64Array.from(index, (y, row) => (y === IGNORED ? 0 : elementOf(call.x, row * vocabulary + y)));
  stream.begin(dtype, vocabulary);
  const x = machine.rows(A, call.x);
  const y = stream.integers(INDEX, index);
  const t = stream.factors(WEIGHT, targets);
  i32[b4 + I.ranks] = call.rank ? 1 : 0;
  i32[b4 + I.places] = call.argmax ? 1 : 0;
  i32[b4 + I.entropies] = call.entropy ? 1 : 0;
  i32[b4 + I.k] = k;
  i32[b4 + I.y] = y.address;
  i32[b4 + I.targets] = t.address;
  i32[b4 + I.doubles] = window.address(VALUES);
  i32[b4 + I.integers] = window.address(C);
  i32[b4 + I.topValues] = window.address(GRAD_A);
  i32[b4 + I.topTokens] = window.address(GRAD_B);
  f64[b8 + F.inverse] = 1 / call.temperature;
  f64[b8 + F.cap] = call.softcap;
  stream.start(positions, 0);
  while (stream.next()) {
    i32[b4 + I.phases] = stream.phases;
    i32[b4 + I.rows] = stream.rows;
    i32[b4 + I.n] = stream.count;
    i32[b4 + I.from] = stream.from;
    i32[b4 + I.x] = x.at;
    kernel(window.block);
    if (stream.phases & FINISH) for (let r = 0; r < stream.rows; r++) collect(machine, call, stream.row + r, r);
  }
}

/** What was found of row `r` of the batch, for a position that counts. */
function collect({ window }: Machine, call: ScoresCall, position: number, r: number): void {
  if (call.index[position] === IGNORED) return;
  const { f64, i32 } = window;
  const { k, token, tokenLogprob } = call;
  const doubles = window.address(VALUES) / 8 + 4 * r;
  const integers = window.address(C) / 4 + 2 * r;
  call.logprob[position] = f64[doubles] as number;
  if (call.entropy) call.entropy[position] = f64[doubles + 1] as number;
  if (call.logSumExp) call.logSumExp[position] = f64[doubles + 2] as number;
  if (call.max) call.max[position] = f64[doubles + 3] as number;
  if (call.rank) call.rank[position] = i32[integers] as number;
  if (call.argmax) call.argmax[position] = i32[integers + 1] as number;
  if (!token || !tokenLogprob) return;
  const values = window.address(GRAD_A) / 8 + k * r;
  const tokens = window.address(GRAD_B) / 4 + k * r;
  for (let i = 0; i < k; i++) {
    tokenLogprob[position * k + i] = f64[values + i] as number;
    token[position * k + i] = i32[tokens + i] as number;
  }
}
