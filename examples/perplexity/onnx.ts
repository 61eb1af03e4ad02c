// The model as an ONNX file. That is a protobuf message; this writes the few fields of one that are needed (onnx.proto of the ONNX project gives their numbers).

import { type ByteModel, CONTEXT, HIDDEN, VOCABULARY } from "./model.js";

/** TensorProto.DataType */
const FLOAT = 1;
const INT64 = 7;
const FLOAT16 = 10;
/** AttributeProto.AttributeType */
const INT = 2;

type Message = Uint8Array;

function join(parts: readonly Message[]): Message {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

function varint(n: number): Message {
  const bytes: number[] = [];
  let rest = n;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Uint8Array.of(...bytes, rest);
}

/** Fields of a message: a number, or bytes that are a message, a text or raw data. */
const number = (field: number, n: number): Message => join([varint(field << 3), varint(n)]);
const bytes = (field: number, content: Message): Message => join([varint((field << 3) | 2), varint(content.length), content]);
const message = (field: number, ...parts: Message[]): Message => bytes(field, join(parts));
const text = (field: number, s: string): Message => bytes(field, new TextEncoder().encode(s));

/** TensorProto */
function constant(name: string, type: number, shape: readonly number[], data: Float32Array | BigInt64Array): Message {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return message(5, ...shape.map((size) => number(1, size)), number(2, type), text(8, name), bytes(9, raw));
}

/** ValueInfoProto: element type and shape, where a word stands for any size. */
function value(field: number, name: string, type: number, shape: readonly (number | string)[]): Message {
  const dims = shape.map((size) => message(1, typeof size === "string" ? text(2, size) : number(1, size)));
  return message(field, text(1, name), message(2, message(1, number(1, type), message(2, ...dims))));
}

/** NodeProto */
function node(operator: string, inputs: readonly string[], output: string, attributes: Record<string, number> = {}): Message {
  const settings = Object.entries(attributes).map(([name, n]) => message(5, text(1, name), number(3, n), number(20, INT)));
  return message(1, ...inputs.map((input) => text(1, input)), text(2, output), text(4, operator), ...settings);
}

/** Input "bytes": int64 (rows, CONTEXT). Outputs: "logits", float32 (rows, VOCABULARY), and "logits16", the same as float16. */
export function toOnnx({ embeddings, hiddenBias, weights, bias }: ByteModel): Uint8Array {
  const graph = [
    // each place has its own rows of the table
    node("Add", ["bytes", "places"], "rows"),
    node("Gather", ["embeddings", "rows"], "each"),
    node("ReduceSum", ["each", "axis"], "sum", { keepdims: 0 }),
    node("Add", ["sum", "hiddenBias"], "before"),
    node("Relu", ["before"], "hidden"),
    node("MatMul", ["hidden", "weights"], "product"),
    node("Add", ["product", "bias"], "logits"),
    node("Cast", ["logits"], "logits16", { to: FLOAT16 }),
    text(2, "bytes"),
    constant(
      "places",
      INT64,
      [CONTEXT],
      BigInt64Array.from({ length: CONTEXT }, (_, i) => BigInt(i * VOCABULARY)),
    ),
    constant("axis", INT64, [1], BigInt64Array.of(1n)),
    constant("embeddings", FLOAT, [CONTEXT * VOCABULARY, HIDDEN], embeddings.values),
    constant("hiddenBias", FLOAT, [HIDDEN], hiddenBias.values),
    constant("weights", FLOAT, [HIDDEN, VOCABULARY], weights.values),
    constant("bias", FLOAT, [VOCABULARY], bias.values),
    value(11, "bytes", INT64, ["N", CONTEXT]),
    value(12, "logits", FLOAT, ["N", VOCABULARY]),
    value(12, "logits16", FLOAT16, ["N", VOCABULARY]),
  ];
  // IR version 8, operators of set 17
  return join([number(1, 8), message(7, ...graph), message(8, number(2, 17))]);
}
