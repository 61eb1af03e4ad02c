// A language model that is only counted: of a token after two others, smoothed by that after one, and that by how frequent a token is (MacKay and Peto,
// A hierarchical Dirichlet language model, 1995). The same texts give the same logits.

/** How much a shorter context weighs, in tokens. */
const PRIOR = 4;

class Followers {
  readonly counts: Map<number, number> = new Map();
  total = 0;

  add(token: number): void {
    this.counts.set(token, (this.counts.get(token) ?? 0) + 1);
    this.total++;
  }
}

const NONE = new Followers();

function at(map: Map<number, Followers>, key: number): Followers {
  const found = map.get(key) ?? new Followers();
  map.set(key, found);
  return found;
}

export class Ngrams {
  readonly #vocabulary: number;
  readonly #alone: Float64Array;
  readonly #logAlone: Float64Array;
  readonly #afterOne: Map<number, Followers> = new Map();
  readonly #afterTwo: Map<number, Followers> = new Map();

  constructor(tokens: Int32Array, vocabulary: number) {
    this.#vocabulary = vocabulary;
    const counts = new Float64Array(vocabulary).fill(1);
    tokens.forEach((token, i) => {
      counts[token]! += 1;
      if (i > 0) at(this.#afterOne, tokens[i - 1]!).add(token);
      if (i > 1) at(this.#afterTwo, this.#pair(tokens[i - 2]!, tokens[i - 1]!)).add(token);
    });
    this.#alone = counts.map((count) => count / (tokens.length + vocabulary));
    this.#logAlone = this.#alone.map(Math.log);
  }

  #pair(before: number, last: number): number {
    return before * this.#vocabulary + last;
  }

  /** Logits of what follows two tokens, written into a row: logarithms of probabilities. */
  logits(before: number, last: number, row: Float64Array): void {
    const one = this.#afterOne.get(last) ?? NONE;
    const two = this.#afterTwo.get(this.#pair(before, last)) ?? NONE;
    const shareOne = PRIOR / (one.total + PRIOR);
    const shareTwo = PRIOR / (two.total + PRIOR);
    const afterOne = (token: number) => ((one.counts.get(token) ?? 0) / PRIOR + this.#alone[token]!) * shareOne;
    const unseen = Math.log(shareOne * shareTwo);
    for (let token = 0; token < row.length; token++) row[token] = this.#logAlone[token]! + unseen;
    for (const token of one.counts.keys()) row[token] = Math.log(afterOne(token) * shareTwo);
    for (const [token, count] of two.counts) row[token] = Math.log((count / PRIOR + afterOne(token)) * shareTwo);
  }
}
