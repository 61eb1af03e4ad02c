// Stands in for a language model, which would have to be downloaded: a bigram model of the letters of a sentence, whose logits come out like those of a
// real one. The letters are the vocabulary.

const LETTERS = " abcdefghijklmnopqrstuvwxyz";

const TEXT =
  "the loss tells how far the answer is from the truth and the gradient tells which way the truth lies " +
  "so that the next answer can be a little closer to the truth than the last one was";

export const vocabulary = LETTERS.length;

/** Token ids of a text, as tokenizers give them. */
export function tokenize(text: string): bigint[] {
  return Array.from(text, (letter) => BigInt(Math.max(LETTERS.indexOf(letter), 0)));
}

/** Logits for each position of what follows, (tokens, vocabulary), row-major: logarithms of how often a letter followed another one. */
export function logits(tokens: readonly bigint[]): Float32Array {
  const counts = new Float32Array(vocabulary * vocabulary).fill(0.1);
  const seen = tokenize(TEXT);
  for (let i = 0; i + 1 < seen.length; i++) {
    const at = Number(seen[i]) * vocabulary + Number(seen[i + 1]);
    counts[at] = (counts[at] ?? 0) + 1;
  }
  const result = new Float32Array(tokens.length * vocabulary);
  tokens.forEach((token, row) => {
    for (let c = 0; c < vocabulary; c++) result[row * vocabulary + c] = Math.log(counts[Number(token) * vocabulary + c] ?? 0.1);
  });
  return result;
}
