// For tsc only: the optional hooks of the contracts, which AssemblyScript finds with isDefined and which an abstract class cannot declare as optional.

import "./pointwise";
import "./vectors";

declare module "./pointwise" {
  interface PointwiseOp<T> {
    operation(): void;
    ternary(): void;
    long(): void;
    split(): void;
    fixed(p: v128, q: v128): v128;
    argument(a: v128, b: v128, c: v128, p: v128, q: v128): v128;
    gradC(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128;
    sum(so: v128, a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128;
    gradB(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128;
  }
}

declare module "./vectors" {
  interface Norm<T> {
    maximum(): void;
    square(): void;
    power(): void;
    count(): void;
  }
}
