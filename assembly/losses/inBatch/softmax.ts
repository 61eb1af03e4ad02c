import { INFO_NCE, LABEL, NEGATIVES, NT_XENT, OWN, PULL, REFERENCE, SLOPE, SUM, SUP_CON, TILE, TOP, WEIGHT_OF } from "../../../src/backend/protocol";
import { Kernel } from "../../core/kernel";
import { Lanes } from "../../core/lanes";
import { Pairs, Tiles } from "../../core/tiles";
import { Exp } from "../../math/exp";
import { Log } from "../../math/log";

/** A lane that does not count may have any logit; one below all that do. */
const LOWEST32 = memory.data<f32>([-3.4028234663852886e38]);
const LOWEST64 = memory.data<f64>([-1.7976931348623157e308]);

/** The largest logit of each row so far, and the sum of e^(logit - largest), with one more tile. */
@unmanaged
class Sums extends Kernel {
  @inline static run<T extends number>(
    kind: i32,
    labelled: i32,
    tile: usize,
    rows: i32,
    cols: i32,
    own: i32,
    factor: f64,
    running: usize,
    mine: usize,
    theirs: usize,
  ): void {
    // no lane is masked in most tiles
    const various = kind == NT_XENT || (kind == INFO_NCE && labelled != 0);
    if (Pairs.plain<T>(various, rows, cols, own, kind == INFO_NCE)) Sums.rows<T>(true, kind, labelled, tile, rows, cols, own, factor, running, mine, theirs);
    else Sums.rows<T>(false, kind, labelled, tile, rows, cols, own, factor, running, mine, theirs);
  }

  @inline static rows<T extends number>(
    plain: bool,
    kind: i32,
    labelled: i32,
    tile: usize,
    rows: i32,
    cols: i32,
    own: i32,
    factor: f64,
    running: usize,
    mine: usize,
    theirs: usize,
  ): void {
    const size: i32 = sizeof<T>();
    const lanes: i32 = 16 / size;
    const f = Lanes.splat<T>(factor);
    const apart = Pairs.apart(kind, labelled);
    const right = Pairs.right(kind);
    const labels = theirs + LABEL * TILE * size;
    for (let row = 0; row < rows; row++) {
      const at = running + 8 * row;
      const x = tile + row * Tiles.step<T>();
      const label = Tiles.weight<T>(mine + (LABEL * TILE + row) * size);
      const itself = own + row;
      const before = load<f64>(at + 8 * TOP * TILE);
      let top = Lanes.splat<T>(before);
      const lowest = sizeof<T>() == 4 ? Lanes.constant<T>(LOWEST32, 0) : Lanes.constant<T>(LOWEST64, 0);
      for (let j = 0; j < cols; j += lanes) {
        let s = v128.mul<T>(v128.load(x + j * size), f);
        if (!plain) {
          const out = Pairs.excluded(v128.eq<T>(label, v128.load(labels + j * size)), Pairs.own<T>(j, itself), apart, right);
          s = Lanes.select<T>(s, lowest, v128.andnot(Pairs.inside<T>(j, cols), out));
        }
        top = v128.pmax<T>(s, top);
      }
      const largest = Lanes.largest<T>(top);
      const m = Lanes.splat<T>(largest);
      let sum = f64x2.splat(0);
      for (let j = 0; j < cols; j += lanes) {
        const s = v128.mul<T>(v128.load(x + j * size), f);
        let e = Exp.nonpositive<T>(v128.sub<T>(s, m));
        if (!plain) {
          const out = Pairs.excluded(v128.eq<T>(label, v128.load(labels + j * size)), Pairs.own<T>(j, itself), apart, right);
          e = v128.and(e, v128.andnot(Pairs.inside<T>(j, cols), out));
        }
        sum = v128.add<T>(sum, e);
      }
      const shrink = f64x2.extract_lane(Exp.nonpositive<f64>(f64x2.splat(before - largest)), 0);
      store<f64>(at + 8 * TOP * TILE, largest);
      store<f64>(at + 8 * SUM * TILE, load<f64>(at + 8 * SUM * TILE) * shrink + Lanes.total(Lanes.widen<T>(f64x2.splat(0), sum)));
      if (kind == INFO_NCE && itself >= 0 && itself < cols) {
        // rounded as the others are: the largest of a row less itself is 0
        const s = v128.mul<T>(Tiles.weight<T>(x + itself * size), f);
        store<f64>(at + 8 * OWN * TILE, sizeof<T>() == 4 ? <f64>f32x4.extract_lane(s, 0) : f64x2.extract_lane(s, 0));
      }
    }
  }
}

