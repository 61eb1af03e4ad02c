// The commands as a shell runs them, and a corpus small enough for that.

import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { make } from "../make.js";

const MAIN = fileURLToPath(new URL("../build/corpus/main.js", import.meta.url));

export interface Command {
  readonly process: ChildProcess;
  readonly ended: Promise<{ code: number | null; out: string; err: string }>;
}

export function corpus(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Command {
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  let err = "";
  child.stdout.on("data", (text) => {
    out += text;
  });
  child.stderr.on("data", (text) => {
    err += text;
  });
  return { process: child, ended: new Promise((resolve) => child.on("close", (code) => resolve({ code, out, err }))) };
}

export const folders: string[] = [];

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "losskit-corpus-"));
  folders.push(folder);
  return folder;
}

let small: string | undefined;

/** A corpus of its own for a test that spoils it, or a folder for Redis beside. */
export function newCorpus(): string {
  if (!small) {
    small = newFolder();
    make({ folder: small, shards: 6, tokens: 150, vocabulary: 512 });
  }
  const folder = newFolder();
  cpSync(small, folder, { recursive: true });
  return folder;
}

export function removeFolders(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}
