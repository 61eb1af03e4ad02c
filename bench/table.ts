// Every row that is measured.

import { beyond } from "./rows/beyond.js";
import { catalogue } from "./rows/catalogue.js";
import { lecture } from "./rows/lecture.js";
import type { Row } from "./rows/row.js";

export const table: readonly Row[] = [...lecture, ...catalogue, ...beyond];
