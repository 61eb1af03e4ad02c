// Connectionist temporal classification, mean over the batch: samples of full length, blank 0. The gradient takes the log-probabilities for those of a softmax.

export interface Ctc {
  /** (steps, batch, classes) */
  x: Float32Array;
  /** (batch, labels) */
  targets: Int32Array;
  steps: number;
  batch: number;
  classes: number;
  labels: number;
  g: Float32Array;
  work: Work;
}

export interface Work {
  alpha: Float64Array;
  beta: Float64Array;
  occupied: Float64Array;
  /** Class of each state, and 1 where a state may follow the one two before it. */
  symbols: Int32Array;
  skips: Float64Array;
}

/** Two states of padding stand before those of a row, and two behind them. */
const PAD = 2;
/** The logarithm of 0, for sums of exponentials without NaN. */
const NEVER = -1e30;

export function workspace(steps: number, classes: number, labels: number): Work {
  const width = 2 * labels + 1 + 2 * PAD;
  return {
    alpha: new Float64Array(steps * width),
    beta: new Float64Array(width),
    occupied: new Float64Array(classes),
    symbols: new Int32Array(width),
    skips: new Float64Array(width),
  };
}

function describe({ symbols, skips }: Work, targets: Int32Array, start: number, labels: number): void {
  for (let k = 0; k < labels; k++) {
    const s = PAD + 2 * k + 1;
    symbols[s] = targets[start + k]!;
    skips[s] = Number(k > 0 && targets[start + k] !== targets[start + k - 1]);
  }
}

/** The textbook's: every sum of probabilities is the logarithm of a sum of exponentials. */
export function logSpace({ x, targets, steps, batch, classes, labels, g, work }: Ctc): number {
  const { alpha, beta, occupied, symbols, skips } = work;
  const width = beta.length;
  const end = width - PAD;
  const stride = batch * classes;
  const scale = 1 / (labels * batch);
  let loss = 0;
  for (let sample = 0; sample < batch; sample++) {
    describe(work, targets, sample * labels, labels);
    const first = sample * classes;
    alpha.fill(NEVER);
    alpha[PAD] = x[first]!;
    alpha[PAD + 1] = x[first + symbols[PAD + 1]!]!;
    for (let t = 1; t < steps; t++) {
      const row = first + t * stride;
      const now = t * width;
      const before = now - width;
      for (let s = PAD; s < end; s++) {
        const p = alpha[before + s]!;
        const q = alpha[before + s - 1]!;
        let max = p > q ? p : q;
        let sum: number;
        if (skips[s] === 0) sum = 1 + Math.exp((p > q ? q : p) - max);
        else {
          const r = alpha[before + s - 2]!;
          if (r > max) max = r;
          sum = Math.exp(p - max) + Math.exp(q - max) + Math.exp(r - max);
        }
        alpha[now + s] = max + Math.log(sum) + x[row + symbols[s]!]!;
      }
    }
    const last = (steps - 1) * width + end - 1;
    const [p, q] = [alpha[last]!, alpha[last - 1]!];
    const likelihood = Math.max(p, q) + Math.log(1 + Math.exp(-Math.abs(p - q)));
    loss -= likelihood;
    // beta is in place: a state reads itself and what follows, and is met before what precedes
    beta.fill(NEVER);
    for (let t = steps - 1; t >= 0; t--) {
      const row = first + t * stride;
      const now = t * width;
      occupied.fill(0);
      for (let s = PAD; s < end; s++) {
        let after: number;
        if (t === steps - 1) after = s >= end - 2 ? 0 : NEVER;
        else {
          const p = beta[s]!;
          const q = beta[s + 1]!;
          let max = p > q ? p : q;
          let sum: number;
          if (skips[s + 2] === 0) sum = 1 + Math.exp((p > q ? q : p) - max);
          else {
            const r = beta[s + 2]!;
            if (r > max) max = r;
            sum = Math.exp(p - max) + Math.exp(q - max) + Math.exp(r - max);
          }
          after = max + Math.log(sum);
        }
        const symbol = symbols[s]!;
        occupied[symbol] = occupied[symbol]! + Math.exp(alpha[now + s]! + after - likelihood);
        beta[s] = after + x[row + symbol]!;
      }
      for (let c = 0; c < classes; c++) g[row + c] = (Math.exp(x[row + c]!) - occupied[c]!) * scale;
    }
  }
  return loss * scale;
}

/**
 * Probabilities themselves, each step's divided by their sum (Rabiner 1989, V.A): no exponential or logarithm for a state. What lies 300 decimal orders below the
 * likeliest state of its step is lost, which log space would keep. The gradient holds the exponentials of the row until they are needed a second time.
 */
export function scaled({ x, targets, steps, batch, classes, labels, g, work }: Ctc): number {
  const { alpha, beta, occupied, symbols, skips } = work;
  const width = beta.length;
  const end = width - PAD;
  const stride = batch * classes;
  const scale = 1 / (labels * batch);
  let loss = 0;
  for (let sample = 0; sample < batch; sample++) {
    describe(work, targets, sample * labels, labels);
    const first = sample * classes;
    alpha.fill(0, 0, width);
    for (let t = 0; t < steps; t++) {
      const row = first + t * stride;
      const now = t * width;
      for (let c = row; c < row + classes; c++) g[c] = Math.exp(x[c]!);
      let sum = 0;
      if (t === 0) {
        for (let s = PAD; s < PAD + 2; s++) {
          alpha[s] = g[row + symbols[s]!]!;
          sum += alpha[s]!;
        }
      } else {
        const before = now - width;
        let p2 = 0;
        let p1 = 0;
        for (let s = PAD; s < end; s++) {
          const p = alpha[before + s]!;
          const a = (p + p1 + skips[s]! * p2) * g[row + symbols[s]!]!;
          alpha[now + s] = a;
          sum += a;
          p2 = p1;
          p1 = p;
        }
      }
      loss -= Math.log(sum);
      const inverse = 1 / sum;
      for (let s = PAD; s < end; s++) alpha[now + s] = alpha[now + s]! * inverse;
    }
    const last = (steps - 1) * width + end - 1;
    loss -= Math.log(alpha[last]! + alpha[last - 1]!);
    beta.fill(0);
    for (let t = steps - 1; t >= 0; t--) {
      const row = first + t * stride;
      const now = t * width;
      occupied.fill(0);
      let sum = 0; // of the states' occupation, to be 1
      let size = 0;
      for (let s = PAD; s < end; s++) {
        const symbol = symbols[s]!;
        const after = t === steps - 1 ? Number(s >= end - 2) : beta[s]! + beta[s + 1]! + skips[s + 2]! * beta[s + 2]!;
        const both = alpha[now + s]! * after;
        const b = after * g[row + symbol]!;
        occupied[symbol] = occupied[symbol]! + both;
        beta[s] = b;
        sum += both;
        size += b;
      }
      const inverse = 1 / size;
      for (let s = PAD; s < end; s++) beta[s] = beta[s]! * inverse;
      const share = scale / sum;
      for (let c = 0; c < classes; c++) g[row + c] = g[row + c]! * scale - occupied[c]! * share;
    }
  }
  return loss * scale;
}
