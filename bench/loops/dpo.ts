// Without label smoothing: softplus(-u), u = beta times how much more the policy prefers the chosen answer than the reference does.

export function branchy(
  chosen: Float32Array,
  rejected: Float32Array,
  referenceChosen: Float32Array,
  referenceRejected: Float32Array,
  beta: number,
  gradChosen: Float32Array,
  gradRejected: Float32Array,
): number {
  const n = chosen.length;
  const scale = beta / n;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const u = beta * (chosen[i]! - rejected[i]! - (referenceChosen[i]! - referenceRejected[i]!));
    let slope: number;
    if (u >= 0) {
      const e = Math.exp(-u);
      sum += Math.log(1 + e);
      slope = (scale * e) / (1 + e);
    } else {
      const e = Math.exp(u);
      sum += Math.log(1 + e) - u;
      slope = scale / (1 + e);
    }
    gradChosen[i] = -slope;
    gradRejected[i] = slope;
  }
  return sum / n;
}

export function branchless(
  chosen: Float32Array,
  rejected: Float32Array,
  referenceChosen: Float32Array,
  referenceRejected: Float32Array,
  beta: number,
  gradChosen: Float32Array,
  gradRejected: Float32Array,
): number {
  const n = chosen.length;
  const scale = beta / n;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const u = beta * (chosen[i]! - rejected[i]! - (referenceChosen[i]! - referenceRejected[i]!));
    const magnitude = Math.abs(u);
    const e = Math.exp(-magnitude);
    const wrong = Number(u < 0);
    sum += 0.5 * (magnitude - u) + Math.log(1 + e);
    const slope = (scale * (wrong + (1 - wrong) * e)) / (1 + e);
    gradChosen[i] = -slope;
    gradRejected[i] = slope;
  }
  return sum / n;
}
