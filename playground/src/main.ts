// The shell: sidebar, theme, and the view that the address names.

import "./style.css";
import { button } from "./controls.js";
import { curve } from "./curve.js";
import { html } from "./dom.js";
import { home } from "./home/index.js";
import type { Descriptor } from "./losses/descriptor.js";
import { groups, losses } from "./losses/index.js";
import type { Address, Mount } from "./view.js";

const TITLE = "losskit playground";
const motion: Record<string, { title: string; about: string; load: () => Promise<{ mount: Mount }> }> = {
  lecture: { title: "Lecture", about: "Read, drag, and see what losses do.", load: () => import("./lecture/index.js") },
  train: {
    title: "Training",
    about: "Two losses teach the same small network handwritten digits, side by side from the same start.",
    load: () => import("./views/train.js"),
  },
  race: { title: "Race", about: "The same losses in WebAssembly and in plain JavaScript, timed in this browser.", load: () => import("./views/race.js") },
};

const main = html("main", { id: "main", tabindex: "-1" });
const links = new Map<string, HTMLAnchorElement>();

function link(path: string, text: string): HTMLElement {
  const anchor = html("a", { href: `#/${path}` }, text);
  links.set(path, anchor);
  return html("li", {}, anchor);
}

function sidebar(): HTMLElement {
  const list = html("details", {}, html("summary", {}, "Losses"));
  list.append(
    html("ul", {}, link("", "Overview"), ...Object.entries(motion).map(([path, { title }]) => link(path, title))),
    ...groups.flatMap(({ title, losses }) => [html("h2", {}, title), html("ul", {}, ...losses.map(({ name }) => link(name, name)))]),
  );
  const narrow = matchMedia("(max-width: 56rem)");
  const fit = () => {
    list.open = !narrow.matches;
  };
  narrow.addEventListener("change", fit);
  fit();
  list.addEventListener("click", (event) => {
    if (narrow.matches && event.target instanceof HTMLAnchorElement) list.open = false;
  });
  return html("nav", { "aria-label": "Losses" }, list);
}

function themeToggle(): HTMLElement {
  const page = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (page.dataset.theme ? page.dataset.theme === "dark" : system.matches);
  const toggle = button("", () => {
    page.dataset.theme = dark() ? "light" : "dark";
    try {
      localStorage.setItem("theme", page.dataset.theme);
    } catch {
      // storage may be forbidden: then the choice lasts as long as the page
    }
    show();
  });
  // it says what it does, not what is
  const show = () => {
    toggle.textContent = dark() ? "Light theme" : "Dark theme";
  };
  system.addEventListener("change", show);
  show();
  return toggle;
}

let end: () => void = () => {};
/** Counts the views: what loads late for an earlier one is dropped. */
let turn = 0;
let later: ReturnType<typeof setTimeout> | undefined;

/** Browsers refuse to change the address hundreds of times a second. */
function remember(path: string, query: string): void {
  clearTimeout(later);
  later = setTimeout(() => history.replaceState(null, "", `#/${path}?${query}`), 300);
}

async function lazily(root: HTMLElement, load: () => Promise<{ mount: Mount }>, address?: Address): Promise<void> {
  const mine = turn;
  const before = end;
  try {
    const { mount } = await load();
    if (mine !== turn) return;
    const unmount = mount(root, address);
    end = () => {
      unmount();
      before();
    };
  } catch (error) {
    if (mine === turn) root.append(html("p", { role: "alert" }, `This part did not load: ${error instanceof Error ? error.message : error}`));
  }
}

function showLoss(loss: Descriptor, query: URLSearchParams): void {
  main.append(html("p", { class: "torch" }, ...(loss.torch ? ["PyTorch: ", html("code", {}, loss.torch)] : ["Not in PyTorch"])));
  end = curve(main, loss, query, (query) => remember(loss.name, query));
  if (loss.extra) {
    const id = "extra";
    const section = html("section", { class: "panel", "aria-labelledby": id });
    main.append(html("h2", { id }, loss.extra.title), section);
    void lazily(section, loss.extra.load);
  }
  const at = losses.indexOf(loss);
  const step = (to: Descriptor | undefined, rel: string, text: string) => (to ? [html("a", { href: `#/${to.name}`, rel }, text)] : []);
  main.append(
    html(
      "nav",
      { class: "steps", "aria-label": "Next and previous loss" },
      ...step(losses[at - 1], "prev", `← ${losses[at - 1]?.name}`),
      ...step(losses[at + 1], "next", `${losses[at + 1]?.name} →`),
    ),
  );
}

function route(): void {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  clearTimeout(later);
  end();
  end = () => {};
  turn++;
  const loss = losses.find(({ name }) => name === path);
  const moving = motion[path];
  const title = loss?.name ?? moving?.title ?? (path ? "No such view" : "Losses, and how they pull");
  document.title = path ? `${title} – ${TITLE}` : TITLE;
  const heading = html("h1", { tabindex: "-1" }, title);
  main.replaceChildren(heading);
  for (const [name, anchor] of links) {
    if (name === path) {
      anchor.setAttribute("aria-current", "page");
      anchor.scrollIntoView({ block: "nearest" });
    } else anchor.removeAttribute("aria-current");
  }
  if (loss) showLoss(loss, new URLSearchParams(query));
  else if (moving) {
    const section = html("section", { class: "panel", "aria-label": title });
    main.append(html("p", { class: "use" }, moving.about), section);
    void lazily(section, moving.load, { query: new URLSearchParams(query), remember: (query) => remember(path, query) });
  } else end = home(motion)(main);
  // a reader is told of the new view; the first one needs no telling
  if (turn > 1) {
    heading.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
}

const skip = html("a", { class: "skip", href: "#main" }, "Skip to the content");
skip.addEventListener("click", (event) => {
  // the hash is the route
  event.preventDefault();
  main.focus();
});

document.body.prepend(
  skip,
  html("header", { class: "top" }, html("a", { class: "brand", href: "#/" }, "losskit ", html("span", {}, "playground")), themeToggle()),
  html("div", { class: "frame" }, sidebar(), main),
);
addEventListener("hashchange", route);
route();