/** What the positives of each row have so far, with one more tile: SUP_CON the sum of their logits, NT_XENT losses and their slopes. */
@unmanaged
class Positives extends Kernel {
  @inline static run<T extends number>(kind: i32, tile: usize, rows: i32, cols: i32, own: i32, factor: f64, running: usize, mine: usize, theirs: usize): void {
    const size: i32 = sizeof<T>();
    const lanes: i32 = 16 / size;
    const f = Lanes.splat<T>(factor);
    const labels = theirs + LABEL * TILE * size;
    for (let row = 0; row < rows; row++) {
      const at = running + 8 * row;
      const x = tile + row * Tiles.step<T>();
      const label = Tiles.weight<T>(mine + (LABEL * TILE + row) * size);
      const negatives = Tiles.weight<T>(mine + (NEGATIVES * TILE + row) * size);
      let values = f64x2.splat(0);
      let slopes = f64x2.splat(0);
      for (let j = 0; j < cols; j += lanes) {
        const same = v128.and(v128.eq<T>(label, v128.load(labels + j * size)), Pairs.inside<T>(j, cols));
        const positive = v128.andnot(same, Pairs.own<T>(j, own + row));
        if (!v128.any_true(positive)) continue;
        const s = v128.mul<T>(v128.load(x + j * size), f);
        if (kind == SUP_CON) {
          values = Lanes.widen<T>(values, v128.and(s, positive));
          continue;
        }
        const over = v128.sub<T>(negatives, s);
        const e = Exp.nonpositive<T>(v128.or(over, Lanes.sign<T>()));
        const value = v128.add<T>(v128.pmax<T>(over, f64x2.splat(0)), Log.log1pUnit<T>(e));
        values = Lanes.widen<T>(values, v128.and(value, positive));
        slopes = Lanes.widen<T>(slopes, v128.and(Softmax.sigmoid<T>(over, e), positive));
      }
      store<f64>(at + 8 * OWN * TILE, load<f64>(at + 8 * OWN * TILE) + Lanes.total(values));
      store<f64>(at + 8 * SLOPE * TILE, load<f64>(at + 8 * SLOPE * TILE) + Lanes.total(slopes));
    }
  }
}

class Softmax {
  /** 1 / (1 + e^-x), given e^-|x|. */
  @inline static sigmoid<T extends number>(x: v128, e: v128): v128 {
    const one = Lanes.one<T>();
    return v128.div<T>(Lanes.select<T>(one, e, v128.ge<T>(x, f64x2.splat(0))), v128.add<T>(one, e));
  }

  /** The slope of a pair of NT_XENT. */
  @inline static pull<T extends number>(negatives: v128, s: v128): v128 {
    const over = v128.sub<T>(negatives, s);
    return Softmax.sigmoid<T>(over, Exp.nonpositive<T>(v128.or(over, Lanes.sign<T>())));
  }
}

/**
 * A tile of products becomes what the losses of the rows, and where `both` is set those of the columns, have for slopes by them. Adds the sum of slope times
 * product, both by logits, to `total`.
 */
@unmanaged
class Slopes extends Kernel {
  @inline static run<T extends number>(
    kind: i32,
    labelled: i32,
    both: i32,
    tile: usize,
    rows: i32,
    cols: i32,
    own: i32,
    factor: f64,
    mine: usize,
    theirs: usize,
    total: usize,
  ): void {
    if (Pairs.plain<T>(kind != INFO_NCE || labelled != 0, rows, cols, own, false))
      Slopes.rows<T>(true, kind, labelled, both, tile, rows, cols, own, factor, mine, theirs, total);
    else Slopes.rows<T>(false, kind, labelled, both, tile, rows, cols, own, factor, mine, theirs, total);
  }

  @inline static rows<T extends number>(
    plain: bool,
    kind: i32,
    labelled: i32,
    both: i32,
    tile: usize,
    rows: i32,
    cols: i32,
    own: i32,
    factor: f64,
    mine: usize,
    theirs: usize,
    total: usize,
  ): void {
    const size: i32 = sizeof<T>();
    const lanes: i32 = 16 / size;
    const field: i32 = TILE * size;
    const f = Lanes.splat<T>(factor);
    const apart = Pairs.apart(kind, labelled);
    const right = Pairs.right(kind);
    let wide = f64x2.splat(0);
    for (let row = 0; row < rows; row++) {
      const x = tile + row * Tiles.step<T>();
      const at = mine + row * size;
      const label = Tiles.weight<T>(at + LABEL * field);
      const top = Tiles.weight<T>(at + REFERENCE * field);
      const weight = Tiles.weight<T>(at + WEIGHT_OF * field);
      const pull = Tiles.weight<T>(at + PULL * field);
      const negatives = Tiles.weight<T>(at + NEGATIVES * field);
      let sum = f64x2.splat(0);
      for (let j = 0; j < cols; j += lanes) {
        const to = theirs + j * size;
        let product = v128.load(x + j * size);
        const s = v128.mul<T>(product, f);
        let g = v128.mul<T>(Exp.nonpositive<T>(v128.sub<T>(s, top)), weight);
        if (both) {
          const e = Exp.nonpositive<T>(v128.sub<T>(s, v128.load(to + REFERENCE * field)));
          g = v128.add<T>(g, v128.mul<T>(e, v128.load(to + WEIGHT_OF * field)));
        }
        if (!plain) {
          const same = v128.eq<T>(label, v128.load(to + LABEL * field));
          const itself = Pairs.own<T>(j, own + row);
          const inside = Pairs.inside<T>(j, cols);
          g = v128.andnot(g, Pairs.excluded(same, itself, apart, right));
          const pulled = Lanes.select<T>(itself, v128.andnot(same, itself), right);
          if (v128.any_true(pulled)) {
            let p = kind == NT_XENT ? v128.mul<T>(Softmax.pull<T>(negatives, s), pull) : pull;
            if (both) {
              const q = v128.load(to + PULL * field);
              p = v128.add<T>(p, kind == NT_XENT ? v128.mul<T>(Softmax.pull<T>(v128.load(to + NEGATIVES * field), s), q) : q);
            }
            g = v128.sub<T>(g, v128.and(p, pulled));
          }
          g = v128.and(g, inside);
          product = v128.and(product, inside);
        }
        sum = Lanes.madd<T>(g, product, sum);
        v128.store(x + j * size, v128.mul<T>(g, f));
      }
      wide = Lanes.widen<T>(wide, sum);
    }
    store<f64>(total, load<f64>(total) + Lanes.total(wide));
  }
}
