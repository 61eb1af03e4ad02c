import { LABEL, OWN, SLOPE, SUM, TILE, TOP } from "../../../src/backend/protocol";
import { Kernel } from "../../core/kernel";
import { Lanes } from "../../core/lanes";
import { Pairs, Tiles } from "../../core/tiles";

/** The farthest positive and the nearest negative of each row so far, with one more tile of squared distances, whose first column is number `from`. */
@unmanaged
class Hardest extends Kernel {
  @inline static run<T extends number>(tile: usize, rows: i32, cols: i32, own: i32, from: i32, running: usize, mine: usize, theirs: usize): void {
    const size: i32 = sizeof<T>();
    const lanes: i32 = 16 / size;
    const labels = theirs + LABEL * TILE * size;
    for (let row = 0; row < rows; row++) {
      const at = running + 8 * row;
      const x = tile + row * Tiles.step<T>();
      const label = Tiles.weight<T>(mine + (LABEL * TILE + row) * size);
      let far = Lanes.splat<T>(-Infinity);
      let near = Lanes.splat<T>(Infinity);
      for (let j = 0; j < cols; j += lanes) {
        const same = v128.eq<T>(label, v128.load(labels + j * size));
        const inside = Pairs.inside<T>(j, cols);
        const d = v128.load(x + j * size);
        const positive = v128.and(v128.andnot(same, Pairs.own<T>(j, own + row)), inside);
        const negative = v128.andnot(inside, same);
        // the slower max and min, since NaN must win
        far = v128.max<T>(far, Lanes.select<T>(d, Lanes.splat<T>(-Infinity), positive));
        near = v128.min<T>(near, Lanes.select<T>(d, Lanes.splat<T>(Infinity), negative));
      }
      const most = Hardest.most<T>(far);
      // the first of equals stays; so does a NaN
      const before = load<f64>(at + 8 * TOP * TILE);
      if (!(most <= before) && before >= -Infinity) {
        store<f64>(at + 8 * TOP * TILE, most);
        store<f64>(at + 8 * SUM * TILE, <f64>(from + Hardest.find<T>(true, most, x, cols, own + row, label, labels)));
      }
      const least = -Hardest.most<T>(v128.neg<T>(near));
      const last = load<f64>(at + 8 * OWN * TILE);
      if (!(least >= last) && last <= Infinity) {
        store<f64>(at + 8 * OWN * TILE, least);
        store<f64>(at + 8 * SLOPE * TILE, <f64>(from + Hardest.find<T>(false, least, x, cols, own + row, label, labels)));
      }
    }
  }

  /** The largest lane; NaN if there is one. */
  @inline static most<T extends number>(x: v128): f64 {
    if (sizeof<T>() == 4) {
      const two = f32x4.max(x, v128.shuffle<i32>(x, x, 2, 3, 0, 1));
      return max<f64>(<f64>f32x4.extract_lane(two, 0), <f64>f32x4.extract_lane(two, 1));
    }
    return max<f64>(f64x2.extract_lane(x, 0), f64x2.extract_lane(x, 1));
  }

  /** The first column of that distance, or NaN if that is what is looked for, among the positives or the negatives. */
  @inline static find<T extends number>(positive: bool, distance: f64, x: usize, cols: i32, own: i32, label: v128, labels: usize): i32 {
    const size: i32 = sizeof<T>();
    const mine = sizeof<T>() == 4 ? <f64>f32x4.extract_lane(label, 0) : f64x2.extract_lane(label, 0);
    let j = 0;
    for (; j < cols; j++) {
      const same = Lanes.load<T>(labels + j * size) == mine;
      if (positive ? !same || j == own : same) continue;
      const d = Lanes.load<T>(x + j * size);
      if (!(d < distance) && !(d > distance)) break; // equal, or one of them NaN
    }
    return j;
  }
}
