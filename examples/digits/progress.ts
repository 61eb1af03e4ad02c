// How far the training is: on a terminal one line that is written over and over, elsewhere (a log file, CI) a plain line now and then.

const WIDTH = 24;
const LINES = 5;

export interface Progress {
  show(name: string, done: number, total: number, note: string): void;
  /** After the last `show` of a name. */
  end(): void;
}

export function progressOn(stream: NodeJS.WriteStream): Progress {
  if (!stream.isTTY) {
    return {
      show(name, done, total, note) {
        if (done % Math.ceil(total / LINES) === 0 || done === total) stream.write(`${name}: epoch ${done} of ${total}, ${note}\n`);
      },
      end() {},
    };
  }
  return {
    show(name, done, total, note) {
      const full = Math.round((WIDTH * done) / total);
      const line = `${name.padEnd(10)} ${"█".repeat(full)}${"░".repeat(WIDTH - full)} ${done}/${total}  ${note}`;
      // A line that wraps could not be written over.
      stream.write(`\r\x1b[K${line.slice(0, (stream.columns || 80) - 1)}`);
    },
    end() {
      stream.write("\n");
    },
  };
}
