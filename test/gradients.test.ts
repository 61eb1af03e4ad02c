/**
 * Every row, every option variant, every reduction, with and without an upstream gradient: the library's float64 gradient against central
 * differences of the reference's values. The random arguments lie on no kink; the kinks are in acceptance.test.ts.
 */
import { describe, expect, it } from "vitest";
import { entries, functionOf } from "./entries.js";
import { flat, lowerArgs, lowerOptions } from "./reference/call.js";
import { centralDifference, centralTolerance } from "./reference/central.js";
import { agree } from "./reference/compare.js";
import { type Args, type Grads, reduce } from "./reference/tensor.js";
import { draw, type LossRow, losses, type Variant } from "./table.js";

interface Task {
  readonly title: string;
  readonly args: Args;
  readonly options: Record<string, unknown>;
  readonly value: ArrayLike<number>;
  readonly grads: Grads;
}

/** Single elements and 0-D tensors, too: they are where denominators hide. */
const shapesOf = (row: LossRow) => [...row.shapes(5), ...row.shapes(1)];

/** The differences are taken once, the entries compared with them one after the other. */
function tasksOf(row: LossRow, variant: Variant): Task[] {
  return shapesOf(row).flatMap((shape) =>
    row.reductions.flatMap((reduction) => {
      const { args: drawn, options } = draw(row, variant, shape);
      const { behind = (own: Args) => own } = row;
      const args = behind(drawn);
      const reference = row.reference(args, options);
      const upstreams: (number | Float64Array | undefined)[] = [undefined, reduction === "none" ? reference.values.map((_, n) => 0.5 + (n % 3)) : -2.5];
      return upstreams.map((gradOutput) => {
        const { value, upstream } = reduce(reference, reduction, gradOutput);
        const names = Object.keys(reference.grads(upstream));
        const differences = (name: string) => centralDifference((moved) => row.reference(behind(moved), options), args, name, upstream);
        const grads = Object.fromEntries(names.map((name) => [name, differences(name)]));
        return {
          title: `[${shape}] ${reduction}${gradOutput === undefined ? "" : ", gradOutput"}`,
          args,
          options: { ...options, reduction, wrt: names, ...(gradOutput === undefined ? {} : { gradOutput }) },
          value: flat(value),
          grads,
        };
      });
    }),
  );
}

for (const row of losses) {
  describe(row.name, () => {
    const differenced = row.variants.filter((own) => own.notDifferenced === undefined);
    if (differenced.length === 0) it.skip(`no central differences: ${row.variants[0]?.notDifferenced}`);
    for (const variant of differenced) {
      const tasks = tasksOf(row, variant);
      for (const entry of entries) {
        it(`${variant.title}, ${entry.name}`, () => {
          for (const task of tasks) {
            const call = functionOf(entry, row.name);
            const { value, grad } = call.valueAndGrad(...lowerArgs(task.args, row.arguments, "float64"), lowerOptions(task.options, "float64"));
            agree(flat(value), task.value, centralTolerance, () => `${task.title} value`);
            expect(Object.keys(grad).sort(), `${task.title} names`).toEqual(Object.keys(task.grads).sort());
            for (const [name, want] of Object.entries(task.grads)) {
              agree(grad[name] ?? [], want, centralTolerance, () => `${task.title} ${name}`);
            }
          }
        });
      }
    }
  });
}

/** What a call without `wrt` differentiates is part of the contract. */
describe("default wrt", () => {
  for (const row of losses) {
    for (const entry of entries) {
      it(`${row.name}, ${entry.name}`, () => {
        const { args } = draw(row, row.variants[0] as Variant, row.shapes(3)[0] as number[]);
        const { grad } = functionOf(entry, row.name).valueAndGrad(...lowerArgs(args, row.arguments, "float64"));
        expect(Object.keys(grad).sort()).toEqual([...row.wrt].sort());
      });
    }
  }
});
