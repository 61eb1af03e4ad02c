// The largest error of each function over PyTorch's golden cases, as a Markdown table: of values and gradients, relative to the largest magnitude of
// the result. On losskit/deterministic, whose bits are the same on every machine, so that the table is too.

import { readFileSync } from "node:fs";
import { root } from "./setup.mjs";

const number = (value) => (value === "nan" ? Number.NaN : value === "inf" ? Infinity : value === "-inf" ? -Infinity : value);

/** The largest finite |want|. */
function scale(want) {
  return Math.max(Number.MIN_VALUE, ...want.data.map(number).filter(Number.isFinite).map(Math.abs));
}

/** Largest |got - want| over the largest finite |want|; what is no number is the tests' business. */
function error(got, want, largest = scale(want)) {
  const numbers = want.data.map(number);
  const list = typeof got === "number" ? [got] : got;
  let worst = 0;
  for (let i = 0; i < numbers.length; i++) {
    const off = Math.abs(list[i] - numbers[i]) / largest;
    if (Number.isFinite(numbers[i]) && Number.isFinite(list[i]) && off > worst) worst = off;
  }
  return worst;
}

/** PyTorch's own float32 error, measured in the same way; infinite where it overflows. */
function relative(off, want) {
  return Number.isFinite(number(off)) ? number(off) / scale(want) : 0;
}

/** The names of a loss's arguments, in their order. */
function names(loss) {
  const file = readFileSync(`${root}src/losses/${loss.replace(/Loss$/, "")}.ts`, "utf8");
  return [...file.match(/LossSpec<\s*Loss<\s*\[([^\]]*)\]/)[1].matchAll(/(\w+):/g)].map(([, name]) => name);
}

export async function errorTable() {
  const api = await import("../dist/esm/deterministic.js");
  const cases = JSON.parse(readFileSync(`${root}test/data/cases.json`, "utf8"));
  const rows = new Map();
  for (const { loss, args, options, expect, torch32 } of cases) {
    const call = api[loss];
    if (!call || expect.throws) continue;
    const row = rows.get(loss) ?? { count: 0, float32: 0, float64: 0, torch: 0, loss: 0 };
    rows.set(loss, row);
    row.count++;
    row.torch = Math.max(
      row.torch,
      relative(torch32.value, expect.value),
      ...Object.keys(expect.grad).map((name) => relative(torch32.grad[name], expect.grad[name])),
    );
    for (const [dtype, Floats] of Object.entries({ float32: Float32Array, float64: Float64Array })) {
      const tensor = ({ dtype: kind, data, shape }) => ({ data: kind.startsWith("int") ? Int32Array.from(data) : Floats.from(data.map(number)), shape });
      const given = Object.fromEntries(
        Object.entries(options).map(([name, value]) => [
          name.replace(/_(.)/g, (_, letter) => letter.toUpperCase()),
          value?.data ? tensor(value) : number(value),
        ]),
      );
      const tensors = args.map(tensor);
      if (!call.valueAndGrad) row[dtype] = Math.max(row[dtype], error(call(...tensors, given), expect.value));
      else {
        const { value, grad } = call.valueAndGrad(...tensors, { ...given, wrt: Object.keys(expect.grad) });
        row[dtype] = Math.max(row[dtype], error(value, expect.value), ...Object.keys(grad).map((name) => error(grad[name], expect.grad[name])));
        if (dtype === "float64") continue;
        // a gradient times its argument is a change of the loss: where a gradient cancels to nearly nothing, this is what its error means
        for (const [i, name] of names(loss).entries()) {
          if (!grad[name]) continue;
          const size = scale(args[i]);
          row.loss = Math.max(row.loss, error(grad[name], expect.grad[name], Math.max(scale(expect.grad[name]), scale(expect.value) / size)));
        }
      }
    }
  }
  const lines = [
    "| function | golden cases | float32 | its gradients, against the loss | PyTorch's own float32 | float64 |",
    "| --- | ---: | ---: | ---: | ---: | ---: |",
  ];
  for (const [name, { count, float32, float64, torch, loss }] of [...rows].sort(([a], [b]) => (a < b ? -1 : 1))) {
    lines.push(
      `| \`${name}\` | ${count} | ${float32.toExponential(0)} | ${loss ? loss.toExponential(0) : ""} | ${torch.toExponential(0)} | ${float64.toExponential(0)} |`,
    );
  }
  return lines.join("\n");
}
