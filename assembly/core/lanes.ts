// The only file that knows how wide a lane is and which instruction set the build has. Everything else is written once for
// f32x4 and f64x2, with AssemblyScript's own generic words (`v128.add<T>`).

// Sixteen bytes of ones, then sixteen of zeros: loading at 16 - k leaves the first k bytes set.
const MASK = memory.data<u64>([-1, -1, 0, 0]);
const ONE32 = memory.data<f32>([1, 0.5, -0.0, -1]);
const ONE64 = memory.data<f64>([1, 0.5, -0.0, -1]);

/** Vectors a lane sums in float32 before the sum goes to double: 16 terms keep the error of a sum below 1e-6 whatever the data. */
export const TURNS: i32 = 16;

export class Lanes {
  /** a * b + c: fused in the relaxed build, two roundings in the baseline one. Never rely on either. */
  @inline static madd<T extends number>(a: v128, b: v128, c: v128): v128 {
    if (ASC_FEATURE_RELAXED_SIMD) {
      if (sizeof<T>() == 4) return f32x4.relaxed_madd(a, b, c);
      return f64x2.relaxed_madd(a, b, c);
    }
    return v128.add<T>(v128.mul<T>(a, b), c);
  }

  /** c - a * b, fused as madd is. */
  @inline static nmadd<T extends number>(a: v128, b: v128, c: v128): v128 {
    if (ASC_FEATURE_RELAXED_SIMD) {
      if (sizeof<T>() == 4) return f32x4.relaxed_nmadd(a, b, c);
      return f64x2.relaxed_nmadd(a, b, c);
    }
    return v128.sub<T>(c, v128.mul<T>(a, b));
  }

  /** A parameter in every lane. */
  @inline static splat<T extends number>(value: f64): v128 {
    if (sizeof<T>() == 4) return f32x4.splat(<f32>value);
    return f64x2.splat(value);
  }

  /** Constant number `index` of a table in static data. V8 rebuilds a v128.const at each use; a splatting load is one instruction. */
  @inline static constant<T extends number>(table: usize, index: i32): v128 {
    if (sizeof<T>() == 4) return v128.load32_splat(table + 4 * index);
    return v128.load64_splat(table + 8 * index);
  }

  /** 1 in every lane. */
  @inline static one<T extends number>(): v128 {
    if (sizeof<T>() == 4) return Lanes.constant<T>(ONE32, 0);
    return Lanes.constant<T>(ONE64, 0);
  }

  /** 1/2 in every lane. */
  @inline static half<T extends number>(): v128 {
    if (sizeof<T>() == 4) return Lanes.constant<T>(ONE32, 1);
    return Lanes.constant<T>(ONE64, 1);
  }

  /** The sign bit in every lane. */
  @inline static sign<T extends number>(): v128 {
    if (sizeof<T>() == 4) return Lanes.constant<T>(ONE32, 2);
    return Lanes.constant<T>(ONE64, 2);
  }

  /** -1 in every lane. */
  @inline static minusOne<T extends number>(): v128 {
    if (sizeof<T>() == 4) return Lanes.constant<T>(ONE32, 3);
    return Lanes.constant<T>(ONE64, 3);
  }

  /** `a` where the mask is set, else b; the mask is set on whole lanes. */
  @inline static select<T extends number>(a: v128, b: v128, mask: v128): v128 {
    if (ASC_FEATURE_RELAXED_SIMD) {
      if (sizeof<T>() == 4) return i32x4.relaxed_laneselect(a, b, mask);
      return i64x2.relaxed_laneselect(a, b, mask);
    }
    return v128.bitselect(a, b, mask);
  }

  /** Every bit set. */
  @inline static ones(): v128 {
    return Lanes.first(16);
  }

  /** A mask whose first `bytes` (0 to 16) are set. */
  @inline static first(bytes: i32): v128 {
    return v128.load(MASK + 16 - bytes);
  }

  /** The upper two float32 lanes as doubles. */
  @inline static high(x: v128): v128 {
    return f64x2.promote_low_f32x4(v128.shuffle<i64>(x, x, 1, 1));
  }

  /** Four doubles as float32 lanes. */
  @inline static join(low: v128, high: v128): v128 {
    return v128.shuffle<i64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
  }

  /** Adds the lanes of a short float sum to a wide one: sums leave float32 after at most 32 terms. */
  @inline static widen<T extends number>(wide: v128, narrow: v128): v128 {
    if (sizeof<T>() == 4) {
      const high = v128.shuffle<i64>(narrow, narrow, 1, 1);
      return f64x2.add(wide, f64x2.add(f64x2.promote_low_f32x4(narrow), f64x2.promote_low_f32x4(high)));
    }
    return f64x2.add(wide, narrow);
  }

  /** The sum of both lanes of a wide sum. */
  @inline static total(wide: v128): f64 {
    return f64x2.extract_lane(wide, 0) + f64x2.extract_lane(wide, 1);
  }

  /** The largest lane, as pmax orders them: of lanes that are NaN nothing is promised. */
  @inline static largest<T extends number>(x: v128): f64 {
    if (sizeof<T>() == 4) {
      const two = f32x4.pmax(x, v128.shuffle<i32>(x, x, 2, 3, 0, 1));
      return <f64>f32x4.extract_lane(f32x4.pmax(two, v128.shuffle<i32>(two, two, 1, 0, 3, 2)), 0);
    }
    return f64x2.extract_lane(f64x2.pmax(x, v128.shuffle<i64>(x, x, 1, 0)), 0);
  }

  /** One element as a double. */
  @inline static load<T extends number>(at: usize): f64 {
    if (sizeof<T>() == 4) return <f64>load<f32>(at);
    return load<f64>(at);
  }

  /** One double, rounded to the element type. */
  @inline static store<T extends number>(at: usize, value: f64): void {
    if (sizeof<T>() == 4) store<f32>(at, <f32>value);
    else store<f64>(at, value);
  }
}
