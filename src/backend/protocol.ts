// The numbers that both compilers read: TypeScript for the drivers in src/backend/wasm, AssemblyScript for the kernels in assembly/. Plain integers
// only, so that one text means the same to both.

// Phases of a row, so that one kernel serves whole rows and rows that come in pieces.
/** Start a row: forget the last one. */
export const BEGIN = 1;
/** Take in a piece of the row. */
export const REDUCE = 2;
/** The row is complete: its loss. */
export const FINISH = 4;
/** Write the gradient of the piece that was taken in last. */
export const APPLY = 8;
/** Between FINISH and APPLY, where a second look at every piece is needed: the norm p = infinity counts its maxima, a divergence is summed up. */
export const COUNT = 16;

// Class of a sample that is no class.
/** The sample counts for nothing. */
export const IGNORED = -1;
/** Its target is not a class. */
export const NONE = -2;

// What is computed of the distances of a row.
/** The distance of a and b alone. */
export const DISTANCE = 0;
/** max(0, margin + d(a, b) - d(a, c)). */
export const TRIPLET_MARGIN = 1;
/** 2 sigma(d(a, b) - d(a, c))^2. */
export const TRIPLET_RATIO = 2;

/** The most that a log-probability may be for the scaled recursion of ctc, which counts on it. */
export const CTC_MOST = 40;

// The penalties of the losses of boxes.
/** The share of the box around both that neither covers. */
export const BOX_GENERALIZED = 0;
/** The distance of the centres. */
export const BOX_DISTANCE = 1;
/** That and the difference of the aspect ratios. */
export const BOX_COMPLETE = 2;

// What is computed of every row against every other (in-batch losses).
/** Softmax over the other side, where the row of the same number is right. */
export const INFO_NCE = 0;
/** Every pair on its own: right or wrong. */
export const SIG_LIP = 1;
/** Softmax over all other rows, the mean of those of the same label. */
export const SUP_CON = 2;
/** Each pair of one label against the rows of other labels. */
export const NT_XENT = 3;

// How in-batch losses go through rows times columns: in tiles, whose rows and columns have records of their own, a field after the other, TILE of each.
/** Rows and columns of a tile: a multiple of what the kernels have in registers at once. */
export const TILE = 72;
/** Doubles that change from tile to tile: the largest logit and the sum of e^(logit - largest); the logit of the own row, or the sum over positives;
 * the sum of the slopes of positives. Of hardest triplets: square of the distance and number of the farthest positive, then of the nearest negative. */
export const TOP = 0;
export const SUM = 1;
export const OWN = 2;
export const SLOPE = 3;
export const RUNNING = 4;
/** Elements that do not change any more: the label, the largest logit, factors of softmax and of what pulls, the log-sum-exp of negatives. */
export const LABEL = 0;
export const REFERENCE = 1;
export const WEIGHT_OF = 2;
export const PULL = 3;
export const NEGATIVES = 4;
export const FIXED = 5;
