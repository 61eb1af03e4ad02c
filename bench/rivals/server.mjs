// A contestant in a process of its own: requests and answers are JSON lines, arrays travel in files. It times itself, one turn at a time.

import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

export class Server {
  #process;
  #lines;
  #folder;
  #failure;

  constructor(command, args, folder) {
    this.#folder = folder;
    this.#process = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#process.on("error", (error) => {
      this.#failure = error;
    });
    this.#process.stdin.on("error", () => {}); // the end of its output tells
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  async ask(request) {
    this.#process.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw this.#failure ?? new Error("the process ended");
    const answer = JSON.parse(value);
    if (answer.error) throw new Error(answer.error);
    return answer;
  }

  /** Hands over a case: inputs one after the other, then the indices. */
  async load({ loss, n, rows = 0, width = 0, listed = 0, times = 0, inputs, index, grads }) {
    const file = `${this.#folder}/case.bin`;
    writeFileSync(file, Buffer.concat([...inputs.map(({ data }) => data), ...(index ? [index] : [])].map(bytesOf)));
    const request = { do: "load", loss, file, n, rows, width, listed, times, indices: index?.length ?? 0 };
    for (const [i, { data }] of inputs.entries()) request[`in${i}`] = data.length;
    for (const [i, { length }] of grads.entries()) request[`out${i}`] = length;
    return await this.ask(request);
  }

  /** The value; with `grads`, the gradients are written there. */
  async result(grads, mode) {
    const file = `${this.#folder}/result.bin`;
    const { value } = await this.ask({ do: "result", grad: grads ? 1 : 0, file, mode });
    if (grads) {
      const read = readFileSync(file);
      let at = 0;
      for (const grad of grads) {
        bytesOf(grad).set(read.subarray(at, at + grad.byteLength));
        at += grad.byteLength;
      }
    }
    return value;
  }

  /** Microseconds per call, and CPU time per wall time meanwhile. */
  turn(grad, ms, mode) {
    return this.ask({ do: "turn", grad: grad ? 1 : 0, ms, mode });
  }

  close() {
    this.#process.stdin.end();
  }
}

function bytesOf({ buffer, byteOffset, byteLength }) {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
