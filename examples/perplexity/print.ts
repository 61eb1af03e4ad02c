// What people look at: how often the byte was the model's first, second, … guess, and the text in the colours of how surprising it was.

const BAR = 40;
/** Upper ends of the histogram's bins. */
const BINS = [1, 2, 3, 5, 10, 20, 50, 256];

/** From how many bits on, and the colour (256 colours). */
const COLOURS: readonly (readonly [bits: number, colour: number, name: string])[] = [
  [0, 34, "below 1 bit"],
  [1, 250, "1 to 3"],
  [3, 214, "3 to 6"],
  [6, 196, "6 and more"],
];
/** Columns, where the bits stand below the text. */
const WIDTH = 100;

/** FORCE_COLOR and NO_COLOR in Node's order (force-color.org, no-color.org), else what the stream is. */
export function coloured(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== "0";
  return !env.NO_COLOR && stream.isTTY === true;
}

export function rankHistogram(rank: Int32Array): string {
  return BINS.map((end, i) => {
    const begin = (BINS[i - 1] ?? 0) + 1;
    const share = rank.filter((r) => r >= begin && r <= end).length / Math.max(rank.length, 1);
    const name = begin === end ? `${end}` : `${begin}–${end}`;
    return `${name.padStart(7)} ${"█".repeat(Math.round(share * BAR)).padEnd(BAR)} ${(share * 100).toFixed(1).padStart(5)} %`;
  }).join("\n");
}

interface Letter {
  readonly letter: string;
  readonly bits: number;
}

/** The characters of a text in UTF-8, each with the surprise of all its bytes. */
export function letters(text: Uint8Array, surprise: ArrayLike<number>): Letter[] {
  const result: Letter[] = [];
  for (let start = 0; start < text.length; ) {
    let end = start + 1;
    // bytes that go on with a character are 10xxxxxx
    while (end < text.length && (text[end]! & 0xc0) === 0x80) end++;
    let bits = 0;
    for (let i = start; i < end; i++) bits += surprise[i]!;
    result.push({ letter: new TextDecoder().decode(text.subarray(start, end)), bits });
    start = end;
  }
  return result;
}

export function surpriseText(text: Uint8Array, surprise: ArrayLike<number>, colours: boolean): string {
  const list = letters(text, surprise);
  return colours ? inColours(list) : withBits(list);
}

const inColour = (colour: number, text: string): string => `\x1b[38;5;${colour}m${text}\x1b[39m`;

function inColours(list: readonly Letter[]): string {
  const legend = COLOURS.map(([, colour, name]) => inColour(colour, name)).join(", ");
  const body = list.map(({ letter, bits }) => inColour(COLOURS.filter(([from]) => bits >= from).at(-1)?.[1] ?? COLOURS[0]![1], letter));
  return `Surprise: ${legend}\n\n${body.join("")}`;
}

/** Where there are no colours: below each letter its bits, nothing for less than one, 9 for nine and more. */
function withBits(list: readonly Letter[]): string {
  const lines: Letter[][] = [[]];
  for (const each of list) {
    lines.at(-1)?.push(each);
    if (each.letter === "\n" || lines.at(-1)?.length === WIDTH) lines.push([]);
  }
  const digit = ({ bits }: Letter): string => (bits < 1 ? " " : String(Math.min(9, Math.floor(bits))));
  const body = lines
    .filter((line) => line.length > 0)
    .map((line) => `${line.map(({ letter }) => (letter === "\n" ? "⏎" : letter)).join("")}\n${line.map(digit).join("").trimEnd()}`);
  return `Surprise: below each letter its bits, if there is one; 9 is nine and more\n\n${body.join("\n")}`;
}
