// What an onnxruntime session's logits say of a text. The tensors of the session go to losskit as they are.

import { bitsPerByte, mergeTotals, perplexity, scoreTokens, type Totals } from "losskit";
import ort from "onnxruntime-node";
import { CONTEXT, contexts, range } from "./model.js";

const ROWS = 1024;

export interface Judgement {
  readonly totals: Totals;
  readonly perplexity: number;
  readonly bitsPerByte: number;
  /** −log2 p of each byte, in bits. */
  readonly surprise: Float64Array;
  /** 1 is best. */
  readonly rank: Int32Array;
  /** In bits, what the model expected its surprise to be. */
  readonly entropy: Float64Array;
}

/** A piece at a time: totals merge exactly, so that the pieces' size changes nothing. */
export async function judge(session: ort.InferenceSession, output: "logits" | "logits16", text: Uint8Array): Promise<Judgement> {
  const surprise = new Float64Array(text.length);
  const entropy = new Float64Array(text.length);
  const rank = new Int32Array(text.length);
  let totals = mergeTotals();
  for (let start = 0; start < text.length; start += ROWS) {
    const rows = Math.min(ROWS, text.length - start);
    const bytes = new ort.Tensor("int64", BigInt64Array.from(contexts(text, range(start, start + rows)), BigInt), [rows, CONTEXT]);
    const logits = (await session.run({ bytes }, [output]))[output] as ort.Tensor & { data: Float32Array };
    const scores = scoreTokens(logits, text.subarray(start, start + rows), { outputs: ["logprob", "rank", "entropy"] });
    totals = mergeTotals(totals, scores.totals);
    surprise.set(
      scores.logprob.map((logprob) => -logprob / Math.LN2),
      start,
    );
    entropy.set(
      scores.entropy.map((nats) => nats / Math.LN2),
      start,
    );
    rank.set(scores.rank, start);
  }
  return { totals, perplexity: perplexity(totals), bitsPerByte: bitsPerByte(totals, text.length), surprise, rank, entropy };
}
