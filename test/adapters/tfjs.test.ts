/**
 * losskit inside the real TensorFlow.js, on its wasm and cpu backends: every loss of the table as losskit itself computes it, some as TensorFlow.js's own
 * formulas do; nothing copied, nothing left behind.
 */
import "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import * as index from "../../src/index.js";
import * as js from "../../src/js.js";
import { type AnyLoss, toTfjs } from "../../src/tfjs.js";
import type { Callable } from "../entries.js";
import { lowerArgs, lowerOptions } from "../reference/call.js";
import { largestFinite, type Tensor } from "../reference/tensor.js";
import { draw, losses } from "../table.js";
import { BACKENDS, unchanged } from "./backends.js";

/** An adapted loss without its static types, which have a test of their own. */
type Adapted = (...args: unknown[]) => tf.Tensor;
const adapt = (loss: unknown): Adapted => toTfjs(tf, loss as AnyLoss) as unknown as Adapted;
const lossOf = (name: string) => (js as unknown as Record<string, Callable>)[name] as Callable;
const isReferenceTensor = (value: unknown): value is Tensor => (value as Tensor | null)?.data instanceof Float64Array;
const tensorOf = ({ data, shape, kind }: Tensor): tf.Tensor =>
  kind === "class" ? tf.tensor(Int32Array.from(data), [...shape], "int32") : tf.tensor(Float32Array.from(data), [...shape], "float32");

/** 1e-6 of the largest element: what two float32 computations of one number may differ by. */
function close(got: ArrayLike<number>, want: ArrayLike<number>, title: string): void {
  expect(got.length, title).toBe(want.length);
  const tolerance = 1e-6 * Math.max(largestFinite(want), 1e-30);
  for (let i = 0; i < want.length; i++) {
    const apart = Math.abs((got[i] as number) - (want[i] as number));
    if (!(Object.is(got[i], want[i]) || apart <= tolerance)) expect(got[i], `${title}[${i}]`).toBe(want[i]);
  }
}

