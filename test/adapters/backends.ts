import * as tf from "@tensorflow/tfjs";
import { expect } from "vitest";

export const BACKENDS = ["wasm", "cpu"] as const;

/** Runs `f` in a scope of TensorFlow.js, and expects that it leaves no tensor and no elements in the backend. */
export function unchanged(f: () => void): void {
  const counts = () => [tf.memory().numTensors, tf.memory().numDataBuffers, tf.backend().numDataIds()];
  const before = counts();
  tf.tidy(f);
  expect(counts()).toEqual(before);
}
