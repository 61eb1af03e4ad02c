/** docs/adapters.md: its examples run and learn, its table of tensors says what happens. */
import "@tensorflow/tfjs-backend-wasm";
import { readFileSync } from "node:fs";
import * as jax from "@jax-js/jax";
import * as tf from "@tensorflow/tfjs";
import * as arrow from "apache-arrow";
import ndarray from "ndarray";
import * as ort from "onnxruntime-common";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { crossEntropyLoss, tensor } from "../../src/index.js";
import * as adapters from "../../src/tfjs.js";
import { entries } from "../entries.js";
import { Random } from "../reference/random.js";

const page = readFileSync(new URL("../../docs/adapters.md", import.meta.url), "utf8");
const modules: Record<string, object> = { "@tensorflow/tfjs": tf, "losskit/tfjs": adapters, "@jax-js/jax": jax };

/** Runs a piece of code with names from elsewhere in its scope. */
function run(code: string, scope: Record<string, unknown>): Promise<unknown> {
  const AsyncFunction = (async () => {}).constructor as new (...text: string[]) => (...values: unknown[]) => Promise<unknown>;
  return new AsyncFunction(...Object.keys(scope), code)(...Object.values(scope));
}

/** An example's own imports as the scope of what follows, losskit's from `api`; returns what `of` names. */
function example(title: string, of: string, api: object): Promise<unknown> {
  const [, code] = new RegExp(`\\n## ${title}\\n[\\s\\S]*?\`\`\`ts\\n([\\s\\S]*?)\`\`\``).exec(page) as unknown as [string, string];
  const scope: Record<string, unknown> = {};
  const body = code.replace(/^import (?:(\* as (\w+)|\{ (.*) \}) from )?"(.*)";\n/gm, (_, _what, whole, names, from) => {
    const module = (modules[from] ?? api) as Record<string, unknown>;
    if (whole) scope[whole] = module;
    for (const name of names?.split(", ") ?? []) {
      const [theirs, own = theirs] = name.split(" as ");
      expect(module[theirs], `${from} has ${theirs}`).toBeDefined();
      scope[own] = module[theirs];
    }
    return "";
  });
  expect(body).not.toContain("import ");
  return run(`${body}; return ${of};`, scope);
}

