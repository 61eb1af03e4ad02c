import { html } from "../dom.js";
import { axisOf, heightOf, starting, sweep } from "../evaluate.js";
import type { Descriptor } from "../losses/descriptor.js";
import { groups } from "../losses/index.js";
import { thumbnail } from "../plots.js";
import type { Mount } from "../view.js";
import "./home.css";

export interface Route {
  readonly title: string;
  readonly about: string;
}

/** The overview: what moves first, then every loss as a small picture. */
export const home =
  (routes: Readonly<Record<string, Route>>): Mount =>
  (root) => {
    const ends: (() => void)[] = [];
    let left = false;
    /** Pictures that move are loaded after the rest is there; without them the page is still a page. */
    const live = (name: string, title: string, load: () => Promise<{ mount: Mount }>) => {
      const inside = html("div", { class: "live-inside" });
      const section = html("section", { class: `panel live-${name}`, "aria-label": title }, inside);
      void load().then(
        ({ mount }) => {
          if (!left) ends.push(mount(inside));
        },
        () => section.remove(),
      );
      return section;
    };
    root.append(
      html(
        "p",
        { class: "use" },
        "The loss functions of deep learning, drawn as you move them: ",
        html("span", { class: "value" }, "the value"),
        " and ",
        html("span", { class: "gradient" }, "the gradient"),
        ". All numbers are computed in this page by losskit.",
      ),
      html(
        "div",
        { class: "live" },
        live("outlier", "A line and an outlier", () => import("./outlier.js")),
        live("training", "Two networks learning", () => import("./learning.js")),
      ),
      html(
        "ul",
        { class: "cards wide" },
        ...Object.entries(routes).map(([path, { title, about }]) => card(path, title, html("span", { class: "note" }, about))),
      ),
    );
    for (const { title, losses } of groups) {
      root.append(html("h2", {}, title), html("ul", { class: "cards" }, ...losses.map(picture)));
    }
    return () => {
      left = true;
      for (const end of ends) end();
      root.replaceChildren();
    };
  };

function picture(loss: Descriptor): HTMLElement {
  const settings = starting(loss);
  const { label, min, max } = axisOf(loss, settings);
  return card(
    loss.name,
    loss.name,
    thumbnail(sweep(loss, settings), heightOf(loss.heights.value, settings)),
    html("span", { class: "axis" }, html("span", {}, String(min)), html("span", {}, label), html("span", {}, String(max))),
  );
}

/** A long name may break before a capital. */
const breakable = (name: string) => name.split(/(?=[A-Z])/).flatMap((part, i) => (i === 0 ? [part] : [html("wbr"), part]));

function card(path: string, title: string, ...content: Node[]): HTMLElement {
  return html("li", {}, html("a", { class: "card", href: `#/${path}` }, html("span", { class: "name" }, ...breakable(title)), ...content));
}
