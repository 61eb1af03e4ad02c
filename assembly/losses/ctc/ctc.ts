import { Block, Kernel } from "../../core/kernel";
import { Lanes } from "../../core/lanes";
import { Exp } from "../../math/exp";
import { Log } from "../../math/log";

// 0 magic + bias of 2^d, 1 least exponent that 2^d knows (it is 0 there), 2 log2(e), 3 and 4 ln 2 in two parts (assembly/math/exp.ts),
// 5 least logarithm of a probability, 6 2^52 + bias
const F64 = memory.data<f64>([6755399441056767, -1023, 1.442695040888963387, 6.9314718036912381649e-1, 1.90821492927058770002e-10, -6e14, 4503599627371519]);
// 0 mantissa, 1 bits of 1, 2 bits of 2^52
const I64 = memory.data<i64>([0x000fffffffffffff, 0x3ff0000000000000, 0x4330000000000000]);
/** Exponent of what never happens: far below that of any product of probabilities. */
const NEVER: f64 = -1e15;

@unmanaged
class CtcBlock extends Block {
  steps: i32 = 0;
  states: i32 = 0;
  labels: i32 = 0;
  stride: i32 = 0;
  occupancy: i32 = 0;
  emission: usize = 0;
  emissionE: usize = 0;
  alpha: usize = 0;
  alphaE: usize = 0;
  skip: usize = 0;
  beta: usize = 0;
}

/**
 * Connectionist temporal classification of one sample: forward and backward recursion over the states blank, label 1, blank, label 2, ..., blank.
 *
 * A probability is m * 2^e with 1 <= m < 2 and an integer e of any size, kept as two doubles: as wide as log space, but the recursions add and multiply
 * instead of taking three exponentials and a logarithm for every state.
 *
 * emission, emissionE, alpha, alphaE: rows of `stride` doubles, one for each of `steps` time steps; states lie at 2 ... 2 + states of a row, with two of
 * padding before and four behind. emission comes as log-probabilities. skip: 0 where a state may follow the one two before it, else NEVER, laid out like a
 * row. beta: four rows. Returns the negative log-likelihood. With `occupancy` alpha becomes the probability of each state at each step.
 */
@unmanaged
class Ctc extends Kernel {
  @inline static run(call: CtcBlock): f64 {
    const steps = call.steps;
    const states = call.states;
    const stride = call.stride;
    const emission = call.emission;
    const emissionE = call.emissionE;
    const alpha = call.alpha;
    const alphaE = call.alphaE;
    const row = 8 * stride;
    for (let t = 0; t < steps; t++) Ctc.split(emission + t * row, emissionE + t * row, states);
    Ctc.forward(emission, emissionE, alpha, alphaE, call.skip, steps, states, stride);
    // the last blank and the last label
    const at = row * (steps - 1) + 8 * (1 + states);
    let m = load<f64>(alpha + at);
    let e = load<f64>(alphaE + at);
    if (states > 1) {
      const m1 = load<f64>(alpha + at - 8);
      const e1 = load<f64>(alphaE + at - 8);
      const top = max(e, e1);
      m = m * f64x2.extract_lane(Ctc.power(f64x2.splat(e - top)), 0) + m1 * f64x2.extract_lane(Ctc.power(f64x2.splat(e1 - top)), 0);
      e = top;
    }
    if (e < NEVER / 2) return Infinity;
    const likelihood = Ctc.logarithm(m, e);
    if (call.occupancy) Ctc.backward(emission, emissionE, alpha, alphaE, call.skip, call.beta, steps, states, stride, f64x2.splat(m), f64x2.splat(e));
    return -likelihood;
  }

  @inline static constant(index: i32): v128 {
    return Lanes.constant<f64>(F64, index);
  }

  @inline static bits(index: i32): v128 {
    return v128.load64_splat(I64 + 8 * index);
  }

