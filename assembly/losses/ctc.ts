import { Lanes } from "../core/lanes";
import { Exp } from "../math/exp";
import { Log } from "../math/log";

// The least finite double stands in for a maximum of -infinity, so that no difference of infinities arises
const LOWEST = memory.data<f64>([-1.7976931348623157e308]);

/**
 * Connectionist temporal classification of one sample: forward and backward recursion over the states blank, label 1, blank, label 2, ..., blank, in
 * log space and double precision, two states at a time.
 * emission, alpha: rows of `stride` doubles, one for each of `steps` time steps; states lie at 2 ... 2 + states of a row, with two of padding before
 * and at least two behind. skip: 0 where a state may follow the one two before it, else -infinity, laid out like a row. beta: two rows.
 * Returns the negative log-likelihood. With `occupancy` alpha becomes the probability of each state at each step.
 */
class Ctc {
  @inline static logSumExp(x: v128, y: v128, z: v128): v128 {
    const m = f64x2.pmax(f64x2.pmax(f64x2.pmax(x, y), z), Lanes.constant<f64>(LOWEST, 0));
    const sum = f64x2.add(f64x2.add(Exp.nonpositive<f64>(f64x2.sub(x, m)), Exp.nonpositive<f64>(f64x2.sub(y, m))), Exp.nonpositive<f64>(f64x2.sub(z, m)));
    return f64x2.add(m, Log.log<f64>(sum));
  }

  /** Nothing has been seen: every state at -infinity. */
  @inline static clear(row: usize, stride: i32): void {
    for (let i = 0; i < stride; i++) store<f64>(row + 8 * i, -Infinity);
  }

  /** The log-likelihood of ending in the last blank or the last label. */
  @inline static end(row: usize, states: i32): f64 {
    const last = load<f64>(row + 8 * (1 + states));
    const before = states > 1 ? load<f64>(row + 8 * states) : -Infinity;
    const both = Ctc.logSumExp(f64x2.splat(last), f64x2.splat(before), f64x2.splat(-Infinity));
    return f64x2.extract_lane(both, 0);
  }

  @inline static forward(emission: usize, alpha: usize, skip: usize, steps: i32, states: i32, stride: i32): void {
    const row = 8 * stride;
    Ctc.clear(alpha, stride);
    store<f64>(alpha + 16, load<f64>(emission + 16));
    if (states > 1) store<f64>(alpha + 24, load<f64>(emission + 24));
    for (let t = 1; t < steps; t++) {
      const before = alpha;
      alpha += row;
      emission += row;
      Ctc.clear(alpha, stride);
      for (let s = 16; s < 16 + 8 * states; s += 16) {
        const stay = v128.load(before + s);
        const next = v128.load(before + s - 8);
        const jump = f64x2.add(v128.load(before + s - 16), v128.load(skip + s));
        v128.store(alpha + s, f64x2.add(Ctc.logSumExp(stay, next, jump), v128.load(emission + s)));
      }
      // an odd number of states: what the last pair wrote beyond it
      store<f64>(alpha + 16 + 8 * states, -Infinity);
    }
  }

  @inline static backward(emission: usize, alpha: usize, skip: usize, beta: usize, steps: i32, states: i32, stride: i32, nll: f64): void {
    const row = 8 * stride;
    const scale = f64x2.splat(nll);
    let now = beta;
    let after = beta + row;
    alpha += row * (steps - 1);
    emission += row * (steps - 1);
    Ctc.clear(now, stride);
    Ctc.clear(after, stride);
    for (let t = steps - 1; t >= 0; t--) {
      for (let s = 16; s < 16 + 8 * states; s += 16) {
        let b: v128;
        if (t == steps - 1) {
          // the last two states end at no cost
          const at = (s - 16) / 8;
          b = f64x2.replace_lane(f64x2.splat(at + 1 >= states - 2 && at + 1 < states ? 0 : -Infinity), 0, at >= states - 2 ? 0 : -Infinity);
        } else {
          const jump = f64x2.add(v128.load(after + s + 16), v128.load(skip + s + 16));
          b = Ctc.logSumExp(v128.load(after + s), v128.load(after + s + 8), jump);
        }
        v128.store(now + s, f64x2.add(b, v128.load(emission + s)));
        v128.store(alpha + s, Exp.exp<f64>(f64x2.add(f64x2.add(v128.load(alpha + s), b), scale)));
      }
      store<f64>(now + 16 + 8 * states, -Infinity);
      const swap = now;
      now = after;
      after = swap;
      alpha -= row;
      emission -= row;
    }
  }
}

export function ctc_f64(emission: usize, alpha: usize, skip: usize, beta: usize, steps: i32, states: i32, stride: i32, occupancy: i32): f64 {
  Ctc.forward(emission, alpha, skip, steps, states, stride);
  const nll = -Ctc.end(alpha + 8 * stride * (steps - 1), states);
  if (occupancy) Ctc.backward(emission, alpha, skip, beta, steps, states, stride, nll);
  return nll;
}
