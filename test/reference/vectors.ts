/**
 * The losses over rows of vectors (spec/semantics.md 2.11, 2.13 and the ratio loss): the last axis is the vector, a 1-D argument is one sample.
 */
import { BCE_EPS, hinge, hingePasses, sigmoid, signum } from "./pointwise.js";
import { type Args, argument, type Grads, largestFinite, numberOption, type Options, type Reference, sizeOf, sum } from "./tensor.js";

type Vector = Float64Array;

export function norm(v: Vector, p: number): number {
  if (p === 0) return v.filter((c) => c !== 0).length;
  if (p === Number.POSITIVE_INFINITY) return v.reduce((r, c) => Math.max(r, Math.abs(c)), 0);
  if (p === 1) return sum(v.map(Math.abs));
  if (p === 2) return Math.sqrt(sum(v.map((c) => c * c)));
  return sum(v.map((c) => Math.abs(c) ** p)) ** (1 / p);
}

/** ∂‖v‖/∂v, the table of 2.11 line by line. */
export function normGradient(v: Vector, p: number): Vector {
  const r = norm(v, p);
  if (p === 0) return v.map(() => 0);
  if (p === 1) return v.map(signum);
  if (p === 2) return v.map((c) => (r === 0 ? 0 : c / r));
  if (p === Number.POSITIVE_INFINITY) {
    const ties = v.filter((c) => Math.abs(c) === r).length;
    return v.map((c) => (Math.abs(c) === r ? signum(c) / ties : 0));
  }
  if (p < 1) return v.map((c) => (c === 0 ? 0 : signum(c) * Math.abs(c) ** (p - 1) * r ** (1 - p)));
  return v.map((c) => (r === 0 ? 0 : (signum(c) * Math.abs(c) ** (p - 1)) / r ** (p - 1)));
}

/** What a sample comes to: its value, the gradient to each differentiable argument, and the size of the terms that may cancel in either. */
interface Sample {
  readonly value: number;
  readonly grads: readonly Vector[];
  readonly terms: { readonly value: number; readonly slope: number };
}

/** The reference of a loss whose samples are rows of vectors. */
function rows(args: Args, names: readonly string[], sample: (vectors: Vector[], n: number) => Sample): Reference {
  const { shape } = argument(args, names[0] as string);
  const length = shape[shape.length - 1] as number;
  const samples = sizeOf(shape.slice(0, -1));
  const results = Array.from({ length: samples }, (_, n) =>
    sample(
      names.map((name) => argument(args, name).data.slice(n * length, (n + 1) * length)),
      n,
    ),
  );
  return {
    values: Float64Array.from(results, (result) => result.value),
    denominators: { mean: samples },
    terms: { value: largestFinite(results.map(({ terms }) => terms.value)), slope: largestFinite(results.map(({ terms }) => terms.slope)) },
    grads: (upstream) => {
      const grads: Grads = {};
      names.forEach((name, k) => {
        const own = new Float64Array(samples * length);
        results.forEach((result, n) => {
          own.set(
            (result.grads[k] as Vector).map((v) => v * (upstream[n] as number)),
            n * length,
          );
        });
        grads[name] = own;
      });
      return grads;
    },
  };
}

const NAMES = ["anchor", "positive", "negative"];

/** A loss of the two distances, with its derivative to the nearer one; that to the other is the negative. */
type Outer = (near: number, far: number) => { value: number; slope: number; terms: number };

/** What both triplet losses share: the two distances, the swap, and the chain rule from (∂δ₊, ∂δ₋) to the three vectors. */
function triplet(args: Args, options: Options, p: number, outer: Outer): Reference {
  const eps = numberOption(options, "eps", 1e-6);
  const swap = options.swap === true;
  const minus = (u: Vector, w: Vector) => u.map((c, i) => c - (w[i] as number) + eps);
  return rows(args, NAMES, (vectors) => {
    const [a, pos, neg] = vectors as [Vector, Vector, Vector];
    const differences = { ap: minus(a, pos), an: minus(a, neg), pn: minus(pos, neg) };
    const near = norm(differences.ap, p);
    const farFromAnchor = norm(differences.an, p);
    const farFromPositive = swap ? norm(differences.pn, p) : Number.POSITIVE_INFINITY;
    const { value, slope, terms } = outer(near, swap ? Math.min(farFromAnchor, farFromPositive) : farFromAnchor);
    // The share of δ₋'s gradient that the anchor's distance takes: half on a tie (2.0, minimum).
    const share = !swap || farFromAnchor < farFromPositive ? 1 : farFromAnchor === farFromPositive ? 0.5 : 0;
    const ap = normGradient(differences.ap, p).map((v) => slope * v);
    const an = normGradient(differences.an, p).map((v) => slope * share * v);
    const pn = normGradient(differences.pn, p).map((v) => slope * (1 - share) * v);
    const at = (v: Vector, i: number) => v[i] as number;
    return {
      value,
      terms: { value: terms, slope: 1 },
      grads: [ap.map((v, i) => v - at(an, i)), ap.map((v, i) => -v - at(pn, i)), an.map((v, i) => v + at(pn, i))],
    };
  });
}

export function tripletMargin(args: Args, options: Options): Reference {
  const margin = numberOption(options, "margin", 1);
  return triplet(args, options, numberOption(options, "p", 2), (near, far) => {
    const z = margin + near - far;
    return { value: hinge(z), slope: hingePasses(z) ? 1 : 0, terms: margin + near + far };
  });
}

export function tripletRatio(args: Args, options: Options): Reference {
  return triplet(args, options, 2, (near, far) => {
    const s = sigmoid(near - far);
    // Rounding of the distances reaches the value through the slope, which is below 0.6.
    return { value: 2 * s * s, slope: 4 * s * s * sigmoid(far - near), terms: near + far };
  });
}

export function cosineEmbedding(args: Args, options: Options): Reference {
  const margin = numberOption(options, "margin", 0);
  const target = argument(args, "target").data;
  return rows(args, ["input1", "input2"], (vectors, n) => {
    const [x1, x2] = vectors as [Vector, Vector];
    const m1 = sum(x1.map((c) => c * c)) + BCE_EPS;
    const m2 = sum(x2.map((c) => c * c)) + BCE_EPS;
    const length = Math.sqrt(m1 * m2);
    const cosine = sum(x1.map((c, i) => c * (x2[i] as number))) / length;
    const y = target[n];
    const value = y === 1 ? 1 - cosine : y === -1 ? hinge(cosine - margin) : 0;
    const slope = y === 1 ? -1 : y === -1 && hingePasses(cosine - margin) ? 1 : 0;
    // An unknown target takes no gradient at all, so that NaN vectors under it stay without effect.
    const toward = (own: Vector, other: Vector, m: number) => own.map((c, i) => (slope === 0 ? 0 : slope * ((other[i] as number) / length - (cosine * c) / m)));
    const terms = { value: 1 + Math.abs(margin), slope: 1 / Math.sqrt(Math.min(m1, m2)) };
    return { value, terms, grads: [toward(x1, x2, m1), toward(x2, x1, m2)] };
  });
}
