// Perplexity of logits in an onnxruntime tensor: { data, dims, type, location }, taken as it is.

import { logits, tokenize, vocabulary } from "./model.js";
import { perplexity } from "./perplexity.js";

/** What `session.run` of onnxruntime gives: the fields that matter of its Tensor. */
class OrtTensor {
  readonly type = "float32";
  readonly location = "cpu";
  constructor(
    readonly data: Float32Array,
    readonly dims: readonly number[],
  ) {}
}

for (const text of ["the gradient tells the truth", "xylophone quiz jukebox"]) {
  const tokens = tokenize(text);
  const output = new OrtTensor(logits(tokens), [1, tokens.length, vocabulary]);
  console.log(`onnxruntime tensor: perplexity ${perplexity(output, tokens).toFixed(2)} of "${text}"`);
}
