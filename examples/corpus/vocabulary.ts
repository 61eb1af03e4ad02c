// Tokens: the most frequent words, spaces and signs of a text, and for all else the 256 bytes. Every token is a whole number of bytes, and no text has
// another reading.

const PIECES = / ?[A-Za-z]+|\d|\n *| +|[^\sA-Za-z\d]|\s/gu;
const BYTES = 256;

export interface Token {
  readonly id: number;
  readonly bytes: number;
}

export class Vocabulary {
  readonly size: number;
  readonly #ids: Map<string, number>;

  constructor(texts: readonly string[], size: number) {
    const counts = new Map<string, number>();
    for (const text of texts) for (const piece of text.match(PIECES) ?? []) counts.set(piece, (counts.get(piece) ?? 0) + 1);
    // among equals by their letters, so that the order is one
    const frequent = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, size - BYTES);
    this.size = size;
    this.#ids = new Map(frequent.map(([piece], i) => [piece, BYTES + i]));
  }

  *tokens(text: string): Generator<Token> {
    for (const piece of text.match(PIECES) ?? []) {
      const id = this.#ids.get(piece);
      const bytes = Buffer.from(piece);
      if (id !== undefined) yield { id, bytes: bytes.length };
      else for (const byte of bytes) yield { id: byte, bytes: 1 };
    }
  }
}
