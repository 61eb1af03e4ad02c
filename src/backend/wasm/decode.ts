/** No character that a string literal escapes. */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_.";

/** Module number `which` of `count`, of which the text has pieces in turn: scripts/kernels.mjs says how and why. `look` sees its bytes first and may change them. */
export function decode(text: string, which: number, count: number, look?: (bytes: Uint8Array) => void): WebAssembly.Module {
  const own = text
    .split(",")
    .filter((_, piece) => piece % count === which)
    .join("");
  const values = new Uint8Array(128);
  for (let i = 0; i < ALPHABET.length; i++) values[ALPHABET.charCodeAt(i)] = i;
  const bytes = new Uint8Array(own.length);
  let length = 0;
  let upper = 0;
  for (let i = 0; i < own.length; i++) {
    const value = values[own.charCodeAt(i)] as number;
    if (value > 63) upper = (value - 63) << 6;
    else {
      bytes[length++] = upper | value;
      upper = 0;
    }
  }
  look?.(bytes.subarray(0, length));
  return new WebAssembly.Module(bytes.subarray(0, length));
}
