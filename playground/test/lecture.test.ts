// The numbers of the lecture, computed a second time by formulas: as they are at first, after a drag, after keys.

import { afterAll, beforeAll, expect, test } from "vitest";
import { cells, drag, exact, fillSlider, now, openSection, place, press, sum, type Visited } from "./lecture-site.js";
import { openSite, type Site } from "./site.js";

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

async function done(page: Visited): Promise<void> {
  expect(page.wrong).toEqual([]);
  await page.context().close();
}

test("behaviour: the mean, the median and a quantile", async () => {
  const page = await openSection(site, "behaviour");
  const right = async () => {
    const times = await Promise.all([0, 1, 2, 3, 4, 5, 6].map((i) => now(page, `behaviour-point-${i}`)));
    const sorted = [...times].sort((a, b) => a - b);
    expect(await exact(page, "behaviour-mse")).toBeCloseTo(sum(times) / 7, 6);
    expect(await exact(page, "behaviour-l1")).toBeCloseTo(sorted[3]!, 6);
    expect(await exact(page, "behaviour-pinball")).toBeCloseTo(sorted[5]!, 6);
  };
  await right();
  const median = await exact(page, "behaviour-l1");
  const before = await now(page, "behaviour-point-6");
  await drag(page, "behaviour-point-6", -80, 0);
  expect(await now(page, "behaviour-point-6")).toBeLessThan(before - 3);
  await right();
  expect(await exact(page, "behaviour-l1")).toBe(median);
  await press(page, "behaviour-point-0", "ArrowRight", 3);
  expect(await now(page, "behaviour-point-0")).toBe(9);
  await right();
  await done(page);
});

test("reductions: none, sum, mean and their gradients", async () => {
  const page = await openSection(site, "reductions");
  const targets = [1, 2.5, 2, 3.5, 3];
  const right = async (copies: number) => {
    const inputs = await Promise.all(targets.map((_, i) => now(page, `reduction-point-${i}`)));
    const squares = inputs.map((x, i) => (x - targets[i]!) ** 2);
    expect(await exact(page, "reduction-sum")).toBeCloseTo(copies * sum(squares), 9);
    expect(await exact(page, "reduction-mean")).toBeCloseTo(sum(squares) / 5, 9);
    (await cells(page, "reduction-table")).forEach(([d, none, bySum, byMean], i) => {
      const error = inputs[i]! - targets[i]!;
      expect([d, none, bySum]).toEqual([error, error ** 2, 2 * error].map((x) => expect.closeTo(x, 3)));
      expect(byMean).toBeCloseTo((2 * error) / (5 * copies), 2);
    });
  };
  await right(1);
  await drag(page, "reduction-point-2", 0, -60);
  expect(await now(page, "reduction-point-2")).toBeGreaterThan(2.5);
  await press(page, "reduction-point-4", "ArrowDown", 4);
  expect(await now(page, "reduction-point-4")).toBeCloseTo(4.1, 9);
  await fillSlider(page, "reductions", "copies of the batch", 20);
  await right(20);
  await done(page);
});

