/** What a view keeps in the address, behind the question mark. */
export interface Address {
  readonly query: URLSearchParams;
  remember(query: string): void;
}

/** Fills `root`, and returns what tears that down again. A view below another one has no address of its own. */
export type Mount = (root: HTMLElement, address?: Address) => () => void;