  /** 2^d for integers d <= 1023; 0 from -1023 down. */
  @inline static power(d: v128): v128 {
    return i64x2.shl(f64x2.add(f64x2.pmax(d, Ctc.constant(1)), Ctc.constant(0)), 52);
  }

  /** The exponent of x > 0, as a double. */
  @inline static exponent(x: v128): v128 {
    return f64x2.sub(v128.or(i64x2.shr_u(x, 52), Ctc.bits(2)), Ctc.constant(6));
  }

  @inline static mantissa(x: v128): v128 {
    return v128.or(v128.and(x, Ctc.bits(0)), Ctc.bits(1));
  }

  /** log(m * 2^e). */
  @inline static logarithm(m: f64, e: f64): f64 {
    const log = f64x2.extract_lane(Log.log<f64>(f64x2.splat(m)), 0);
    return e * load<f64>(F64 + 24) + (e * load<f64>(F64 + 32) + log);
  }

  /** Log-probabilities of a row become m and e. */
  @inline static split(row: usize, rowE: usize, states: i32): void {
    for (let s = 16; s < 16 + 8 * states; s += 16) {
      const x = f64x2.pmax(v128.load(row + s), Ctc.constant(5));
      const n = f64x2.nearest(f64x2.mul(x, Ctc.constant(2)));
      const r = Lanes.nmadd<f64>(n, Ctc.constant(4), Lanes.nmadd<f64>(n, Ctc.constant(3), x));
      const m = Exp.exp<f64>(r);
      v128.store(row + s, Ctc.mantissa(m));
      v128.store(rowE + s, f64x2.add(n, Ctc.exponent(m)));
    }
  }

  /** Nothing is in any state. */
  @inline static clear(row: usize, rowE: usize, stride: i32): void {
    for (let i = 0; i < 8 * stride; i += 8) {
      store<f64>(row + i, 1);
      store<f64>(rowE + i, NEVER);
    }
  }

  /** Forgets what the last pair wrote beyond an odd number of states. */
  @inline static trim(row: usize, rowE: usize, states: i32): void {
    store<f64>(row + 16 + 8 * states, 1);
    store<f64>(rowE + 16 + 8 * states, NEVER);
  }

  @inline static forward(emission: usize, emissionE: usize, alpha: usize, alphaE: usize, skip: usize, steps: i32, states: i32, stride: i32): void {
    const row = 8 * stride;
    Ctc.clear(alpha, alphaE, stride);
    for (let s = 16; s < (states > 1 ? 32 : 24); s += 8) {
      store<f64>(alpha + s, load<f64>(emission + s));
      store<f64>(alphaE + s, load<f64>(emissionE + s));
    }
    for (let t = 1; t < steps; t++) {
      const m = alpha;
      const e = alphaE;
      alpha += row;
      alphaE += row;
      emission += row;
      emissionE += row;
      Ctc.clear(alpha, alphaE, stride);
      for (let s = 16; s < 16 + 8 * states; s += 16) {
        const e0 = v128.load(e + s);
        const e1 = v128.load(e + s - 8);
        const e2 = f64x2.add(v128.load(e + s - 16), v128.load(skip + s));
        const top = f64x2.pmax(f64x2.pmax(e0, e1), e2);
        let sum = f64x2.mul(v128.load(m + s), Ctc.power(f64x2.sub(e0, top)));
        sum = Lanes.madd<f64>(v128.load(m + s - 8), Ctc.power(f64x2.sub(e1, top)), sum);
        sum = Lanes.madd<f64>(v128.load(m + s - 16), Ctc.power(f64x2.sub(e2, top)), sum);
        sum = f64x2.mul(sum, v128.load(emission + s));
        v128.store(alpha + s, Ctc.mantissa(sum));
        v128.store(alphaE + s, f64x2.add(f64x2.add(top, v128.load(emissionE + s)), Ctc.exponent(sum)));
      }
      Ctc.trim(alpha, alphaE, states);
    }
  }