test("outlier: three slopes, from the textbook and by search", async () => {
  const page = await openSection(site, "outlier");
  const xs = [0.5, 1.2, 2, 2.8, 3.6, 4.5, 5.3, 6.1, 7, 7.8, 8.6, 9.4];
  const ys = [1.5, 1.5, 2.4, 2.5, 3.3, 3.5, 4.4, 4.5, 5.4, 5.5, 1, 6.8];
  const right = async (delta: number) => {
    ys[10] = await now(page, "outlier-handle-0");
    const [cx, cy] = [sum(xs) / 12, sum(ys) / 12];
    const least = sum(xs.map((x, i) => (x - cx) * (ys[i]! - cy))) / sum(xs.map((x) => (x - cx) ** 2));
    expect(await exact(page, "outlier-mse")).toBeCloseTo(least, 6);
    // a line of least absolute errors goes through two of the points
    let best = { loss: Infinity, slope: 0 };
    for (let i = 0; i < 12; i++) {
      for (let j = 0; j < i; j++) {
        const slope = (ys[i]! - ys[j]!) / (xs[i]! - xs[j]!);
        const loss = sum(xs.map((x, k) => Math.abs(ys[i]! + slope * (x - xs[i]!) - ys[k]!)));
        if (loss < best.loss) best = { loss, slope };
      }
    }
    expect(Math.abs((await exact(page, "outlier-l1")) - best.slope)).toBeLessThan(5e-3);
    // Huber, by coordinate search: convex in two numbers
    const huber = (level: number, slope: number) =>
      sum(
        xs.map((x, k) => {
          const d = Math.abs(level + slope * (x - cx) - ys[k]!);
          return d < delta ? (d * d) / 2 : delta * (d - delta / 2);
        }),
      );
    let at = [cy, least];
    for (let step = 0.5; step > 1e-6; ) {
      const next = [
        [step, 0],
        [-step, 0],
        [0, step],
        [0, -step],
        [step, step],
        [-step, -step],
        [step, -step],
        [-step, step],
      ].map(([a, b]) => [at[0]! + a!, at[1]! + b!]);
      const better = next.find(([a, b]) => huber(a!, b!) < huber(at[0]!, at[1]!) - 1e-14);
      if (better) at = better;
      else step /= 2;
    }
    expect(Math.abs((await exact(page, "outlier-huber")) - at[1]!)).toBeLessThan(2e-3);
    expect(await exact(page, "outlier-hubervalue")).toBeCloseTo(huber(at[0]!, at[1]!) / 12, 4);
    expect(await exact(page, "outlier-smooth")).toBeCloseTo(huber(at[0]!, at[1]!) / 12 / delta, 4);
    expect(await exact(page, "outlier-shrunk")).toBeCloseTo(Math.max(0, 2 - delta), 9);
    expect(await exact(page, "outlier-gradient")).toBeCloseTo(Math.min(2, delta), 9);
  };
  await right(0.5);
  await drag(page, "outlier-handle-1", 0, -110);
  expect(await now(page, "outlier-handle-0")).toBeGreaterThan(4);
  await right(0.5);
  await press(page, "outlier-handle-2", "Shift+ArrowUp", 2);
  await fillSlider(page, "outlier", "delta", 1.2);
  await right(1.2);
  await done(page);
});

test("likelihood: weights and ignored samples", async () => {
  const page = await openSection(site, "likelihood");
  const right = async (weight: number, healthy: number, ill: number) => {
    const q = await now(page, "likelihood-handle");
    const all = healthy + weight * ill;
    expect(await exact(page, "likelihood-value")).toBeCloseTo(-(healthy * Math.log(1 - q) + weight * ill * Math.log(q)) / all, 6);
    expect(await exact(page, "likelihood-best")).toBeCloseTo((weight * ill) / all, 5);
    expect(await exact(page, "likelihood-ill")).toBeCloseTo(-Math.log(q), 6);
    expect(await exact(page, "likelihood-healthy")).toBeCloseTo(-Math.log(1 - q), 6);
  };
  await right(1, 8, 2);
  await drag(page, "likelihood-handle", -70, 10);
  expect(await now(page, "likelihood-handle")).toBeLessThan(0.45);
  await right(1, 8, 2);
  await fillSlider(page, "likelihood", "weight of ill", 4);
  await right(4, 8, 2);
  await page.getByTestId("likelihood-sample-0").click();
  await page.getByTestId("likelihood-sample-4").click();
  await press(page, "likelihood-handle", "ArrowRight", 5);
  await right(4, 7, 1);
  for (const i of [1, 2, 3, 5, 6, 7, 8, 9]) await page.getByTestId(`likelihood-sample-${i}`).click();
  expect(await page.getByTestId("likelihood-value").textContent()).toBe("NaN");
  await done(page);
});

