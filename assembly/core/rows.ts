// The family of losses over the classes of a row, [rows, classes]: the phases of a row, so that one kernel serves whole rows and rows that come in pieces.

/** Start a row: forget the last one. */
export const BEGIN: i32 = 1;
/** Take in a piece of the row. */
export const REDUCE: i32 = 2;
/** The row is complete: its loss. */
export const FINISH: i32 = 4;
/** Write the gradient of the piece that was taken in last. */
export const APPLY: i32 = 8;
/** Between FINISH and APPLY, where the gradient needs a second look at every piece: the norm p = infinity counts its maxima. */
export const COUNT: i32 = 16;
