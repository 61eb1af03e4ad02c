/** The mean of -log p of each row's token, the way of transformers.js (log_softmax in its src/utils/maths.js): the log-probabilities of a whole row, of which one is read. */
export function rowByRow(logits: Float32Array, vocabulary: number, tokens: Int32Array): number {
  let sum = 0;
  for (let row = 0; row < tokens.length; row++) {
    const x = logits.subarray(row * vocabulary, (row + 1) * vocabulary);
    let max = x[0]!;
    for (let i = 1; i < x.length; ++i) if (x[i]! > max) max = x[i]!;
    let total = 0;
    for (let i = 0; i < x.length; ++i) total += Math.exp(x[i]! - max);
    const logTotal = Math.log(total);
    const logprobs = x.map((z) => z - max - logTotal);
    sum -= logprobs[tokens[row]!]!;
  }
  return sum / tokens.length;
}

/** The same without them, and with rank, entropy and place of the largest on the way. */
export function all(logits: Float32Array, vocabulary: number, tokens: Int32Array, ranks: Int32Array, entropies: Float64Array, places: Int32Array): number {
  let sum = 0;
  for (let row = 0; row < tokens.length; row++) {
    const start = row * vocabulary;
    const target = logits[start + tokens[row]!]!;
    let max = Number.NEGATIVE_INFINITY;
    let rank = 0;
    for (let i = start; i < start + vocabulary; i++) {
      const z = logits[i]!;
      if (z > max) {
        max = z;
        places[row] = i - start;
      }
      rank += Number(z >= target);
    }
    let total = 0;
    let dot = 0;
    for (let i = start; i < start + vocabulary; i++) {
      const d = logits[i]! - max;
      const e = Math.exp(d);
      total += e;
      dot += d * e;
    }
    const log = Math.log(total);
    ranks[row] = rank;
    entropies[row] = log - dot / total;
    sum += log + max - target;
  }
  return sum / tokens.length;
}
