// The user's module, alike in every consumer; app.cjs is written from it, for those that know CommonJS only.
import * as losskit from "losskit";
import * as deterministic from "losskit/deterministic";
import * as js from "losskit/js";
import * as threads from "losskit/threads";
import * as wasm from "losskit/wasm";
import { cases } from "./cases.js";
import { check } from "./check.js";

export const report = () =>
  check({ losskit, "losskit/wasm": wasm, "losskit/deterministic": deterministic, "losskit/js": js, "losskit/threads": threads }, cases);