test("entropy: by hand, p − q, and learning", async () => {
  const page = await openSection(site, "entropy");
  const right = async (truth: number) => {
    const logits = await Promise.all([0, 1, 2, 3].map((i) => now(page, `entropy-logit-${i}`)));
    const lse = Math.log(sum(logits.map(Math.exp)));
    expect(await exact(page, "entropy-lse")).toBeCloseTo(lse, 6);
    expect(await exact(page, "entropy-value")).toBeCloseTo(lse - logits[truth]!, 6);
    expect(await exact(page, "entropy-log")).toBeCloseTo(lse - logits[truth]!, 6);
    (await cells(page, "entropy-table")).forEach(([, p, q, difference, gradient], i) => {
      const expected = Math.exp(logits[i]! - lse);
      expect(q).toBe(i === truth ? 1 : 0);
      expect(Math.abs(p! - expected)).toBeLessThan(6e-4);
      for (const x of [difference!, gradient!]) expect(Math.abs(x - (expected - q!))).toBeLessThan(6e-4);
    });
  };
  await right(0);
  await drag(page, "entropy-logit-2", 0, -50);
  await press(page, "entropy-logit-1", "ArrowDown", 3);
  await right(0);
  await page.locator('input[name="entropy-class"][value="3"]').check();
  await right(3);
  const before = await exact(page, "entropy-value");
  const section = page.locator("[data-section=entropy]");
  await section.getByRole("button", { name: "Play" }).click();
  await expect.poll(() => exact(page, "entropy-value")).toBeLessThan(before / 2);
  await done(page);
});

test("binary: what breaks in float32, and what does not", async () => {
  const page = await openSection(site, "binary");
  const { fround } = Math;
  const right = async (target: number) => {
    const x = await now(page, "binary-handle");
    expect(await exact(page, "binary-logits")).toBeCloseTo(Math.max(x, 0) - target * x + Math.log1p(Math.exp(-Math.abs(x))), 4);
    expect(await exact(page, "binary-logits-gradient")).toBeCloseTo(1 / (1 + Math.exp(-x)) - target, 5);
  };
  await right(0);
  await press(page, "binary-handle", "End");
  await right(0);
  expect(await now(page, "binary-handle")).toBe(120);
  expect(await page.getByTestId("binary-naive").textContent()).toBe("∞");
  expect(await page.getByTestId("binary-naive-gradient").textContent()).toBe("NaN");
  expect(await exact(page, "binary-bce")).toBe(100);
  expect(await exact(page, "binary-bce-gradient")).toBe(0);
  await drag(page, "binary-handle", -215, 0);
  await right(0);
  const inside = await now(page, "binary-handle");
  expect(inside).toBeLessThan(17);
  expect(await exact(page, "binary-bce")).toBeCloseTo(-Math.log(1 - fround(1 / (1 + Math.exp(-inside)))), 3);
  await page.locator("[data-section=binary] select").selectOption("1");
  expect(await now(page, "binary-handle")).toBe(-inside);
  await right(1);
  await done(page);
});

test("divergence: Gaussians by the closed form, one-hot targets, the default", async () => {
  const page = await openSection(site, "divergence");
  const right = async () => {
    const [mean, deviation] = [await now(page, "divergence-mean"), await now(page, "divergence-width")];
    expect(await exact(page, "divergence-forward")).toBeCloseTo((mean ** 2 + deviation ** 2 - 1 - 2 * Math.log(deviation)) / 2, 5);
    expect(await exact(page, "divergence-backward")).toBeCloseTo(((mean ** 2 + 1) / deviation ** 2 - 1 + 2 * Math.log(deviation)) / 2, 4);
  };
  await right();
  await drag(page, "divergence-mean", -120, 0);
  expect(await now(page, "divergence-mean")).toBeLessThan(0.5);
  await right();
  await press(page, "divergence-width", "ArrowRight", 8);
  expect(await now(page, "divergence-width")).toBeCloseTo(1.2, 9);
  await right();
  await fillSlider(page, "divergence", "p of the right class, first sample", 0.35);
  const nll = -(Math.log(0.35) + Math.log(0.5)) / 2;
  expect(await exact(page, "divergence-nll")).toBeCloseTo(nll, 6);
  expect(await exact(page, "divergence-batchmean")).toBeCloseTo(nll, 6);
  expect(await exact(page, "divergence-default")).toBeCloseTo(nll / 3, 6);
  await done(page);
});