describe("the examples learn", () => {
  beforeAll(() => {
    tf.env().set("PROD", true);
  });
  // the examples' layers begin with weights from there: the same ones each time, as chance can begin near the solution
  beforeEach(() => {
    const random = new Random(1);
    vi.spyOn(Math, "random").mockImplementation(() => random.next());
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  for (const { name, api } of entries) {
    it(`TensorFlow.js, ${name}`, async () => {
      const learnt = (await example("TensorFlow.js", "tf.argMax(tf.matMul(x, weights), 1)", api)) as tf.Tensor;
      expect(Array.from(learnt.dataSync())).toEqual([0, 1, 2]);
    });

    it(`Keras, ${name}`, async () => {
      const losses = (await example("Keras \\(tf.layers\\)", "history.loss", api)) as number[];
      // labels smoothed by 0.1 over three classes: no logits get below their entropy, 0.29
      expect(losses[0]).toBeGreaterThan(0.8);
      expect(losses.at(-1)).toBeLessThan(0.4);
    });

    it(`jax-js, ${name}`, async () => {
      const losses = (await example("jax-js", "losses", api)) as number[];
      expect(losses[0]).toBeCloseTo(Math.log(3), 6);
      expect(losses.at(-1)).toBeLessThan(0.3);
    });
  }

  it("jax-js: the gradient that its own formula has", async () => {
    const { numpy: np, nn, vjp, grad } = jax;
    await jax.init("wasm");
    jax.defaultDevice("wasm");
    const x = np.array(Float32Array.of(1, 2, -1, 0.5, 3, 1)).reshape([3, 2]);
    const weights = np.array(Float32Array.of(0.1, 0.2, 0.3, 0.4, 0.5, -0.6)).reshape([2, 3]);
    const onehot = np.array(Float32Array.of(1, 0, 0, 0, 0, 1, 0, 1, 0)).reshape([3, 3]);
    const own = grad((w: jax.Array) => np.mean(np.sum(nn.logSoftmax(np.matmul(x.ref, w)).mul(onehot.ref), 1)).mul(-1))(weights.ref);
    const [logits, pullback] = vjp((w: jax.Array) => np.matmul(x.ref, w), [weights]);
    const { grad: cotangent } = crossEntropyLoss.valueAndGrad(tensor(logits.dataSync() as Float32Array, [3, 3]), [0, 2, 1]);
    const [gradient] = pullback(np.array(cotangent.input).reshape([3, 3])) as unknown as [jax.Array];
    const want = own.dataSync();
    expect(Array.from(gradient.dataSync())).toEqual(Array.from(want, (slope) => expect.closeTo(slope as number, 6)));
  });
});

/**
 * transformers.js's Tensor (src/utils/tensor.js of 4.3.1): an onnxruntime tensor behind getters, behind a proxy that reads integer keys as rows. The
 * package itself installs onnxruntime-node, whose install script downloads, and sharp.
 */
class Tensor {
  ort_tensor: ort.Tensor;
  constructor(type: "float32", data: Float32Array, dims: number[]) {
    this.ort_tensor = new ort.Tensor(type, data, dims);
    // biome-ignore lint/correctness/noConstructorReturn: as theirs
    return new Proxy(this, {
      get: (tensor, key) => {
        if (typeof key === "string" && Number.isInteger(Number(key))) throw new Error("a row was asked for");
        return tensor[key as keyof Tensor];
      },
    });
  }
  get dims() {
    return this.ort_tensor.dims;
  }
  get type() {
    return this.ort_tensor.type;
  }
  get data() {
    return this.ort_tensor.data;
  }
  get size() {
    return this.ort_tensor.size;
  }
  get location() {
    return this.ort_tensor.location;
  }
}

/** The elements of an ndarray in row-major order. */
function elements(array: ndarray.NdArray, ...at: number[]): number[] {
  if (at.length === array.shape.length) return [array.get(...at) as number];
  return Array.from({ length: array.shape[at.length] as number }, (_, i) => elements(array, ...at, i)).flat();
}

describe("the table of tensors", async () => {
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  const scope = {
    ort,
    arrow,
    ndarray,
    tf,
    np: jax.numpy,
    Tensor,
    tensor,
    pack: (array: ndarray.NdArray) => tensor(Float32Array.from(elements(array)), array.shape),
    x: Float32Array.of(1, 2, 3, 4),
    bits: Uint16Array.of(0x3c00, 0x4000, 0x4200, 0x4400),
  };
  const rows = [...page.matchAll(/^\| `(.*?)` \| (.*?) \| (?:`(.*?)` )?\|$/gm)].map(
    ([, code, outcome, instead]) => ({ code, outcome, instead }) as Record<string, string>,
  );
  const logits = { data: Float32Array.of(1, 2, 3, 3, 2, 1), shape: [2, 3] };

  it("has every library", () => {
    for (const library of ["ort.", "new Tensor", "arrow.", "ndarray(", "tf.", "np."])
      expect(
        rows.some(({ code }) => code?.startsWith(library) || code?.includes(library)),
        library,
      ).toBe(true);
    expect(rows.length).toBe([...page.matchAll(/^\| `/gm)].length);
  });

  for (const { name, api } of entries) {
    /** Its distance from 0: what the elements are, whatever the shape, and that they can be differentiated. */
    const read = (value: object) => {
      const size = (value as { dims?: number[]; shape?: number[]; length?: number }).dims ??
        (value as { shape?: number[] }).shape ?? [(value as { length: number }).length];
      const zeros = { data: new Array(size.reduce((all, axis) => all * axis, 1)).fill(0), shape: size };
      return Array.from(api.l1Loss?.(value, zeros, { reduction: "none" }) as Float32Array);
    };
    for (const { code, outcome, instead } of rows) {
      it(`${name}: ${code}`, async () => {
        const made = (await run(`return ${code};`, scope)) as object;
        if (outcome === "fits as classes") {
          expect(api.crossEntropyLoss?.(logits, made)).toBe(api.crossEntropyLoss?.(logits, [0, 1]));
          return;
        }
        if (outcome === "fits") {
          expect(read(made)).toEqual([1, 2, 3, 4]);
          return;
        }
        expect(() => api.mseLoss?.(made, scope.x)).toThrow(new RegExp(`^mseLoss: ${outcome?.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`));
        // what lies on a GPU is not to be had here
        if (!instead || code?.includes("Gpu")) return;
        const got = read((await run(`return ${instead};`, { ...scope, t: made })) as object);
        const others: Record<string, number[]> = {
          bool: [1, 0],
          "[1n, 2n]": [1, 2],
          transpose: [1, 3, 2, 4],
          step: [2, 1, 4, 3],
          "pick(1)": [3, 4],
          "pick(0)": [1, 2],
        };
        const [, want] = Object.entries(others).find(([part]) => code?.includes(part)) ?? ["", [1, 2, 3, 4]];
        expect(got).toEqual(want);
      });
    }
  }
});
