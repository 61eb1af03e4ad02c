// What a section of the lecture is, and the words it is written with.

import { html } from "../dom.js";
import type { LossName } from "../losses/descriptor.js";
import { losses } from "../losses/index.js";
import type { Mount } from "../view.js";

export type Words = readonly (Node | string)[];

export interface Section {
  /** In the address, `#/lecture?at=id`. */
  readonly id: string;
  /** In the contents: a word or two. */
  readonly short: string;
  /** The heading: what the section shows to be so. */
  readonly claim: string;
  /** Before the interaction, and after it. */
  readonly lead: () => Words;
  readonly figure: Mount;
  readonly after?: () => Words;
  /** Room kept until the interaction is mounted, in pixels: on a wide and on a narrow page. */
  readonly height: readonly [wide: number, narrow: number];
}

export const p = (...words: Words): HTMLElement => html("p", {}, ...words);
export const code = (text: string): HTMLElement => html("code", {}, text);
export const strong = (text: string): HTMLElement => html("strong", {}, text);

/** Formulas, each on a line of its own, in plain text. */
export const maths = (...lines: readonly string[]): HTMLElement => html("p", { class: "maths" }, ...lines.flatMap((line) => [html("span", {}, line), " "]));

/** A link to the page of a loss; the name alone where it has none. */
export const loss = (name: LossName): HTMLElement => (losses.some((page) => page.name === name) ? html("a", { href: `#/${name}` }, code(name)) : code(name));

/** A link within the lecture. */
export const see = (id: string, text: string): HTMLElement => html("a", { href: `#/lecture?at=${id}` }, text);

/** Lines of code to read; the region scrolls, never the page. */
export const listing = (text: string): HTMLElement => html("pre", { class: "code", tabindex: 0, role: "group", "aria-label": "Code" }, code(text));

export const caption = (...words: Words): HTMLElement => html("p", { class: "title" }, ...words);
