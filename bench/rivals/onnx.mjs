// onnxruntime, native and WebAssembly, one thread: small graphs made here, value only. An ONNX model is a protobuf message; this writes the few
// fields of one that are needed (onnx.proto of the ONNX project gives their numbers).

import { readFileSync } from "node:fs";
import { SUMS } from "./measure.mjs";

const FLOAT = 1;
const INT64 = 7;

function varint(n) {
  const bytes = [];
  for (; n > 127; n = Math.floor(n / 128)) bytes.push((n % 128) | 128);
  return [...bytes, n];
}
const number = (field, n) => [...varint(field << 3), ...varint(n)];
const message = (field, bytes) => [...varint((field << 3) | 2), ...varint(bytes.length), ...bytes];
const text = (field, s) => message(field, [...new TextEncoder().encode(s)]);
const float = (x) => [...new Uint8Array(new Float32Array([x]).buffer)];

/** TypeProto.Tensor of a ValueInfoProto: element type and shape. */
function valueInfo(field, name, type, shape) {
  const dims = shape.flatMap((dim) => message(1, number(1, dim)));
  return message(field, [...text(1, name), ...message(2, message(1, [...number(1, type), ...message(2, dims)]))]);
}

/** AttributeProto: an int (type 2), a list of ints (7) or a string (3). */
function attribute([name, value]) {
  if (typeof value === "string") return message(5, [...text(1, name), ...text(4, value), ...number(20, 3)]);
  if (Array.isArray(value)) return message(5, [...text(1, name), ...value.flatMap((n) => number(8, n)), ...number(20, 7)]);
  return message(5, [...text(1, name), ...number(3, value), ...number(20, 2)]);
}

/** Nodes are [operator, inputs, output, attributes]; a number among the inputs is a constant. The last output is the model's, named "loss". */
function model(inputs, nodes) {
  const constants = new Map();
  const nameOf = (input) => {
    if (typeof input === "string") return input;
    constants.set(input, `c${input}`);
    return constants.get(input);
  };
  const body = nodes.flatMap(([operator, from, to, attributes = {}]) =>
    message(1, [...from.flatMap((input) => text(1, nameOf(input))), ...text(2, to), ...text(4, operator), ...Object.entries(attributes).flatMap(attribute)]),
  );
  const initializers = [...constants].flatMap(([value, name]) => message(5, [...number(2, FLOAT), ...text(8, name), ...message(9, float(value))]));
  const graph = [
    ...body,
    ...text(2, "loss"),
    ...initializers,
    ...inputs.flatMap(({ name, type, shape }) => valueInfo(11, name, type, shape)),
    ...valueInfo(12, "loss", FLOAT, []),
  ];
  // IR version 8, operators of set 17
  return Uint8Array.from([...number(1, 8), ...message(7, graph), ...message(8, number(2, 17))]);
}

const MEAN = (from) => ["ReduceMean", [from], "loss", { keepdims: 0 }];
const HUBER = [
  ["Sub", ["a", "b"], "d"],
  ["Abs", ["d"], "size"],
  ["Min", ["size", 1], "inner"],
  ["Mul", ["inner", 0.5], "half"],
  ["Sub", ["size", "half"], "outer"],
  ["Mul", ["inner", "outer"], "each"],
  MEAN("each"),
];
const WITH_LOGITS = [["Softplus", ["a"], "soft"], ["Mul", ["a", "b"], "ab"], ["Sub", ["soft", "ab"], "each"], MEAN("each")];
const distance = (u, v, to) => [
  ["Sub", [u, v], `${to}d`],
  ["Add", [`${to}d`, 1e-6], `${to}e`],
  ["ReduceL2", [`${to}e`], to, { axes: [1], keepdims: 0 }],
];

