// The modules, by the folders of assembly/losses: their builds, and the part of the backend that their kernels compute. A bundle holds those whose
// losses it imports.

import { boxes as boxesBuilds } from "../../generated/boxes.js";
import { classes as classesBuilds } from "../../generated/classes.js";
import { ctc as ctcBuilds } from "../../generated/ctc.js";
import { distillation as distillationBuilds } from "../../generated/distillation.js";
import { inBatch as inBatchBuilds } from "../../generated/inBatch.js";
import { likelihoods as likelihoodsBuilds } from "../../generated/likelihoods.js";
import { logistic as logisticBuilds } from "../../generated/logistic.js";
import { margins as marginsBuilds } from "../../generated/margins.js";
import { overlap as overlapBuilds } from "../../generated/overlap.js";
import { pointwise as pointwiseBuilds } from "../../generated/pointwise.js";
import { tokens as tokensBuilds } from "../../generated/tokens.js";
import { vectors as vectorsBuilds } from "../../generated/vectors.js";
import { overlaps } from "./boxes.js";
import { crossEntropy } from "./classes.js";
import { ctc as alignments } from "./ctc.js";
import { divergences } from "./distillation.js";
import { inBatch as everyPair } from "./inBatch.js";
import type { Module } from "./machine.js";
import { margins as hinges } from "./margins.js";
import { groups } from "./overlap.js";
import { positions } from "./pointwise.js";
import { scores } from "./scores.js";
import { rows } from "./vectors.js";

export const boxes: Module = { builds: boxesBuilds, backend: overlaps };
export const classes: Module = { builds: classesBuilds, backend: crossEntropy };
export const ctc: Module = { builds: ctcBuilds, backend: alignments };
export const distillation: Module = { builds: distillationBuilds, backend: divergences };
export const inBatch: Module = { builds: inBatchBuilds, backend: everyPair };
export const likelihoods: Module = { builds: likelihoodsBuilds, backend: positions };
export const logistic: Module = { builds: logisticBuilds, backend: positions };
export const margins: Module = { builds: marginsBuilds, backend: hinges };
export const overlap: Module = { builds: overlapBuilds, backend: groups };
export const pointwise: Module = { builds: pointwiseBuilds, backend: positions };
export const tokens: Module = { builds: tokensBuilds, backend: scores };
export const vectors: Module = { builds: vectorsBuilds, backend: rows };