  @inline static backward(
    emission: usize,
    emissionE: usize,
    alpha: usize,
    alphaE: usize,
    skip: usize,
    beta: usize,
    steps: i32,
    states: i32,
    stride: i32,
    total: v128,
    totalE: v128,
  ): void {
    const row = 8 * stride;
    let now = beta;
    let after = beta + 2 * row;
    const last = row * (steps - 1);
    alpha += last;
    alphaE += last;
    emission += last;
    emissionE += last;
    Ctc.clear(now, now + row, stride);
    Ctc.clear(after, after + row, stride);
    // beyond the last step: one of the last two states has to be reached, and nothing is left to emit.
    for (let s = max(states - 2, 0); s < states; s++) store<f64>(after + row + 16 + 8 * s, 0);
    for (let t = steps - 1; t >= 0; t--) {
      const e = after + row;
      for (let s = 16; s < 16 + 8 * states; s += 16) {
        const e0 = v128.load(e + s);
        // at the last step a state ends where it is: it neither moves on nor jumps
        let e1 = v128.load(e + s + 8);
        let e2 = f64x2.add(v128.load(e + s + 16), v128.load(skip + s + 16));
        if (t == steps - 1) {
          e1 = f64x2.splat(NEVER);
          e2 = e1;
        }
        const top = f64x2.pmax(f64x2.pmax(e0, e1), e2);
        let sum = f64x2.mul(v128.load(after + s), Ctc.power(f64x2.sub(e0, top)));
        sum = Lanes.madd<f64>(v128.load(after + s + 8), Ctc.power(f64x2.sub(e1, top)), sum);
        sum = Lanes.madd<f64>(v128.load(after + s + 16), Ctc.power(f64x2.sub(e2, top)), sum);
        const share = f64x2.sub(f64x2.add(v128.load(alphaE + s), top), totalE);
        v128.store(alpha + s, f64x2.div(f64x2.mul(f64x2.mul(v128.load(alpha + s), sum), Ctc.power(share)), total));
        sum = f64x2.mul(sum, v128.load(emission + s));
        v128.store(now + s, Ctc.mantissa(sum));
        v128.store(now + row + s, f64x2.add(f64x2.add(top, v128.load(emissionE + s)), Ctc.exponent(sum)));
      }
      Ctc.trim(now, now + row, states);
      const swap = now;
      now = after;
      after = swap;
      alpha -= row;
      alphaE -= row;
      emission -= row;
      emissionE -= row;
    }
  }
}

/** Least share of all alignments that a step of the scaled recursion must still see, for what it dropped to be nothing beside it. */
const LEAST: f64 = 1e-240;

/**
 * The same in probabilities themselves, each row scaled by a power of two: no exponents, a third of the work. What lies 2^1022 below the likeliest state
 * of its step is dropped. Every alignment that is lost so is lost at some step and state, where its forward probability is below 2^-1022 and its
 * backward one at most 2^64 (emissions are at most e^40); so where the states of every step still hold LEAST together, less than 1e-50 of them is
 * lost. Else, and for NaN, the answer is NaN: the caller takes ctc_f64, which loses nothing.
 *
 * emission: rows of labels + 2 doubles, log-probabilities of blank and of each label, then -infinity. alpha, skip: as above, but skip is 1 or 0.
 * beta: one row. alpha becomes the weight of each state at each step, the first double of a row the sum of its weights.
 */
@unmanaged
class CtcScaled extends Kernel {
  /** The power of two below x, as its exponent; out of any range for 0, infinity and NaN. */
  @inline static exponent(x: f64): i32 {
    return <i32>((reinterpret<i64>(x) >> 52) & 0x7ff) - 1023;
  }

  @inline static power(exponent: i32): f64 {
    return reinterpret<f64>((<i64>(exponent + 1023)) << 52);
  }

