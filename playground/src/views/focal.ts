import type { Mount } from "../view.js"; export const mount: Mount = () => () => {};