for (const backend of BACKENDS) {
  describe(`${backend} backend`, () => {
    beforeAll(async () => {
      tf.env().set("PROD", true); // no advice in the log
      expect(await tf.setBackend(backend)).toBe(true);
    });

    for (const row of losses) {
      it(`${row.name}: value and every gradient, by all reductions, as losskit's own`, () => {
        const adapted = adapt(lossOf(row.name));
        for (const variant of row.variants) {
          const shape = (row.shapes(5)[1] ?? row.shapes(5)[0]) as number[];
          const { args, options: drawn } = draw(row, variant, shape);
          const names = Object.keys(row.reference(args, drawn).grads(new Float64Array(row.reference(args, drawn).values.length)));
          for (const reduction of row.reductions) {
            const title = `${variant.title}, ${reduction}`;
            const options = { ...drawn, reduction };
            const plainArgs = lowerArgs(args, row.arguments, "float32");
            const size = reduction === "none" ? (lossOf(row.name)(...plainArgs, lowerOptions(options, "float32")) as Float32Array).length : 1;
            const upstream = Float32Array.from({ length: size }, (_, i) => 0.5 + (i % 3));
            const gradOutput = reduction === "none" ? upstream : (upstream[0] as number);
            const want = lossOf(row.name).valueAndGrad(...plainArgs, { ...lowerOptions(options, "float32"), wrt: names, gradOutput });
            unchanged(() => {
              const tensors = row.arguments.map((name) => tensorOf(args[name] as Tensor));
              const own = Object.fromEntries(Object.entries(options).map(([key, value]) => [key, isReferenceTensor(value) ? tensorOf(value) : value]));
              const call = (...some: tf.Tensor[]) =>
                adapted(...row.arguments.map((name, i) => (names.includes(name) ? some[names.indexOf(name)] : tensors[i])), own);
              const inputs = names.map((name) => tensors[row.arguments.indexOf(name)] as tf.Tensor);
              const plain = call(...inputs);
              const dy = tf.tensor(upstream, plain.shape);
              const { value, grads } = tf.valueAndGrads(call)(inputs, dy);
              close(value.dataSync(), typeof want.value === "number" ? [want.value] : want.value, `${title}: value`);
              close(plain.dataSync(), value.dataSync(), `${title}: value alone`);
              grads.forEach((grad, i) => {
                expect(grad.shape).toEqual(inputs[i]?.shape);
                close(grad.dataSync(), want.grad[names[i] as string] as Float32Array, `${title}: ${names[i]}`);
              });
            });
          }
        }
      });
    }

    const normal = (...shape: number[]) => tf.randomNormal(shape, 0, 1, "float32", 20);
    const uniform = (shape: number[], low = 0, high = 1) => tf.randomUniform(shape, low, high, "float32", 21);
    const eps = 1e-6;
    const distance = (u: tf.Tensor, v: tf.Tensor) => tf.norm(tf.add(tf.sub(u, v), eps), 2, 1);
    const softplus = (x: tf.Tensor) => tf.add(tf.relu(x), tf.log1p(tf.exp(tf.neg(tf.abs(x)))));
    const formulas: [string, AnyLoss, (...x: tf.Tensor[]) => tf.Tensor, () => tf.Tensor[], object?][] = [
      ["mseLoss, tf.losses", index.mseLoss, (x, t) => tf.losses.meanSquaredError(t as tf.Tensor, x as tf.Tensor), () => [normal(7, 5), uniform([7, 5])]],
      ["huberLoss, tf.losses", index.huberLoss, (x, t) => tf.losses.huberLoss(t as tf.Tensor, x as tf.Tensor), () => [normal(40), uniform([40])]],
      [
        "crossEntropyLoss, tf.losses",
        index.crossEntropyLoss,
        (x, t) => tf.losses.softmaxCrossEntropy(t as tf.Tensor, x as tf.Tensor),
        () => [normal(6, 10), tf.softmax(uniform([6, 10]))],
        { wrt: ["input"] },
      ],
      [
        "bceWithLogitsLoss, tf.losses",
        index.bceWithLogitsLoss,
        (x, t) => tf.losses.sigmoidCrossEntropy(t as tf.Tensor, x as tf.Tensor),
        () => [normal(7, 5), uniform([7, 5])],
      ],
      [
        "tripletMarginLoss",
        index.tripletMarginLoss,
        (a, p, n) => tf.mean(tf.relu(tf.add(1, tf.sub(distance(a as tf.Tensor, p as tf.Tensor), distance(a as tf.Tensor, n as tf.Tensor))))),
        () => [normal(9, 8), uniform([9, 8]), uniform([9, 8], 1, 2)],
      ],
      [
        "klDivLoss",
        index.klDivLoss,
        (x, t) => tf.mean(tf.mul(t as tf.Tensor, tf.sub(tf.log(t as tf.Tensor), x as tf.Tensor))),
        () => [normal(4, 6), uniform([4, 6], 0.1, 1)],
      ],
      ["softMarginLoss", index.softMarginLoss, (x) => tf.mean(softplus(tf.neg(x as tf.Tensor))), () => [normal(30), tf.ones([30])], { wrt: ["input"] }],
    ];
    for (const [title, loss, formula, make, options] of formulas) {
      it(`${title}: as TensorFlow.js differentiates its formula`, () => {
        unchanged(() => {
          const inputs = make();
          const adapted = adapt(loss);
          const moved = options ? inputs.slice(0, 1) : inputs;
          const rest = inputs.slice(moved.length);
          // behind a product, whose gradient does not begin with 1
          const own = tf.valueAndGrads((...x: tf.Tensor[]) => tf.mul(adapted(...x, ...rest, options ?? {}), 3))(moved);
          const theirs = tf.valueAndGrads((...x: tf.Tensor[]) => tf.mul(formula(...x, ...rest), 3))(moved);
          // sums of theirs in float32, one element after the other
          expect(own.value.dataSync()[0]).toBeCloseTo(theirs.value.dataSync()[0] as number, 5);
          own.grads.forEach((grad, i) => {
            const apart = tf.max(tf.abs(tf.sub(grad, theirs.grads[i] as tf.Tensor))).dataSync()[0] as number;
            expect(apart, `gradient ${i}`).toBeLessThan(1e-6);
          });
        });
      });
    }

    it("reduction none: a tensor of the losses' shape", () => {
      unchanged(() => {
        const none = (loss: AnyLoss, ...args: unknown[]) => adapt(loss)(...args, { reduction: "none" }).shape;
        expect(none(index.mseLoss, normal(2, 3), normal(2, 3))).toEqual([2, 3]);
        expect(none(index.mseLoss, 1, 2)).toEqual([1]);
        expect(none(index.crossEntropyLoss, normal(2, 3), tf.tensor1d([0, 2], "int32"))).toEqual([2]);
        expect(none(index.crossEntropyLoss, normal(3), tf.scalar(1, "int32"))).toEqual([]);
        expect(none(index.crossEntropyLoss, normal(2, 3, 4, 5), tf.zeros([2, 4, 5], "int32"))).toEqual([2, 4, 5]);
        expect(adapt(index.nllLoss)(normal(2, 4, 3), tf.zeros([2, 4], "int32"), { dim: -1, reduction: "none" }).shape).toEqual([2, 4]);
        expect(none(index.tripletMarginLoss, normal(4, 3), normal(4, 3), normal(4, 3))).toEqual([4]);
        expect(none(index.diceLoss, uniform([2, 1, 4, 4]), tf.ones([2, 1, 4, 4]))).toEqual([2, 1]);
        expect(none(index.klDivLoss, normal(3, 1), tf.ones([1, 4]))).toEqual([12]);
        expect(adapt(index.mseLoss)(normal(2), normal(2)).shape).toEqual([]);
      });
    });

    it("int32 are classes, or one-hot probabilities of the input's shape; elsewhere numbers", () => {
      unchanged(() => {
        const ce = adapt(index.crossEntropyLoss);
        const x = normal(5, 3);
        const classes = tf.tensor1d([0, 1, 2, 1, 0], "int32");
        const want = ce(x, classes).dataSync();
        const oneHot = tf.oneHot(classes, 3);
        expect(oneHot.dtype).toBe("int32");
        for (const target of [oneHot, tf.cast(oneHot, "float32"), tf.cast(oneHot, "bool"), [0, 1, 2, 1, 0], BigInt64Array.of(0n, 1n, 2n, 1n, 0n)]) {
          close(ce(x, target).dataSync(), want, "cross entropy");
        }
        expect(() => ce(x, tf.tensor1d([0, 1, 3, 1, 0], "int32"))).toThrow('crossEntropyLoss: "target"[2] expected a class in [0, 3), got 3');
        expect(() => adapt(index.nllLoss)(x, oneHot)).toThrow('nllLoss: "target" expected shape (5)');
        close(adapt(index.mseLoss)(x, oneHot).dataSync(), adapt(index.mseLoss)(x, tf.cast(oneHot, "float32")).dataSync(), "mse");
        const bits = tf.tensor1d([true, false, true], "bool");
        close(adapt(index.bceWithLogitsLoss)(normal(3), bits).dataSync(), adapt(index.bceWithLogitsLoss)(normal(3), [1, 0, 1]).dataSync(), "bce");
      });
    });

    it("gradients that nobody asks for are not computed; wrt makes constants; no second derivatives", () => {
      unchanged(() => {
        const asked: string[][] = [];
        const counting = new Proxy(index.mseLoss, {
          get: (loss, key) =>
            key !== "valueAndGrad"
              ? Reflect.get(loss, key)
              : (...args: unknown[]) => {
                  asked.push((args.at(-1) as { wrt: string[] }).wrt);
                  return (loss as unknown as Callable).valueAndGrad(...args);
                },
        });
        const mse = adapt(counting);
        const [x, t] = [normal(4), tf.ones([4])];
        mse(x, t);
        expect(asked).toEqual([]);
        const byInput = tf.grad((moved: tf.Tensor) => mse(moved, t))(x);
        expect(asked.splice(0)).toEqual([["input"]]);
        const [, byTarget] = tf.grads((a: tf.Tensor, b: tf.Tensor) => mse(a, b))([x, t]) as [tf.Tensor, tf.Tensor];
        expect(asked.splice(0)).toEqual([["input"], ["target"]]);
        close(byTarget.dataSync(), tf.neg(byInput).dataSync(), "target");
        // both arguments the same tensor: its two gradients cancel
        expect(Math.max(...tf.abs(tf.grad((moved: tf.Tensor) => mse(moved, moved))(x)).dataSync())).toBe(0);
      });
      // an error in the middle of it leaves on TensorFlow.js's own tape what its nodes keep, so what is left is not counted
      tf.tidy(() => {
        const [x, t] = [normal(4), tf.ones([4])];
        const mse = adapt(index.mseLoss);
        expect(() => tf.grad((moved: tf.Tensor) => mse(x, moved, { wrt: ["input"] }))(t)).toThrow("Cannot compute gradient");
        expect(() => tf.grad((moved: tf.Tensor) => adapt(index.bceLoss)(tf.sigmoid(x), moved))(t)).toThrow("Cannot compute gradient");
        const penalty = (inner: tf.Tensor) => tf.sum(tf.square(tf.grad((moved: tf.Tensor) => mse(moved, t))(inner)));
        expect(penalty(x).dataSync()[0]).toBeCloseTo(tf.mean(tf.square(tf.sub(x, t))).dataSync()[0] as number, 5);
        expect(() => tf.grad(penalty)(x)).toThrow("mseLoss: a second derivative is not to be had");
      });
    });

    it("reads and writes where the backend has its elements", () => {
      unchanged(() => {
        const seen: { args: { data: Float32Array }[]; out: Record<string, Float32Array> | undefined; grad: Record<string, Float32Array> }[] = [];
        const watched = new Proxy(index.mseLoss, {
          get: (loss, key) =>
            key !== "valueAndGrad"
              ? Reflect.get(loss, key)
              : (...args: unknown[]) => {
                  const result = (loss as unknown as Callable).valueAndGrad(...args);
                  seen.push({ args: args.slice(0, 2) as never, out: (args[2] as { out?: Record<string, Float32Array> }).out, grad: result.grad as never });
                  return result;
                },
        });
        const [x, t] = [normal(100), tf.zeros([100])];
        const grad = tf.grad((moved: tf.Tensor) => adapt(watched)(moved, t))(x);
        const [{ args, out, grad: made }] = seen as [(typeof seen)[0]];
        if (backend === "cpu") {
          expect(args.map(({ data }) => data)).toEqual([x.dataSync(), t.dataSync()]);
          expect(args[0]?.data).toBe(x.dataSync());
          expect(grad.dataSync()).toBe(made.input);
        } else {
          const heap = (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm.HEAPU8.buffer;
          for (const array of [args[0]?.data, args[1]?.data, out?.input]) expect(array?.buffer === heap).toBe(true);
        }
        close(grad.dataSync(), tf.div(x, 50).dataSync(), "gradient");
      });
    });

    it("tensors of the other backend move here, and the heap may grow on the way", async () => {
      const [x, t] = await elsewhere(backend, () => [tf.fill([1 << 22], 3), tf.fill([1 << 22], 1)]);
      const both = tf.valueAndGrads((a: tf.Tensor, b: tf.Tensor) => adapt(index.mseLoss)(a, b))([x, t]);
      expect(both.value.dataSync()[0]).toBe(4);
      expect(both.grads.map((grad) => grad.dataSync().at(-1))).toEqual([4 / (1 << 22), -4 / (1 << 22)]);
      tf.dispose([x, t, both.value, both.grads]);
    });

    it("errors name the loss, the argument, what was expected and what came, and leave nothing behind", () => {
      unchanged(() => {
        const mse = adapt(index.mseLoss);
        const x = normal(4);
        const gone = tf.zeros([4]);
        gone.dispose();
        const refused: [() => unknown, string][] = [
          [() => mse(x), "mseLoss: the call expected 2 arguments (input, target) and options, got 1 arguments"],
          [() => mse(x, x, {}, {}), "mseLoss: the call expected 2 arguments (input, target) and options, got 4 arguments"],
          [() => mse(x, x, x), "mseLoss: the last argument expected an object of options"],
          [() => mse(x, x, null), "mseLoss: the last argument expected an object of options"],
          [() => mse(x, x, 3), "mseLoss: the last argument expected an object of options"],
          [() => mse(x, gone), 'mseLoss: "target" expected a tensor, got one that is disposed'],
          [() => mse(x, tf.tensor1d(["a"])), 'mseLoss: "target" expected a tensor of float32, int32 or bool, got string'],
          [() => mse(x, x, { weight: gone }), 'mseLoss: option "weight" expected a tensor, got one that is disposed'],
          [() => mse(x, x, { wrt: ["weight"] }), 'mseLoss: option "wrt" expected an array of "input", "target", each once, got ["weight"]'],
          [() => mse(x, x, { wrt: ["input", "input"] }), 'mseLoss: option "wrt" expected an array of "input", "target", each once, got ["input","input"]'],
          [() => mse(x, x, { out: {} }), 'mseLoss: option "out" expected nothing (TensorFlow.js sees to it), got a value'],
          [() => mse(x, x, { gradOutput: 1 }), 'mseLoss: option "gradOutput" expected nothing'],
          [() => mse(x, x, { reduction: "avg" }), 'mseLoss: option "reduction" expected one of mean, sum, none, got "avg"'],
          [() => mse(x, normal(5)), 'mseLoss: "target" expected the shape of "input", (4), got (5)'],
          [() => adapt(Math.max), 'toTfjs: "loss" expected a loss of losskit, got the function max'],
          [() => adapt(undefined), 'toTfjs: "loss" expected a loss of losskit, got undefined'],
        ];
        // the wasm backend has no complex numbers
        if (backend === "cpu") {
          refused.push([() => mse(x, tf.complex([1, 2, 3, 4], [0, 0, 0, 0])), 'mseLoss: "target" expected a tensor of float32, int32 or bool, got complex64']);
        }
        for (const [act, message] of refused) {
          expect(act).toThrow(message);
          // while somebody differentiates, too
          expect(() => tf.grad(() => act() as tf.Tensor)(x)).toThrow(message);
        }
      });
    });
  });
}

/** Tensors that were made on the other backend. */
async function elsewhere<T>(backend: string, make: () => T): Promise<T> {
  await tf.setBackend(BACKENDS.find((name) => name !== backend) as string);
  const made = make();
  await tf.setBackend(backend);
  return made;
}

it("other backends are refused by an error that says what to do", async () => {
  class Other extends tf.KernelBackend {}
  for (const name of ["webgl", "webgpu"]) {
    if (tf.findBackendFactory(name)) tf.removeBackend(name);
    tf.registerBackend(name, () => new Other(), 0);
    expect(await tf.setBackend(name)).toBe(true);
    expect(() => adapt(index.mseLoss)([1], [2])).toThrow(
      `mseLoss: expected TensorFlow.js's wasm or cpu backend, got "${name}"; change it by await tf.setBackend("wasm") or await tf.setBackend("cpu")`,
    );
  }
  await tf.setBackend("cpu");
});
