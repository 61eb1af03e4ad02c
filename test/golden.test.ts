/**
 * PyTorch's answers: every golden case on every entry, float32 and float64, classes as int64 and as int32, within the README's tolerances,
 * and again with buffers given, in place, misaligned, without shapes and with an upstream gradient.
 */
import { describe, expect, it } from "vitest";
import { type Callable, entries, functionOf } from "./entries.js";
import { arrayOf, type Dtype, dtypes, type FloatArray, flat, floats, type Layout, lowerArgs, lowerOptions, outputLike } from "./reference/call.js";
import { cases, disagreement, type Expected, type Golden } from "./reference/golden.js";
import { reduce, type Tensor, tensor } from "./reference/tensor.js";
import { losses, operations } from "./table.js";

const rows = new Map(losses.map((row) => [row.name, row]));
/** Operations are the functions without gradients: so a later one needs no row here to be held to its golden cases. */
const isOperation = (golden: Golden) => OPERATIONS.has(golden.loss);
const OPERATIONS = new Set(cases.filter(({ loss }) => !loss.endsWith("Loss")).map(({ loss }) => loss));
const classKinds = (golden: Golden): Layout[] =>
  Object.values(golden.args).some(({ kind }) => kind === "class") ? [{ classes: "BigInt64Array" }, { classes: "Int32Array" }] : [{}];

const expectedValue = (golden: Golden): Expected => golden.value as Expected;
const reductionOf = (golden: Golden) => (golden.options.reduction as string | undefined) ?? "mean";

/** The typed result of `reduction: "none"` and of operations, the number of the others. */
function checkValue(golden: Golden, dtype: Dtype, value: number | FloatArray, label: string): void {
  const isArray = isOperation(golden) || reductionOf(golden) === "none";
  if (isArray) expect(value, label).toBeInstanceOf(floats(dtype));
  else expect(typeof value, label).toBe("number");
  expect(disagreement(dtype, flat(value), expectedValue(golden)), `${label} value`).toBeUndefined();
}

function checkGrads(golden: Golden, dtype: Dtype, grad: Record<string, FloatArray>, label: string, factor = 1): void {
  expect(Object.keys(grad).sort(), label).toEqual(Object.keys(golden.grad).sort());
  for (const [name, want] of Object.entries(golden.grad)) {
    expect(grad[name], `${label} ${name}`).toBeInstanceOf(floats(dtype));
    expect(disagreement(dtype, grad[name] as FloatArray, want, factor), `${label} ${name}`).toBeUndefined();
  }
}

/** The plain call and the gradients, in buffers of the library's. */
function checkPlain(call: Callable, golden: Golden, dtype: Dtype, layout: Layout, label: string): void {
  const args = () => lowerArgs(golden.args, golden.names, dtype, layout);
  const options = lowerOptions(golden.options, dtype, layout);
  checkValue(golden, dtype, call(...args(), options), label);
  if (isOperation(golden)) return;
  const { value, grad } = call.valueAndGrad(...args(), { ...options, wrt: Object.keys(golden.grad) });
  checkValue(golden, dtype, value, `${label} valueAndGrad`);
  checkGrads(golden, dtype, grad, label);
}

/** Into buffers of the caller's: the very objects come back, and nothing around them is touched. */
function checkOut(call: Callable, golden: Golden, dtype: Dtype, layout: Layout, label: string): void {
  const none = reductionOf(golden) === "none";
  const out: Record<string, FloatArray> = {};
  for (const name of Object.keys(golden.grad)) out[name] = outputLike(dtype, (golden.args[name] as Tensor).data.length, layout);
  if (none) out.value = outputLike(dtype, expectedValue(golden).want.data.length, layout);
  const around = Object.entries(out).map(([name, array]) => [name, array, bytesAround(array)] as const);
  const options = { ...lowerOptions(golden.options, dtype, layout), wrt: Object.keys(golden.grad), out };
  const { value, grad } = call.valueAndGrad(...lowerArgs(golden.args, golden.names, dtype, layout), options);
  checkValue(golden, dtype, value, label);
  checkGrads(golden, dtype, grad, label);
  if (none) expect(value, label).toBe(out.value);
  for (const name of Object.keys(golden.grad)) expect(grad[name], `${label} ${name}`).toBe(out[name]);
  for (const [name, array, before] of around) expect(bytesAround(array), `${label} ${name}: bytes around the view`).toEqual(before);
}

function bytesAround(array: FloatArray): number[] {
  const bytes = [...new Uint8Array(array.buffer)];
  bytes.splice(array.byteOffset, array.byteLength);
  return bytes;
}

/** Each gradient over its own argument. */
function checkInPlace(call: Callable, golden: Golden, dtype: Dtype, layout: Layout, label: string): void {
  const arrays = golden.names.map((name) => arrayOf(golden.args[name] as Tensor, dtype, layout));
  const args = golden.names.map((name, k) => ({ data: arrays[k], shape: (golden.args[name] as Tensor).shape }));
  const out = Object.fromEntries(Object.keys(golden.grad).map((name) => [name, arrays[golden.names.indexOf(name)]]));
  const { value, grad } = call.valueAndGrad(...args, { ...lowerOptions(golden.options, dtype, layout), wrt: Object.keys(golden.grad), out });
  checkValue(golden, dtype, value, label);
  checkGrads(golden, dtype, grad, label);
  for (const name of Object.keys(golden.grad)) expect(grad[name], label).toBe(out[name]);
}