test("ranking: the hardest wrong class, then the next", async () => {
  const page = await openSection(site, "ranking");
  const right = async (margin: number) => {
    const [first, ...wrong] = await Promise.all([0, 1, 2, 3, 4].map((i) => now(page, `ranking-score-${i}`)));
    const hardest = Math.max(...wrong);
    expect(await exact(page, "ranking-hardest")).toBe(1 + wrong.indexOf(hardest));
    expect(await exact(page, "ranking-value")).toBeCloseTo(Math.max(0, hardest - first! + margin), 6);
    expect(await exact(page, "ranking-all")).toBeCloseTo(sum(wrong.map((score) => Math.max(0, score - first! + margin))), 6);
  };
  await right(1);
  await drag(page, "ranking-score-1", 0, 60);
  expect(await exact(page, "ranking-hardest")).toBe(3);
  await right(1);
  await press(page, "ranking-score-4", "Shift+ArrowUp", 8);
  expect(await exact(page, "ranking-hardest")).toBe(4);
  await fillSlider(page, "ranking", "margin", 0.4);
  await right(0.4);
  await page.locator("[data-section=ranking]").getByRole("button", { name: "Play" }).click();
  await expect.poll(() => exact(page, "ranking-value"), { timeout: 20_000 }).toBe(0);
  await done(page);
});

test("pairs: all pairs, and learning takes them apart", async () => {
  const page = await openSection(site, "pairs");
  const right = async (margin: number) => {
    const points = await Promise.all(Array.from({ length: 9 }, (_, i) => place(page, `pairs-point-${i}`)));
    const losses = points.flatMap((a, i) =>
      points.slice(i + 1).map((b, j) => {
        const distance = Math.hypot(a[0] - b[0], a[1] - b[1]);
        return Math.floor(i / 3) === Math.floor((i + 1 + j) / 3) ? distance ** 2 : Math.max(0, margin - distance) ** 2;
      }),
    );
    expect(await exact(page, "pairs-value")).toBeCloseTo(sum(losses) / 36, 4);
  };
  await right(1.5);
  await drag(page, "pairs-point-3", 60, -30);
  await press(page, "pairs-point-7", "ArrowUp", 4);
  await fillSlider(page, "pairs", "margin", 1.2);
  await right(1.2);
  const before = await exact(page, "pairs-value");
  await page.locator("[data-section=pairs]").getByRole("button", { name: "Play" }).click();
  await expect.poll(() => exact(page, "pairs-value"), { timeout: 20_000 }).toBeLessThan(before / 5);
  await done(page);
});

test("triplets: margin and ratio, with swap and without, step and play", async () => {
  const page = await openSection(site, "triplets");
  const right = async (kind: "margin" | "ratio", swap: boolean) => {
    const [a, p, n] = (await Promise.all((["anchor", "positive", "negative"] as const).map((name) => place(page, `triplets-${name}`)))) as number[][] as [
      number[],
      number[],
      number[],
    ];
    const distance = (x: number[], y: number[]) => Math.hypot(x[0]! - y[0]!, x[1]! - y[1]!);
    const near = distance(a, p);
    const far = swap ? Math.min(distance(a, n), distance(p, n)) : distance(a, n);
    // places are read with two decimals
    expect(Math.abs((await exact(page, "triplets-near")) - near)).toBeLessThan(0.02);
    expect(Math.abs((await exact(page, "triplets-far")) - far)).toBeLessThan(0.02);
    const expected = kind === "margin" ? Math.max(0, 0.5 + near - far) : 2 / (1 + Math.exp(far - near)) ** 2;
    expect(Math.abs((await exact(page, "triplets-value")) - expected)).toBeLessThan(0.03);
  };
  const section = page.locator("[data-section=triplets]");
  await right("margin", false);
  await drag(page, "triplets-negative", 90, 20);
  await press(page, "triplets-anchor", "ArrowUp", 5);
  await right("margin", false);
  await section.getByLabel("swap").check();
  await right("margin", true);
  await section.locator("select").selectOption("ratio");
  await right("ratio", true);
  await section.getByLabel("swap").uncheck();
  await right("ratio", false);
  const before = await exact(page, "triplets-value");
  await section.getByRole("button", { name: "Step" }).click();
  expect(await exact(page, "triplets-value")).toBeLessThan(before);
  await section.getByRole("button", { name: "Play" }).click();
  await expect.poll(() => exact(page, "triplets-value"), { timeout: 20_000 }).toBeLessThan(before / 4);
  // the maps know where the points are, and have colours
  expect(await page.getByTestId("triplets-figure-b").locator("svg").getAttribute("aria-label")).toMatch(/margin loss over .*: \d/);
  const coloured = await page
    .getByTestId("triplets-figure-d")
    .locator("canvas")
    .evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
      return new Set(data.filter((_, i) => i % 4 === 3)).size;
    });
  expect(coloured).toBeGreaterThan(50);
  await done(page);
});

