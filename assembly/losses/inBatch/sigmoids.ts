import { PULL, SUM, TILE } from "../../../src/backend/protocol";
import { Kernel } from "../../core/kernel";
import { Lanes } from "../../core/lanes";
import { Pairs, Tiles } from "../../core/tiles";
import { Exp } from "../../math/exp";
import { Log } from "../../math/log";

/**
 * The losses of the pairs of a tile, added to those of their rows; and where `slopes` is set the tile becomes their slopes by the products, and the sums of
 * slope times product and of slopes, both by logits, are added to the two doubles at `totals`.
 */
@unmanaged
class Sigmoids extends Kernel {
  @inline static run<T extends number>(
    slopes: i32,
    tile: usize,
    rows: i32,
    cols: i32,
    own: i32,
    factor: f64,
    bias: f64,
    running: usize,
    mine: usize,
    totals: usize,
  ): void {
    const size: i32 = sizeof<T>();
    const lanes: i32 = 16 / size;
    const f = Lanes.splat<T>(factor);
    const c = Lanes.splat<T>(bias);
    const zero = f64x2.splat(0);
    let byFactor = f64x2.splat(0);
    let byBias = f64x2.splat(0);
    for (let row = 0; row < rows; row++) {
      const x = tile + row * Tiles.step<T>();
      const at = running + 8 * (SUM * TILE + row);
      const pull = Tiles.weight<T>(mine + (PULL * TILE + row) * size);
      let sum = zero;
      let sumFactor = zero;
      let sumBias = zero;
      for (let j = 0; j < cols; j += lanes) {
        const inside = Pairs.inside<T>(j, cols);
        const product = v128.load(x + j * size);
        // a right pair is a wrong one of the opposite logit
        const flip = v128.and(Pairs.own<T>(j, own + row), Lanes.sign<T>());
        const z = v128.xor(Lanes.madd<T>(product, f, c), flip);
        const e = Exp.nonpositive<T>(v128.or(z, Lanes.sign<T>()));
        const value = v128.add<T>(v128.pmax<T>(z, zero), Log.log1pUnit<T>(e));
        sum = v128.add<T>(sum, v128.and(value, inside));
        if (slopes) {
          const one = Lanes.one<T>();
          const sigmoid = v128.div<T>(Lanes.select<T>(one, e, v128.ge<T>(z, zero)), v128.add<T>(one, e));
          const g = v128.and(v128.xor(v128.mul<T>(sigmoid, pull), flip), inside);
          sumFactor = Lanes.madd<T>(g, v128.and(product, inside), sumFactor);
          sumBias = v128.add<T>(sumBias, g);
          v128.store(x + j * size, v128.mul<T>(g, f));
        }
      }
      store<f64>(at, load<f64>(at) + Lanes.total(Lanes.widen<T>(zero, sum)));
      byFactor = Lanes.widen<T>(byFactor, sumFactor);
      byBias = Lanes.widen<T>(byBias, sumBias);
    }
    store<f64>(totals, load<f64>(totals) + Lanes.total(byFactor));
    store<f64>(totals + 8, load<f64>(totals + 8) + Lanes.total(byBias));
  }
}
