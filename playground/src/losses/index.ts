import { batches } from "./batches.js";
import { classification } from "./classification.js";
import type { Descriptor } from "./descriptor.js";
import { distributions } from "./distributions.js";
import { overlaps } from "./overlap.js";
import { ranking } from "./ranking.js";
import { regression } from "./regression.js";
import { sequence } from "./sequence.js";

export const groups: readonly { title: string; losses: readonly Descriptor[] }[] = [
  { title: "Regression", losses: regression },
  { title: "Classification", losses: classification },
  { title: "Distributions", losses: distributions },
  { title: "Ranking and embedding", losses: ranking },
  { title: "Embeddings of a batch", losses: batches },
  { title: "Masks and boxes", losses: overlaps },
  { title: "Sequence", losses: sequence },
];

export const losses: readonly Descriptor[] = groups.flatMap(({ losses }) => losses);
