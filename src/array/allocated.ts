// Which arrays `alloc` returned, whatever the entry, and which of them were given back: what the checks of every call ask, once there are any.

/** Whose each array that alloc returned is; null after `free`. */
const owners = new WeakMap<object, object | null>();
/** The memories of kernels that such arrays lie in. */
const memories = new WeakSet<object>();
let any = false;

/** `memory`: the kernels' own, where the array lies in it. */
export function remember(array: object, owner: object, memory?: object): void {
  any = true;
  owners.set(array, owner);
  if (memory) memories.add(memory);
}

/** False for what the owner's alloc did not return, or was given back before. */
export function forget(array: object, owner: object): boolean {
  if (owners.get(array) !== owner) return false;
  owners.set(array, null);
  return true;
}

export function isFreed(array: object): boolean {
  return any && owners.get(array) === null;
}

/** Whether a buffer is a memory of kernels, which no thread but losskit's own has. */
export function isOwn(buffer: object): boolean {
  return any && memories.has(buffer);
}

/** Whether an array is a view that somebody made of a kernel's memory: to read it does no harm, to write would. */
export function isForeign(array: object, buffer: object): boolean {
  return any && memories.has(buffer) && !owners.has(array);
}
