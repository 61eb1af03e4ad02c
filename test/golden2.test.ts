/**
 * Golden cases of the losses beyond PyTorch's (test/data/cases2.json, cases2b.json), from float64 autograd through the definitions: on every entry, in
 * float32 and float64, values, gradients, gradients in place and under an upstream gradient, and errors. Cases of half precision, of totals and with
 * `denominator` are skipped here and counted.
 */
import { describe, expect, it } from "vitest";
import stored2 from "./data/cases2.json?raw";
import stored2b from "./data/cases2b.json?raw";
import { type Callable, entries, functionOf } from "./entries.js";
import { type Dtype, dtypes, type FloatArray, flat, floats } from "./reference/call.js";
import { disagreement, type Expected } from "./reference/golden.js";
import { tensor } from "./reference/tensor.js";

type Stored = number | "nan" | "inf" | "-inf";
interface StoredTensor {
  readonly dtype?: string;
  readonly shape: number[];
  readonly data: Stored[];
}
interface StoredCase {
  readonly id: string;
  readonly loss: string;
  readonly args: readonly (StoredTensor & { readonly name: string })[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly call?: string;
  readonly expect: {
    readonly value?: StoredTensor;
    readonly grad?: Readonly<Record<string, StoredTensor>>;
    readonly throws?: string;
    readonly error?: "RangeError" | "TypeError";
    readonly totals?: unknown;
  };
  readonly torch32?: { readonly value?: Stored; readonly grad?: Readonly<Record<string, Stored>> };
}

const LOSSES = new Set([
  "contrastiveLoss",
  "sigmoidFocalLoss",
  "pinballLoss",
  "logCoshLoss",
  "diceLoss",
  "tverskyLoss",
  "generalizedBoxIouLoss",
  "distanceBoxIouLoss",
  "completeBoxIouLoss",
  "distillationLoss",
  "dpoLoss",
]);
const words: Readonly<Record<string, number>> = { nan: Number.NaN, inf: Number.POSITIVE_INFINITY, "-inf": Number.NEGATIVE_INFINITY };
const numberOf = (value: Stored): number => (typeof value === "number" ? value : (words[value] as number));
const isHalf = ({ args }: StoredCase) => args.some(({ dtype }) => dtype === "float16" || dtype === "bfloat16");
const elsewhere = (one: StoredCase) => isHalf(one) || one.expect.totals !== undefined || one.call === "totals" || "denominator" in one.options;

const own = [stored2, stored2b].flatMap((text) => JSON.parse(text) as StoredCase[]).filter(({ loss }) => LOSSES.has(loss));
const cases = own.filter((one) => !elsewhere(one));
console.log(`golden2: ${cases.length} cases of ${LOSSES.size} losses, ${own.length - cases.length} skipped (totals, denominator, half precision)`);

function lower({ dtype, shape, data }: StoredTensor, as: Dtype): unknown {
  const numbers = data.map(numberOf);
  if (dtype === "number") return numbers[0];
  if (dtype === "int64") return { data: BigInt64Array.from(numbers, BigInt), shape };
  if (dtype === "uint16") return { data: Uint16Array.from(numbers), shape };
  return { data: floats(as).from(numbers), shape };
}
const optionsOf = (one: StoredCase) =>
  Object.fromEntries(Object.entries(one.options).map(([name, value]) => [name, typeof value === "string" && value in words ? words[value] : value]));
const expected = (value: StoredTensor, torch32: Stored | undefined): Expected => ({
  want: tensor(value.data.map(numberOf), value.shape),
  torch32: numberOf(torch32 ?? 0),
});

function check(call: Callable, one: StoredCase, dtype: Dtype): void {
  const args = () => one.args.map((arg) => lower(arg, dtype));
  const options = optionsOf(one);
  const value = expected(one.expect.value as StoredTensor, one.torch32?.value);
  const grads = Object.entries(one.expect.grad ?? {});
  const wrt = grads.map(([name]) => name);
  const sameGrads = (grad: Record<string, FloatArray>, label: string, factor = 1) => {
    expect(Object.keys(grad).sort()).toEqual([...wrt].sort());
    for (const [name, want] of grads) {
      expect(grad[name]).toBeInstanceOf(floats(dtype));
      expect(disagreement(dtype, grad[name] as FloatArray, expected(want, one.torch32?.grad?.[name]), factor), `${label} ${name}`).toBeUndefined();
    }
  };
  expect(disagreement(dtype, flat(call(...args(), options)), value), `${dtype} value`).toBeUndefined();
  const both = call.valueAndGrad(...args(), { ...options, wrt });
  expect(disagreement(dtype, flat(both.value), value), `${dtype} value beside gradients`).toBeUndefined();
  sameGrads(both.grad, dtype);
  // each gradient alone, over its own argument
  for (const name of wrt) {
    const inputs = args();
    const target = inputs[one.args.findIndex((arg) => arg.name === name)] as { data: FloatArray };
    const alone = call.valueAndGrad(...inputs, { ...options, wrt: [name], out: { [name]: target.data } });
    const want = expected((one.expect.grad as Record<string, StoredTensor>)[name] as StoredTensor, one.torch32?.grad?.[name]);
    expect(disagreement(dtype, alone.grad[name] as FloatArray, want), `${dtype} ${name} in place`).toBeUndefined();
  }
  const none = one.options.reduction === "none";
  const gradOutput = none ? new (floats(dtype))(value.want.data.length).fill(-2.5) : -2.5;
  sameGrads(call.valueAndGrad(...args(), { ...options, wrt, gradOutput }).grad, `${dtype} upstream`, -2.5);
}

function checkThrows(call: Callable, one: StoredCase, dtype: Dtype): void {
  const args = one.args.map((arg) => lower(arg, dtype));
  const options = optionsOf(one);
  const run = () => (one.call === "valueAndGrad" ? call.valueAndGrad(...args, options) : call(...args, options));
  let thrown: unknown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  expect(thrown, one.expect.throws).toBeInstanceOf(Error);
  expect((thrown as Error).name).toMatch(one.expect.error ?? /^(Range|Type)Error$/);
  expect((thrown as Error).message).toMatch(`${one.loss}: `);
}

for (const entry of entries) {
  describe(entry.name, () => {
    for (const one of cases) {
      it(one.id, () => {
        const call = functionOf(entry, one.loss);
        for (const dtype of dtypes) one.expect.throws === undefined ? check(call, one, dtype) : checkThrows(call, one, dtype);
      });
    }
  });
}