test("cosine: directions count, lengths do not", async () => {
  const page = await openSection(site, "cosine");
  const right = async (loss: (cosine: number) => number) => {
    const [a, b] = [await place(page, "cosine-a"), await place(page, "cosine-b")];
    const expected = (a[0] * b[0] + a[1] * b[1]) / (Math.hypot(...a) * Math.hypot(...b));
    expect(await exact(page, "cosine-cosine")).toBeCloseTo(expected, 2);
    expect(await exact(page, "cosine-loss")).toBeCloseTo(loss(await exact(page, "cosine-cosine")), 6);
    expect(await exact(page, "cosine-length-a")).toBeCloseTo(Math.hypot(...a), 1);
  };
  await right((cosine) => 1 - cosine);
  await drag(page, "cosine-b", 20, 70);
  await press(page, "cosine-a", "Shift+ArrowUp", 3);
  await right((cosine) => 1 - cosine);
  const section = page.locator("[data-section=cosine]");
  const [cosine, length] = [await exact(page, "cosine-cosine"), await exact(page, "cosine-length-a")];
  await section.getByRole("button", { name: "Play: lengths" }).click();
  await expect.poll(async () => Math.abs((await exact(page, "cosine-length-a")) - length)).toBeGreaterThan(0.2);
  expect(await exact(page, "cosine-cosine")).toBeCloseTo(cosine, 9);
  await section.getByRole("button", { name: "Pause" }).click();
  await section.locator("select").selectOption("-1");
  await fillSlider(page, "cosine", "margin", 0.3);
  await right((cosine) => Math.max(0, cosine - 0.3));
  await done(page);
});

test("equator: the spread is one over the root of the dimension", async () => {
  const page = await openSection(site, "equator");
  const right = async (dimension: number, share: number) => {
    expect(await exact(page, "equator-expected")).toBeCloseTo(1 / Math.sqrt(dimension), 9);
    // 2048 pairs: a standard error of about one part in sixty
    expect((await exact(page, "equator-deviation")) * Math.sqrt(dimension)).toBeCloseTo(1, 1);
    expect(Math.abs((await exact(page, "equator-share")) - share)).toBeLessThan(3);
  };
  await right(2, 100 / 3);
  const dimension = page.locator("[data-section=equator]").getByRole("slider", { name: "dimension", exact: true });
  // in three dimensions every height is as likely (Archimedes)
  await dimension.fill("1");
  await right(3, 25);
  await dimension.fill("26");
  await right(1000, 0);
  expect(await exact(page, "equator-loss")).toBe(0);
  await fillSlider(page, "equator", "margin", 0);
  await right(1000, 50);
  await page.locator("[data-section=equator]").getByRole("button", { name: "Play" }).click();
  await expect.poll(() => dimension.inputValue()).toBe("4");
  await page.locator("[data-section=equator]").getByRole("button", { name: "Pause" }).click();
  await done(page);
});

test("search: training finds what looks alike", { timeout: 180_000 }, async () => {
  const page = await openSection(site, "search");
  const train = page.locator("[data-section=search]").getByRole("button", { name: "Train", exact: true });
  await page.getByTestId("search-after").locator("li.right, li.wrong").first().waitFor();
  const before = await exact(page, "search-precision-before");
  expect(before).toBeLessThan(50);
  await train.click();
  await expect.poll(() => exact(page, "search-step"), { timeout: 150_000 }).toBe(300);
  expect(await exact(page, "search-precision")).toBeGreaterThan(75);
  expect(await exact(page, "search-precision-before")).toBe(before);
  await page.getByTestId("search-query-7").click();
  const names = await page
    .getByTestId("search-after")
    .locator("canvas")
    .evaluateAll((all) => all.map((canvas) => canvas.getAttribute("aria-label")!));
  expect(names).toHaveLength(8);
  for (const name of names) expect(name).toMatch(name.endsWith(" 7") ? /^right/ : /^wrong: a \d$/);
  expect(names.filter((name) => name.startsWith("right")).length).toBeGreaterThan(4);
  await page.evaluate(() => {
    location.hash = "#/mseLoss";
  });
  await expect.poll(() => page.workers().length).toBe(0);
  await done(page);
});
