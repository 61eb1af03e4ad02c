// Perplexity of a language model's logits: e to the mean cross entropy of the next token.

import { crossEntropyLoss, type Tensor } from "losskit";

/** Logits (tokens, vocabulary) or (1, tokens, vocabulary) as a model returns them, and the ids of the tokens that came: each row foretells the next one. */
export function perplexity(logits: { readonly data: unknown; readonly dims: readonly number[] }, tokens: ArrayLike<bigint | number>): number {
  const vocabulary = logits.dims[logits.dims.length - 1] as number;
  // the first token is foretold by nothing, and what the last row foretells did not come any more: it is ignored
  const next = BigInt64Array.from({ length: tokens.length }, (_, i) => (i + 1 < tokens.length ? BigInt(tokens[i + 1] as number) : IGNORED));
  const rows = { data: logits.data, dims: [tokens.length, vocabulary] } as Tensor;
  return Math.exp(crossEntropyLoss(rows, next, { ignoreIndex: IGNORED }));
}

const IGNORED = -100n;
