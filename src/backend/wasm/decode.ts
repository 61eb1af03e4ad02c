/** No character that a string literal escapes, in quotes or in a page. */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_. !#%&()*:;=>?@[]^{|}~";
/** The bytes above 63 that kernels have most of, SIMD's prefix before all: a character each, behind the three that stand for the upper bits of others. */
const FREQUENT = [0xfd, 0x41, 0x6a, 0xf0, 0xf2, 0x40, 0xe6, 0x4e, 0x80, 0x6b, 0x87, 0xf1, 0xe8, 0xe4, 0xa0, 0x44, 0x88, 0x49, 0x4b, 0x7f, 0x74];

/** A module, compiled; `look` sees its bytes first and may change them. */
type Compile = (look?: (bytes: Uint8Array) => void) => WebAssembly.Module;
/** The builds of a module: the targets of asconfig.json, in their order. */
export type Builds = Record<"baseline" | "relaxed", Compile>;

/** Both builds of a module, of which a text has pieces in turn: scripts/kernels.mjs says how and why. */
export function builds(text: string): Builds {
  return { baseline: (look) => decode(text, 0, look), relaxed: (look) => decode(text, 1, look) };
}

function decode(text: string, which: number, look?: (bytes: Uint8Array) => void): WebAssembly.Module {
  const values = new Uint8Array(128);
  for (let i = 0; i < ALPHABET.length; i++) values[ALPHABET.charCodeAt(i)] = i;
  const [places = "", ...pieces] = text.split(",");
  let own = "";
  for (let i = 0; i < places.length; i++) own += pieces[(values[places.charCodeAt(i)] as number) * 2 + which];
  const bytes = new Uint8Array(own.length);
  let length = 0;
  let upper = 0;
  for (let i = 0; i < own.length; i++) {
    const value = values[own.charCodeAt(i)] as number;
    if (value > 63 && value < 67) upper = (value - 63) << 6;
    else {
      bytes[length++] = value < 64 ? upper | value : (FREQUENT[value - 67] as number);
      upper = 0;
    }
  }
  look?.(bytes.subarray(0, length));
  return new WebAssembly.Module(bytes.subarray(0, length));
}
