/**
 * The lecture: an article that is scrolled, one claim and one interaction a section. An interaction is mounted when it comes near the screen.
 *
 * For tests: `section[data-section=id]`, in it `[data-testid=…]` as each section says; a number's whole value is in `data-exact`.
 */
import { html } from "../dom.js";
import type { Mount } from "../view.js";
import type { Section } from "./section.js";
import { sections } from "./sections/index.js";
import "./lecture.css";

/** Interactions are mounted this far ahead of the screen. */
const AHEAD = "600px";
const NARROW = 720;
/** A page that has become this part wider or narrower gets its pictures anew. */
const RESIZED = 0.2;
/** Milliseconds: browsers refuse to change the address hundreds of times a second. */
const REMEMBER = 400;

interface Part {
  readonly section: Section;
  readonly node: HTMLElement;
  readonly heading: HTMLElement;
  readonly figure: HTMLElement;
  end: (() => void) | undefined;
}

function part(section: Section, number: number): Part {
  const heading = html("h2", { id: `lecture-${section.id}`, tabindex: "-1" }, html("span", { class: "number" }, String(number)), " ", section.claim);
  const figure = html("div", { class: "figure-body" });
  const [wide, narrow] = section.height;
  figure.style.minHeight = `${innerWidth < NARROW ? narrow : wide}px`;
  const node = html(
    "section",
    { "aria-labelledby": heading.id, "data-section": section.id },
    heading,
    ...section.lead(),
    html("div", { class: "panel" }, figure),
    ...(section.after?.() ?? []),
  );
  return { section, node, heading, figure, end: undefined };
}

function show(part: Part): void {
  if (part.end) return;
  part.end = part.section.figure(part.figure);
  part.figure.style.minHeight = "";
}

function hide(part: Part): void {
  part.end?.();
  part.end = undefined;
  part.figure.replaceChildren();
}

/** The section that the address names. */
const asked = () => new URLSearchParams(location.hash.split("?")[1] ?? "").get("at");

export const mount: Mount = (root) => {
  root.className = "lecture";
  const parts = sections.map((section, i) => part(section, i + 1));
  const links = parts.map(({ section }, i) =>
    html("a", { href: `#/lecture?at=${section.id}`, "aria-label": `${i + 1}: ${section.short}`, title: section.short }, String(i + 1)),
  );
  links[0]!.setAttribute("aria-current", "true");
  const here = html("span", { class: "section-name", "aria-hidden": "true" }, sections[0]!.short);
  const contents = html("nav", { class: "contents", "aria-label": "Sections" }, html("ol", {}, ...links.map((link) => html("li", {}, link))), here);
  root.append(contents, ...parts.map(({ node }) => node));

  let later: ReturnType<typeof setTimeout> | undefined;
  const go = (id: string): boolean => {
    const at = parts.findIndex(({ section }) => section.id === id);
    if (at < 0) return false;
    // what is above has its height, so that the place stays where it is
    parts.slice(0, at + 1).forEach(show);
    parts[at]!.node.scrollIntoView({ block: "start" });
    parts[at]!.heading.focus({ preventScroll: true });
    return true;
  };
  root.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || !(event.target instanceof Element)) return;
    const [path, query] = (event.target.closest("a")?.getAttribute("href") ?? "").split("?at=");
    // a new address would be a new page to the router
    if (path === "#/lecture" && query && go(query)) event.preventDefault();
  });

  const near = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) if (isIntersecting) show(parts.find(({ figure }) => figure === target)!);
    },
    { rootMargin: `${AHEAD} 0px` },
  );
  // The section under a line near the top is the one that is read.
  const read = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        const at = parts.findIndex(({ node }) => node === target);
        links.forEach((link, i) => {
          if (i === at) link.setAttribute("aria-current", "true");
          else link.removeAttribute("aria-current");
        });
        here.textContent = parts[at]!.section.short;
        clearTimeout(later);
        // from the second section on: an address that nobody has moved stays short
        if (at > 0 || asked()) later = setTimeout(() => history.replaceState(null, "", `#/lecture?at=${parts[at]!.section.id}`), REMEMBER);
      }
    },
    { rootMargin: "-25% 0px -74% 0px" },
  );
  for (const { node, figure } of parts) {
    near.observe(figure);
    read.observe(node);
  }

  let width = root.clientWidth;
  const resized = new ResizeObserver(() => {
    if (Math.abs(root.clientWidth - width) < RESIZED * width) return;
    width = root.clientWidth;
    for (const part of parts) {
      if (!part.end) continue;
      hide(part);
      show(part);
    }
  });
  resized.observe(root);
  go(asked() ?? "");

  return () => {
    clearTimeout(later);
    near.disconnect();
    read.disconnect();
    resized.disconnect();
    parts.forEach(hide);
    root.replaceChildren();
  };
};
