// jax-js: formulas in its numpy, compiled by jit to WebAssembly at the first call; gradients by valueAndGrad.

import { readFileSync } from "node:fs";
import { defaultDevice, init, jit, nn, numpy as np, valueAndGrad } from "@jax-js/jax";
import { SUMS } from "./measure.mjs";

// An operation consumes its operands: `.ref` keeps one that is needed again.
const mean = (x) => np.mean(x);
const square = (x) => np.square(x);
const absolute = (x) => np.abs(x);
const softplus = (x) => np.add(nn.relu(x.ref), np.log1p(np.exp(np.negative(np.abs(x)))));
function huber(x, t) {
  const size = absolute(x.sub(t));
  const inner = np.minimum(size.ref, 1);
  return mean(square(inner.ref).mul(0.5).add(size.sub(inner)));
}
const distance = (u, v, eps) => np.sqrt(np.sum(square(u.sub(v).add(eps)), 1));
const EPS = 9.999999960041972e-13;
function cosine(a, b) {
  const norms = np
    .sum(square(a.ref), 1)
    .add(EPS)
    .mul(np.sum(square(b.ref), 1).add(EPS));
  return np.sum(a.mul(b), 1).div(np.sqrt(norms));
}

const LOSSES = {
  mseLoss: (x, t) => mean(square(x.sub(t))),
  l1Loss: (x, t) => mean(absolute(x.sub(t))),
  smoothL1Loss: huber,
  huberLoss: huber,
  bceLoss: (x, t) =>
    mean(
      t.ref.mul(np.log(x.ref)).add(
        np
          .negative(t)
          .add(1)
          .mul(np.log1p(np.negative(x))),
      ),
    ).mul(-1),
  bceWithLogitsLoss: (x, t) => mean(softplus(x.ref).sub(x.mul(t))),
  klDivLoss: (x, t) => mean(t.ref.mul(np.log(t).sub(x))),
  marginRankingLoss: (x1, x2, t) => mean(nn.relu(t.mul(x2.sub(x1)))),
  softMarginLoss: (x, t) => mean(softplus(np.negative(x.mul(t)))),
  poissonNllLoss: (x, t) => mean(np.exp(x.ref).sub(x.mul(t))),
  gaussianNllLoss: (x, t, v) => mean(np.log(v.ref).add(square(x.sub(t)).div(v))).mul(0.5),
  hingeEmbeddingLoss: (x, t) => mean(np.where(np.equal(t, 1), x.ref, nn.relu(np.negative(x).add(1)))),
  crossEntropyLoss: (x, y) => mean(np.sum(nn.logSoftmax(x).mul(y), 1)).mul(-1),
  nllLoss: (x, y) => mean(np.sum(x.mul(y), 1)).mul(-1),
  multiLabelSoftMarginLoss: (x, t) => mean(softplus(x.ref).sub(x.mul(t))),
  tripletMarginLoss: (a, p, n) =>
    mean(
      nn.relu(
        distance(a.ref, p, 1e-6)
          .sub(distance(a, n, 1e-6))
          .add(1),
      ),
    ),
  tripletRatioLoss: (a, p, n) => mean(square(nn.sigmoid(distance(a.ref, p, 1e-6).sub(distance(a, n, 1e-6)))).mul(2)),
  cosineEmbeddingLoss(a, b, y) {
    const cos = cosine(a, b);
    return mean(np.where(np.equal(y, 1), np.negative(cos.ref).add(1), nn.relu(cos)));
  },
  "cosine distance": (a, b) => mean(np.negative(cosine(a, b)).add(1)),
  "euclidean distance": (a, b) => mean(distance(a, b, 0)),
};

const WRT = { gaussianNllLoss: [0, 2] };

export async function start() {
  // onnxruntime-web, beside it in this process, makes up a Worker in Node, and jax-js would take that for a browser's and change its memory midway
  if (!("Worker" in globalThis)) Object.defineProperty(globalThis, "Worker", { get: () => undefined, set() {} });
  const devices = await init("wasm");
  if (!devices.includes("wasm")) return { skipped: "its WebAssembly device does not start here" };
  defaultDevice("wasm");
  const { version } = JSON.parse(readFileSync(new URL("node_modules/@jax-js/jax/package.json", import.meta.url)));
  return { info: `${version}, WebAssembly, jit`, contestants: contestant };
}

function contestant(made) {
  const loss = LOSSES[made.loss];
  if (!loss) return [];
  const arrays = made.inputs.map(({ data, shape }) => np.array(data).reshape(shape));
  if (made.index) {
    const onehot = new Float32Array(made.n);
    for (let row = 0; row < made.rows; row++) onehot[row * made.width + made.index[row]] = 1;
    arrays.push(np.array(onehot).reshape([made.rows, made.width]));
  }
  const wrt = WRT[made.loss] ?? made.out.map((_, i) => i);
  const compiled = jit(loss);
  const differentiated = jit(valueAndGrad(loss, { argnums: wrt }));
  let grads;
  const refs = () => arrays.map((array) => array.ref);
  const value = () => compiled(...refs()).dataSync()[0];
  const grad = () => {
    const [result, slopes] = differentiated(...refs());
    grads = (Array.isArray(slopes) ? slopes : [slopes]).map((slope) => slope.dataSync());
    return result.dataSync()[0];
  };
  return [
    {
      name: "jax-js",
      tolerance: SUMS,
      calls: { value: [value], grad: made.grads.length > 0 ? [grad] : [] },
      grads: () => grads,
      close() {
        for (const array of arrays) array.dispose?.();
        compiled.dispose?.();
        differentiated.dispose?.();
      },
    },
  ];
}
