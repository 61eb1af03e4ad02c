// The order of the lecture.

import type { Section } from "../section.js";
import { behaviour } from "./behaviour.js";
import { binary } from "./binary.js";
import { choice } from "./choice.js";
import { cosine } from "./cosine.js";
import { divergence } from "./divergence.js";
import { entropy } from "./entropy.js";
import { equator } from "./equator.js";
import { likelihood } from "./likelihood.js";
import { outlier } from "./outlier.js";
import { pairs } from "./pairs.js";
import { ranking } from "./ranking.js";
import { reductions } from "./reductions.js";
import { search } from "./search.js";
import { triplets } from "./triplets.js";

export const sections: readonly Section[] = [
  behaviour,
  reductions,
  outlier,
  likelihood,
  entropy,
  binary,
  divergence,
  ranking,
  pairs,
  triplets,
  cosine,
  equator,
  search,
  choice,
];
