/** Fills `root`, and returns what tears that down again. */
export type Mount = (root: HTMLElement) => () => void;
