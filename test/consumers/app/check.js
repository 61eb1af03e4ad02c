// What every consumer runs, whatever built it: golden cases on every entry, value and gradients.

const special = { nan: Number.NaN, inf: Number.POSITIVE_INFINITY, "-inf": Number.NEGATIVE_INFINITY };
const number = (stored) => (typeof stored === "number" ? stored : special[stored]);
const isTensor = (value) => typeof value === "object" && value !== null && "dtype" in value;

const array = { float32: (data) => Float32Array.from(data), float64: (data) => Float64Array.from(data), int64: (data) => BigInt64Array.from(data, BigInt) };
const tensor = ({ dtype, shape, data }) => ({ data: array[dtype](data.map(number)), shape });
const flat = (result) => (typeof result === "number" ? [result] : Array.from(result));

/** The tolerance of a float32 result that the golden cases' README states; undefined if all agree. */
function disagreement(got, { data }, torch32) {
  const want = data.map(number);
  if (got.length !== want.length) return `length ${got.length}, not ${want.length}`;
  const largest = Math.max(0, ...want.map(Math.abs).filter(Number.isFinite));
  for (let i = 0; i < want.length; i++) {
    const most = Math.max(1e-6 * Math.abs(want[i]) + 1e-7 * largest, 4 * number(torch32));
    if (!Object.is(got[i], want[i]) && !(Math.abs(got[i] - want[i]) <= most)) return `[${i}] is ${got[i]}, not ${want[i]}`;
  }
  return undefined;
}

/** Backends and disagreements of the entries, as plain data. */
export function check(entries, cases) {
  const report = { backends: {}, checked: 0, failures: [] };
  for (const [entry, api] of Object.entries(entries)) {
    report.backends[entry] = api.backend();
    for (const { id, loss, args, options, expect, torch32 } of cases) {
      const own = Object.fromEntries(Object.entries(options).map(([name, value]) => [name, isTensor(value) ? tensor(value) : value]));
      const compare = (got, want, bound, what) => {
        report.checked++;
        const wrong = disagreement(flat(got), want, bound);
        if (wrong) report.failures.push(`${entry} ${id} ${what}: ${wrong}`);
      };
      const wrt = Object.keys(expect.grad);
      const { value, grad } = api[loss].valueAndGrad(...args.map(tensor), { ...own, wrt });
      compare(api[loss](...args.map(tensor), own), expect.value, torch32.value, "plain value");
      compare(value, expect.value, torch32.value, "value");
      for (const name of wrt) {
        // gradOutput's default is ones: the gradient of the sum, as the golden cases have it
        compare(grad[name], expect.grad[name], torch32.grad[name], `gradient of ${name}`);
      }
    }
  }
  return report;
}
