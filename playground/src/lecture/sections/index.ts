// The order of the lecture.

import type { Section } from "../section.js";
import { behaviour } from "./behaviour.js";
import { outlier } from "./outlier.js";
import { reductions } from "./reductions.js";

export const sections: readonly Section[] = [behaviour, reductions, outlier];