  /** The larger lane. */
  @inline static larger(x: v128): f64 {
    return max(f64x2.extract_lane(x, 0), f64x2.extract_lane(x, 1));
  }

  @inline static run(call: CtcBlock): f64 {
    const steps = call.steps;
    const labels = call.labels;
    const stride = call.stride;
    const skip = call.skip;
    const beta = call.beta;
    let emission = call.emission;
    let alpha = call.alpha;
    const row: usize = 8 * stride;
    const emissions: usize = 8 * (labels + 2);
    const first: usize = 16;
    const stop: usize = first + 16 * (labels + 1);
    const end = emission + <usize>steps * emissions;
    for (let at = emission; at < end; at += 16) v128.store(at, Exp.exp<f64>(v128.load(at)));

    memory.fill(alpha, 0, row);
    store<f64>(alpha + first, load<f64>(emission));
    store<f64>(alpha + first + 8, load<f64>(emission + 8)); // 0 without a label
    let largest = max(load<f64>(emission), load<f64>(emission + 8));
    let exponents: i64 = 0;
    for (let t = 1; t < steps; t++) {
      const k = CtcScaled.exponent(largest);
      if (k < -1000 || k > 1000) return NaN;
      exponents += k;
      const scale = f64x2.splat(CtcScaled.power(-k));
      const before = alpha;
      alpha += row;
      emission += emissions;
      memory.fill(alpha, 0, 16);
      const blank = v128.load64_splat(emission);
      let top = f64x2.splat(0);
      let e = emission + 8;
      for (let s = first; s < stop; s += 16) {
        let sum = f64x2.add(v128.load(before + s), v128.load(before + s - 8));
        sum = Lanes.madd<f64>(v128.load(before + s - 16), v128.load(skip + s), sum);
        sum = f64x2.mul(f64x2.mul(sum, scale), v128.load64_lane(e, blank, 1));
        v128.store(alpha + s, sum);
        top = f64x2.pmax(top, sum);
        e += 8;
      }
      memory.fill(alpha + stop, 0, row - stop);
      largest = CtcScaled.larger(top);
    }
    const last = alpha + first + 16 * labels; // the last blank; the last label is before it
    const total = load<f64>(last) + (labels > 0 ? load<f64>(last - 8) : 0);
    const likelihood = Ctc.logarithm(total, <f64>exponents);

    memory.fill(beta, 0, row);
    for (let t = steps - 1; t >= 0; t--) {
      let scale = f64x2.splat(1);
      if (t < steps - 1) {
        const k = CtcScaled.exponent(largest);
        if (k < -1000 || k > 1000) return NaN;
        scale = f64x2.splat(CtcScaled.power(-k));
      } else {
        store<f64>(beta + first + 16 * labels, 1);
        if (labels > 0) store<f64>(beta + first + 16 * labels - 8, 1);
      }
      const blank = v128.load64_splat(emission);
      let top = f64x2.splat(0);
      let weights = f64x2.splat(0);
      let e = emission + 8;
      for (let s = first; s < stop; s += 16) {
        let sum = v128.load(beta + s);
        // at the last step a state ends where it is
        if (t < steps - 1) {
          sum = f64x2.add(sum, v128.load(beta + s + 8));
          sum = f64x2.mul(Lanes.madd<f64>(v128.load(beta + s + 16), v128.load(skip + s + 16), sum), scale);
        }
        const weight = f64x2.mul(v128.load(alpha + s), sum);
        v128.store(alpha + s, weight);
        weights = f64x2.add(weights, weight);
        sum = f64x2.mul(sum, v128.load64_lane(e, blank, 1));
        v128.store(beta + s, sum);
        top = f64x2.pmax(top, sum);
        e += 8;
      }
      const all = Lanes.total(weights);
      if (!(all >= LEAST)) return NaN;
      store<f64>(alpha, all);
      largest = CtcScaled.larger(top);
      alpha -= row;
      emission -= emissions;
    }
    return -likelihood;
  }
}