/** Inputs are a, b, c in the order of the case, y the classes. */
const GRAPHS = {
  mseLoss: [["Sub", ["a", "b"], "d"], ["Mul", ["d", "d"], "each"], MEAN("each")],
  l1Loss: [["Sub", ["a", "b"], "d"], ["Abs", ["d"], "each"], MEAN("each")],
  smoothL1Loss: HUBER,
  huberLoss: HUBER,
  bceLoss: [
    ["Log", ["a"], "log"],
    ["Sub", [1, "a"], "rest"],
    ["Log", ["rest"], "logRest"],
    ["Sub", [1, "b"], "other"],
    ["Mul", ["b", "log"], "one"],
    ["Mul", ["other", "logRest"], "two"],
    ["Add", ["one", "two"], "sum"],
    ["Neg", ["sum"], "each"],
    MEAN("each"),
  ],
  bceWithLogitsLoss: WITH_LOGITS,
  multiLabelSoftMarginLoss: WITH_LOGITS,
  klDivLoss: [["Log", ["b"], "log"], ["Sub", ["log", "a"], "d"], ["Mul", ["b", "d"], "each"], MEAN("each")],
  marginRankingLoss: [["Sub", ["b", "a"], "d"], ["Mul", ["c", "d"], "z"], ["Relu", ["z"], "each"], MEAN("each")],
  softMarginLoss: [["Mul", ["a", "b"], "ab"], ["Neg", ["ab"], "z"], ["Softplus", ["z"], "each"], MEAN("each")],
  poissonNllLoss: [["Exp", ["a"], "e"], ["Mul", ["a", "b"], "ab"], ["Sub", ["e", "ab"], "each"], MEAN("each")],
  gaussianNllLoss: [
    ["Sub", ["a", "b"], "d"],
    ["Mul", ["d", "d"], "dd"],
    ["Div", ["dd", "c"], "q"],
    ["Log", ["c"], "log"],
    ["Add", ["q", "log"], "sum"],
    ["Mul", ["sum", 0.5], "each"],
    MEAN("each"),
  ],
  crossEntropyLoss: [["SoftmaxCrossEntropyLoss", ["a", "y"], "loss", { reduction: "mean" }]],
  nllLoss: [["NegativeLogLikelihoodLoss", ["a", "y"], "loss", { reduction: "mean" }]],
  tripletMarginLoss: [
    ...distance("a", "b", "near"),
    ...distance("a", "c", "far"),
    ["Sub", ["near", "far"], "u"],
    ["Add", ["u", 1], "z"],
    ["Relu", ["z"], "each"],
    MEAN("each"),
  ],
  tripletRatioLoss: [
    ...distance("a", "b", "near"),
    ...distance("a", "c", "far"),
    ["Sub", ["near", "far"], "u"],
    ["Sigmoid", ["u"], "s"],
    ["Mul", ["s", "s"], "ss"],
    ["Mul", ["ss", 2], "each"],
    MEAN("each"),
  ],
};

const RUNTIMES = { "onnxruntime-node": () => import("onnxruntime-node"), "onnxruntime-web": () => import("onnxruntime-web") };

export async function start() {
  const runtimes = [];
  const info = [];
  for (const [name, load] of Object.entries(RUNTIMES)) {
    const module = await load();
    const ort = module.default ?? module;
    if (name === "onnxruntime-web") ort.env.wasm.numThreads = 1;
    ort.env.logLevel = "error";
    runtimes.push([name, ort]);
    info.push(`${name} ${JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version}`);
  }
  return {
    info: info.join(", "),
    async contestants(made) {
      const all = [];
      for (const [name, ort] of runtimes) all.push(...(await contestant(name, ort, made)));
      return all;
    },
  };
}

async function contestant(name, ort, made) {
  const nodes = GRAPHS[made.loss];
  if (!nodes) return [];
  const letters = ["a", "b", "c"];
  const inputs = made.inputs.map(({ shape }, i) => ({ name: letters[i], type: FLOAT, shape }));
  const feeds = Object.fromEntries(made.inputs.map(({ data, shape }, i) => [letters[i], new ort.Tensor("float32", data, shape)]));
  if (made.index) {
    inputs.push({ name: "y", type: INT64, shape: made.indexShape });
    feeds.y = new ort.Tensor("int64", BigInt64Array.from(made.index, BigInt), made.indexShape);
  }
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3, executionProviders: [name === "onnxruntime-web" ? "wasm" : "cpu"] };
  const session = await ort.InferenceSession.create(model(inputs, nodes), options);
  const value = async () => (await session.run(feeds)).loss.data[0];
  return [{ name, tolerance: SUMS, calls: { value: [value], grad: [] }, close: () => session.release() }];
}