/** An upstream gradient scales the golden one; one a sample is compared with the reference, which the golden cases bind, too. */
function checkGradOutput(call: Callable, golden: Golden, dtype: Dtype, layout: Layout, label: string): void {
  const args = () => lowerArgs(golden.args, golden.names, dtype, layout);
  const options = { ...lowerOptions(golden.options, dtype, layout), wrt: Object.keys(golden.grad) };
  if (reductionOf(golden) !== "none") {
    const { value, grad } = call.valueAndGrad(...args(), { ...options, gradOutput: -2.5 });
    checkValue(golden, dtype, value, label);
    checkGrads(golden, dtype, grad, label, -2.5);
    return;
  }
  const row = rows.get(golden.loss);
  // A loss whose row is still to be written takes the same number for every sample: its golden gradient then only scales.
  const upstream = expectedValue(golden).want.data.map((_, n) => (row ? ([0.5, 2, -1, 0.25][n % 4] as number) : 2));
  const scaled = () => Object.fromEntries(Object.entries(golden.grad).map(([name, { want }]) => [name, want.data.map((v) => 2 * v)]));
  const grads = row ? reduce(row.reference(golden.args, golden.options), "none", upstream).grads : scaled();
  const { grad } = call.valueAndGrad(...args(), { ...options, gradOutput: floats(dtype).from(upstream) });
  for (const [name, { torch32 }] of Object.entries(golden.grad)) {
    // Upstream gradients up to 2: PyTorch's own error, scaled, is still a bound.
    const want = { want: tensor(grads[name] as Float64Array), torch32: 2 * torch32 };
    expect(disagreement(dtype, grad[name] as FloatArray, want), `${label} ${name}`).toBeUndefined();
  }
}

/**
 * Bare arrays and numbers: for 1-D arguments, and where the classes of N samples tell how to read (N, length / N). An empty batch without a
 * shape has no number of classes, so it has no such reading.
 */
function readsWithoutShapes(golden: Golden): boolean {
  const input = Object.values(golden.args)[0] as Tensor;
  const target = golden.args.target;
  const shaped = Object.values(golden.options).some((option) => typeof option === "object" && (option as Tensor).shape.length > 1);
  if (shaped || input.data.length === 0 || golden.options.dim !== undefined) return false;
  if (target?.kind === "class") return input.shape.length <= 2 && target.shape.length <= 1;
  return Object.values(golden.args).every(({ shape }) => shape.length <= 1);
}

function check(call: Callable, golden: Golden): void {
  for (const dtype of dtypes) {
    for (const kind of classKinds(golden)) {
      const label = `${dtype} ${kind.classes ?? ""}`;
      checkPlain(call, golden, dtype, kind, label);
      checkPlain(call, golden, dtype, { ...kind, misaligned: true }, `${label} misaligned`);
      checkPlain(call, golden, dtype, { ...kind, dims: true }, `${label} dims`);
      if (readsWithoutShapes(golden)) checkPlain(call, golden, dtype, { ...kind, bare: true }, `${label} without shapes`);
      if (isOperation(golden)) continue;
      checkOut(call, golden, dtype, kind, `${label} out`);
      checkOut(call, golden, dtype, { ...kind, misaligned: true }, `${label} misaligned out`);
      checkInPlace(call, golden, dtype, kind, `${label} in place`);
      checkInPlace(call, golden, dtype, { ...kind, misaligned: true }, `${label} misaligned in place`);
      checkGradOutput(call, golden, dtype, kind, `${label} gradOutput`);
    }
  }
}

/** PyTorch refuses: a RangeError that names the loss, the argument, the place and the number, and every `out` as it was. */
function checkThrows(call: Callable, golden: Golden): void {
  const [name, place, number] = culprit(golden);
  for (const dtype of dtypes) {
    for (const kind of classKinds(golden)) {
      const out = { input: outputLike(dtype, (golden.args.input as Tensor).data.length).fill(7) };
      const args = () => lowerArgs(golden.args, golden.names, dtype, kind);
      const options = lowerOptions(golden.options, dtype);
      for (const attempt of [() => call(...args(), options), () => call.valueAndGrad(...args(), { ...options, out })]) {
        expect(attempt, dtype).toThrow(RangeError);
        expect(attempt, dtype).toThrow(`${golden.loss}: "${name}"[${place}]`);
        expect(attempt, dtype).toThrow(String(number));
      }
      expect([...out.input], dtype).toEqual(Array(out.input.length).fill(7));
    }
  }
}

/** The argument, place and number that a refusing case is about: a class no row has, or a probability outside [0, 1]. */
function culprit({ args }: Golden): [name: string, place: number, number: number] {
  const { input, target } = args as { input: Tensor; target: Tensor };
  const isWrong = target.kind === "class" ? (y: number) => y < 0 || y >= (input.shape[1] as number) : (x: number) => !(x >= 0 && x <= 1);
  const [name, { data }] = target.kind === "class" ? (["target", target] as const) : (["input", input] as const);
  const place = data.findIndex(isWrong);
  return [name, place, data[place] as number];
}

for (const entry of entries) {
  describe(entry.name, () => {
    /** So that no loss of this table can silently fall among the skipped. */
    it("exports every loss and operation of the table", () => {
      for (const { name } of [...losses, ...operations]) expect(typeof entry.api[name], name).toBe("function");
    });
    for (const golden of cases) {
      it(golden.id, () => (golden.throws === undefined ? check : checkThrows)(functionOf(entry, golden.loss), golden));
    }
  });
}
