/** Bytes of memory for `alloc`: 256 MiB, and what lies between arrays. A file of its own, since dist/workerd has another (scripts/build.mjs). */
export const ROOM: number = 264 << 20;
