import { html } from "./dom.js";
import { heightOf, starting, sweep } from "./evaluate.js";
import { groups } from "./losses/index.js";
import { thumbnail } from "./plots.js";
import type { Mount } from "./view.js";

/** The overview: every loss as a small picture. */
export const mount: Mount = (root) => {
  root.append(
    html(
      "p",
      { class: "use" },
      "The loss functions of deep learning, drawn as you move them: ",
      html("span", { class: "value" }, "the value"),
      " and ",
      html("span", { class: "gradient" }, "the gradient"),
      ". All numbers are computed in this page by losskit. Choose a loss, or watch one train a small network.",
    ),
    html(
      "ul",
      { class: "cards wide" },
      card("train", "Training", "A network learns handwritten digits while you watch."),
      card("race", "Race", "WebAssembly against JavaScript in this browser."),
    ),
  );
  for (const { title, losses } of groups) {
    root.append(
      html("h2", {}, title),
      html(
        "ul",
        { class: "cards" },
        ...losses.map((loss) => {
          const settings = starting(loss);
          return card(loss.name, loss.name, thumbnail(sweep(loss, settings), heightOf(loss.heights.value, settings)));
        }),
      ),
    );
  }
  return () => root.replaceChildren();
};

/** A long name may break before a capital. */
const breakable = (name: string) => name.split(/(?=[A-Z])/).flatMap((part, i) => (i === 0 ? [part] : [html("wbr"), part]));

function card(path: string, title: string, content: Node | string): HTMLElement {
  return html(
    "li",
    {},
    html(
      "a",
      { class: "card", href: `#/${path}` },
      html("span", { class: "name" }, ...breakable(title)),
      typeof content === "string" ? html("span", { class: "note" }, content) : content,
    ),
  );
}
