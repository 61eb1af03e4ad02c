/** Labelled controls. Each is one element, to be put anywhere. */

let counter = 0;

export interface SliderOptions {
  label: string;
  min: number;
  max: number;
  step: number;
  value: number;
  format?: (value: number) => string;
  onInput: (value: number) => void;
}

/** As many digits as a step has. */
function digits(step: number): (value: number) => string {
  const places = String(step).split(".")[1]?.length ?? 0;
  return (value) => value.toFixed(places);
}

export function slider({ label, min, max, step, value, format = digits(step), onInput }: SliderOptions): HTMLElement {
  const id = `control-${++counter}`;
  const name = document.createElement("label");
  name.htmlFor = id;
  name.textContent = label;
  const input = document.createElement("input");
  // The range comes before the value: a browser clips the value to the range that it knows.
  Object.assign(input, { id, type: "range", min: String(min), max: String(max), step: String(step) });
  input.value = String(value);
  const output = document.createElement("output");
  output.htmlFor.add(id);
  const show = () => {
    const text = format(input.valueAsNumber);
    output.textContent = text;
    input.setAttribute("aria-valuetext", text);
  };
  input.addEventListener("input", () => {
    show();
    onInput(input.valueAsNumber);
  });
  show();
  const element = document.createElement("div");
  element.className = "slider";
  element.append(name, output, input);
  return element;
}

export interface SelectOptions {
  label: string;
  options: readonly { value: string; label: string }[];
  value?: string;
  onInput: (value: string) => void;
}

export function select({ label, options, value, onInput }: SelectOptions): HTMLElement {
  const id = `control-${++counter}`;
  const name = document.createElement("label");
  name.htmlFor = id;
  name.textContent = label;
  const choice = document.createElement("select");
  choice.id = id;
  choice.append(...options.map((option) => new Option(option.label, option.value)));
  if (value !== undefined) choice.value = value;
  choice.addEventListener("change", () => onInput(choice.value));
  const element = document.createElement("div");
  element.className = "select";
  element.append(name, choice);
  return element;
}

export function button(text: string, onClick: () => void): HTMLButtonElement {
  const element = document.createElement("button");
  Object.assign(element, { type: "button", className: "button", textContent: text });
  element.addEventListener("click", onClick);
  return element;
}

/** Copies, and says for a moment that it has. */
export function copyButton(getText: () => string): HTMLButtonElement {
  const element = button("Copy", async () => {
    const text = getText();
    try {
      await navigator.clipboard.writeText(text);
      element.textContent = "Copied";
    } catch {
      // no permission, or a page without https
      element.textContent = byHand(text) ? "Copied" : "Not allowed to copy";
    }
    setTimeout(() => {
      element.textContent = "Copy";
    }, 1500);
  });
  element.setAttribute("aria-live", "polite");
  return element;
}

function byHand(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
