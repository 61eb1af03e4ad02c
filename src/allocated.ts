// Which arrays `alloc` returned, whatever the entry, and which of them were given back: what the checks of every call ask, once there are any.

/** Whether an array that alloc returned may be used: false after `free`. */
const usable = new WeakMap<object, boolean>();
/** The memories of kernels that such arrays lie in. */
const memories = new WeakSet<object>();
let any = false;

/** `memory`: the kernels' own, where the array lies in it. */
export function remember(array: object, memory?: object): void {
  any = true;
  usable.set(array, true);
  if (memory) memories.add(memory);
}

/** False for what no alloc returned, or was given back before. */
export function forget(array: object): boolean {
  if (usable.get(array) !== true) return false;
  usable.set(array, false);
  return true;
}

export function isFreed(array: object): boolean {
  return any && usable.get(array) === false;
}

/** Whether an array is a view that somebody made of a kernel's memory: to read it does no harm, to write would. */
export function isForeign(array: object, buffer: object): boolean {
  return any && memories.has(buffer) && !usable.has(array);
}
