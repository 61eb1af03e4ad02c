// All that can be raced.

import { beyond } from "./beyond.js";
import { catalogue, type Row } from "./rows.js";

export const table: readonly Row[] = [...catalogue, ...beyond];
