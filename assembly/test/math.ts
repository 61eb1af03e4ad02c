// Tests only, never shipped: each function of assembly/math applied in place to n elements at `at`, n a multiple of the lanes.
// test/math.test.ts measures through these, so it measures what the kernels inline.

import { Exp } from "../math/exp";
import { Log } from "../math/log";

@unmanaged
abstract class Unary<T extends number> {
  abstract of(x: v128): v128;
}

@unmanaged
@final
class ExpOp<T extends number> extends Unary<T> {
  @inline of(x: v128): v128 {
    return Exp.exp<T>(x);
  }
}

@unmanaged
@final
class ExpNonpositiveOp<T extends number> extends Unary<T> {
  @inline of(x: v128): v128 {
    return Exp.nonpositive<T>(x);
  }
}

@unmanaged
@final
class LogOp<T extends number> extends Unary<T> {
  @inline of(x: v128): v128 {
    return Log.log<T>(x);
  }
}

@unmanaged
@final
class Log1pOp<T extends number> extends Unary<T> {
  @inline of(x: v128): v128 {
    return Log.log1p<T>(x);
  }
}

@unmanaged
@final
class Log1pUnitOp<T extends number> extends Unary<T> {
  @inline of(x: v128): v128 {
    return Log.log1pUnit<T>(x);
  }
}

class Apply {
  @inline static run<Op extends Unary<T>, T extends number>(at: usize, n: i32): void {
    const op = changetype<Op>(0);
    const stop = at + n * sizeof<T>();
    for (; at < stop; at += 16) v128.store(at, op.of(v128.load(at)));
  }
}

export function exp_f32(at: usize, n: i32): void {
  Apply.run<ExpOp<f32>, f32>(at, n);
}
export function exp_f64(at: usize, n: i32): void {
  Apply.run<ExpOp<f64>, f64>(at, n);
}
export function expNonpositive_f32(at: usize, n: i32): void {
  Apply.run<ExpNonpositiveOp<f32>, f32>(at, n);
}
export function expNonpositive_f64(at: usize, n: i32): void {
  Apply.run<ExpNonpositiveOp<f64>, f64>(at, n);
}
export function log_f32(at: usize, n: i32): void {
  Apply.run<LogOp<f32>, f32>(at, n);
}
export function log_f64(at: usize, n: i32): void {
  Apply.run<LogOp<f64>, f64>(at, n);
}
export function log1p_f32(at: usize, n: i32): void {
  Apply.run<Log1pOp<f32>, f32>(at, n);
}
export function log1p_f64(at: usize, n: i32): void {
  Apply.run<Log1pOp<f64>, f64>(at, n);
}
export function log1pUnit_f32(at: usize, n: i32): void {
  Apply.run<Log1pUnitOp<f32>, f32>(at, n);
}
export function log1pUnit_f64(at: usize, n: i32): void {
  Apply.run<Log1pUnitOp<f64>, f64>(at, n);
}
