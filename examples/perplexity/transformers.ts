// The same from a transformers.js-shaped tensor: { data, dims, type }, its input ids a tensor of int64 like the model's.

import { logits, tokenize, vocabulary } from "./model.js";
import { perplexity } from "./perplexity.js";

for (const text of ["the gradient tells the truth", "xylophone quiz jukebox"]) {
  const inputIds = { type: "int64", data: BigInt64Array.from(tokenize(text)), dims: [1, text.length] };
  // what `await model({ input_ids })` gives
  const output = { logits: { type: "float32", data: logits([...inputIds.data]), dims: [1, text.length, vocabulary] } };
  console.log(`transformers.js tensor: perplexity ${perplexity(output.logits, inputIds.data).toFixed(2)} of "${text}"`);
}
