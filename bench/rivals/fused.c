// The roof: each loss in one pass of plain C, compiled for the machine that runs it (-O3 -march=native -ffast-math), data in place.
// Speaks JSON lines on stdin and stdout: load, result, turn (bench/rivals/server.mjs). No loss checks its arguments.

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// Sums are float32 over a block, double between blocks: float32 alone loses digits in 8 Mi elements, double halves the lanes.
#define BLOCK 4096
// 1e-12 rounded to float32: ATen/native/Loss.cpp
#define EPS 9.999999960041972e-13f

typedef struct {
  long n, rows, width, listed, times;  // width: classes or dimensions; listed: labels a row; times: of ctc
  float *in[3], *out[3];
  int *index;
  double *scratch;
} Case;

static inline float hinge(float z) { return z > 0 ? z : 0; }
static inline float step(float z) { return z >= 0 ? 1 : 0; }  // clamp_min: a hinge that is exactly 0 has a gradient

static inline float other(float t, float from) { return t != from ? 1 : 0; }

// A pointwise loss of a, b and c: PREPARE once a position, then its VALUE and the GRADIENTs of the operands that get one.
// Value alone and value + gradient are functions of their own, so that gcc sees which one it compiles.
#define POINTWISE(name, PREPARE, VALUE, STORE)                                                                     \
  static double name##_value(const Case *o) {                                                                      \
    const float *restrict A = o->in[0], *restrict B = o->in[1], *restrict C = o->in[2];                            \
    double total = 0;                                                                                              \
    for (long from = 0; from < o->n; from += BLOCK) {                                                              \
      const long to = from + BLOCK < o->n ? from + BLOCK : o->n;                                                   \
      float sum = 0;                                                                                               \
      for (long i = from; i < to; i++) {                                                                           \
        PREPARE;                                                                                                   \
        sum += VALUE;                                                                                              \
      }                                                                                                            \
      total += sum;                                                                                                \
    }                                                                                                              \
    (void)C;                                                                                                       \
    return total / o->n;                                                                                           \
  }                                                                                                                \
  static double name##_grad(const Case *o) {                                                                       \
    const float *restrict A = o->in[0], *restrict B = o->in[1], *restrict C = o->in[2];                            \
    float *restrict G = o->out[0], *restrict H = o->out[1];                                                        \
    const float scale = 1.0f / o->n;                                                                               \
    double total = 0;                                                                                              \
    for (long from = 0; from < o->n; from += BLOCK) {                                                              \
      const long to = from + BLOCK < o->n ? from + BLOCK : o->n;                                                   \
      float sum = 0;                                                                                               \
      _Pragma("GCC ivdep")                                                                                           \
      for (long i = from; i < to; i++) {                                                                           \
        PREPARE;                                                                                                   \
        sum += VALUE;                                                                                              \
        STORE;                                                                                                     \
      }                                                                                                            \
      total += sum;                                                                                                \
    }                                                                                                              \
    (void)C, (void)H;                                                                                              \
    return total / o->n;                                                                                           \
  }

POINTWISE(mse, float d = A[i] - B[i], d * d, G[i] = 2 * scale * d)
POINTWISE(l1, float d = A[i] - B[i], fabsf(d), G[i] = d > 0 ? scale : d < 0 ? -scale : 0)
// with m = min(|d|, 1): m (|d| - m / 2); the same for smooth L1 at beta = 1 and Huber at delta = 1
POINTWISE(huber, float d = A[i] - B[i]; float m = fminf(fabsf(d), 1), m * (fabsf(d) - 0.5f * m), G[i] = scale * fmaxf(-1, fminf(d, 1)))
POINTWISE(bce, float x = A[i]; float t = B[i], (t - 1) * fmaxf(logf(1 - x), -100) - t * fmaxf(logf(x), -100), G[i] = scale * (x - t) / fmaxf((1 - x) * x, EPS))
POINTWISE(bceWithLogits, float x = A[i]; float e = expf(-fabsf(x)), fmaxf(x, 0) - x * B[i] + logf(1 + e),
          G[i] = scale * ((x >= 0 ? 1 : e) / (1 + e) - B[i]))
// 1e-30: 0 log 0 is 0, without a branch
POINTWISE(klDiv, float t = B[i], t * (logf(fmaxf(t, 1e-30f)) - A[i]), G[i] = -scale * t)
POINTWISE(marginRanking, float z = C[i] * (B[i] - A[i]), hinge(z), float g = scale * step(z) * C[i]; G[i] = -g; H[i] = g)
POINTWISE(hingeEmbedding, float x = A[i]; float t = B[i], other(t, 1) * hinge(1 - x) + other(t, -1) * x,
          G[i] = scale * (other(t, -1) - other(t, 1) * step(1 - x)))
POINTWISE(softMargin, float z = -A[i] * B[i]; float e = expf(-fabsf(z)), fmaxf(z, 0) + logf(1 + e), G[i] = -scale * B[i] * (z >= 0 ? 1 : e) / (1 + e))
POINTWISE(poissonNll, float e = expf(A[i]), e - B[i] * A[i], G[i] = scale * (e - B[i]))
POINTWISE(gaussianNll, float d = A[i] - B[i]; float v = fmaxf(C[i], 1e-6f); float r = 1 / v, 0.5f * (logf(v) + d * d * r), G[i] = scale * d * r;
          H[i] = scale * 0.5f * (r - d * d * r * r))

static float row_max(const float *restrict x, long n) {
  float max = x[0];
  for (long j = 1; j < n; j++) max = x[j] > max ? x[j] : max;
  return max;
}

static double crossEntropy_value(const Case *o) {
  double total = 0;
  for (long r = 0; r < o->rows; r++) {
    const float *restrict x = o->in[0] + r * o->width;
    const float max = row_max(x, o->width);
    double sum = 0;
    for (long from = 0; from < o->width; from += BLOCK) {
      const long to = from + BLOCK < o->width ? from + BLOCK : o->width;
      float part = 0;
      for (long j = from; j < to; j++) part += expf(x[j] - max);
      sum += part;
    }
    total += max + log(sum) - x[o->index[r]];
  }
  return total / o->rows;
}

static double crossEntropy_grad(const Case *o) {
  const float scale = 1.0f / o->rows;
  double total = 0;
  for (long r = 0; r < o->rows; r++) {
    const float *restrict x = o->in[0] + r * o->width;
    float *restrict g = o->out[0] + r * o->width;
    const float max = row_max(x, o->width);
    double sum = 0;
    for (long from = 0; from < o->width; from += BLOCK) {
      const long to = from + BLOCK < o->width ? from + BLOCK : o->width;
      float part = 0;
#pragma GCC ivdep
      for (long j = from; j < to; j++) part += g[j] = expf(x[j] - max);
      sum += part;
    }
    const float factor = scale / sum;
    for (long j = 0; j < o->width; j++) g[j] *= factor;
    g[o->index[r]] -= scale;
    total += max + log(sum) - x[o->index[r]];
  }
  return total / o->rows;
}

static double nll_value(const Case *o) {
  double total = 0;
  for (long r = 0; r < o->rows; r++) total -= o->in[0][r * o->width + o->index[r]];
  return total / o->rows;
}

static double nll_grad(const Case *o) {
  memset(o->out[0], 0, 4 * o->rows * o->width);
  for (long r = 0; r < o->rows; r++) o->out[0][r * o->width + o->index[r]] = -1.0f / o->rows;
  return nll_value(o);
}

// Both multi-margin losses: a hinge of every class against each listed one; classes that are listed themselves do not count.
static inline double margins(const Case *o, int grad) {
  const float h = 1.0f / (o->width * o->rows);
  double total = 0;
  for (long r = 0; r < o->rows; r++) {
    const float *restrict x = o->in[0] + r * o->width;
    const int *restrict y = o->index + r * o->listed;
    float *restrict g = grad ? o->out[0] + r * o->width : NULL;
    if (grad) memset(g, 0, 4 * o->width);
    for (long k = 0; k < o->listed && y[k] >= 0; k++) {
      const float offset = 1 - x[y[k]];
      float sum = 0, count = 0;
#pragma GCC ivdep
      for (long j = 0; j < o->width; j++) {
        const float z = offset + x[j];
        const float active = z > 0 ? 1 : 0;  // strictly, unlike clamp_min
        sum += hinge(z);
        count += active;
        if (grad) g[j] += h * active;
      }
      for (long l = 0; l < o->listed && y[l] >= 0; l++) {
        const float z = offset + x[y[l]];
        sum -= hinge(z);
        count -= z > 0;
      }
      total += sum;
      if (grad) o->scratch[k] = count;
    }
    if (grad) {
      for (long k = 0; k < o->listed && y[k] >= 0; k++) g[y[k]] = -h * (float)o->scratch[k];
    }
  }
  return total * h;
}
static double margins_value(const Case *o) { return margins(o, 0); }
static double margins_grad(const Case *o) { return margins(o, 1); }

// e added to every difference; distances of (a, p) and (a, n)
static inline double triplet(const Case *o, int grad, int ratio) {
  const float e = 1e-6f;
  double total = 0;
  for (long r = 0; r < o->rows; r++) {
    const float *restrict a = o->in[0] + r * o->width, *restrict p = o->in[1] + r * o->width, *restrict n = o->in[2] + r * o->width;
    float pp = 0, nn = 0;
    for (long j = 0; j < o->width; j++) {
      const float u = a[j] - p[j] + e, v = a[j] - n[j] + e;
      pp += u * u;
      nn += v * v;
    }
    const float dp = sqrtf(pp), dn = sqrtf(nn), x = dp - dn;
    const float s = 1 / (1 + expf(-x)), z = 1 + x;
    total += ratio ? 2 * s * s : hinge(z);
    if (!grad) continue;
    // 1 / (1 + e^x) is 1 - s without the cancellation
    const float slope = (ratio ? 4 * s * s / (1 + expf(x)) : step(z)) / o->rows;
    const float fp = dp > 0 ? slope / dp : 0, fn = dn > 0 ? slope / dn : 0;
    float *restrict ga = o->out[0] + r * o->width, *restrict gp = o->out[1] + r * o->width, *restrict gn = o->out[2] + r * o->width;
#pragma GCC ivdep  // no operand overlaps an output; restrict alone does not always tell gcc so
    for (long j = 0; j < o->width; j++) {
      const float u = (a[j] - p[j] + e) * fp, v = (a[j] - n[j] + e) * fn;
      ga[j] = u - v;
      gp[j] = -u;
      gn[j] = v;
    }
  }
  return total / o->rows;
}
static double tripletMargin_value(const Case *o) { return triplet(o, 0, 0); }
static double tripletMargin_grad(const Case *o) { return triplet(o, 1, 0); }
static double tripletRatio_value(const Case *o) { return triplet(o, 0, 1); }
static double tripletRatio_grad(const Case *o) { return triplet(o, 1, 1); }

static inline double cosine(const Case *o, int grad) {
  double total = 0;
  for (long r = 0; r < o->rows; r++) {
    const float *restrict a = o->in[0] + r * o->width, *restrict b = o->in[1] + r * o->width;
    float aa = EPS, bb = EPS, ab = 0;
    for (long j = 0; j < o->width; j++) {
      aa += a[j] * a[j];
      bb += b[j] * b[j];
      ab += a[j] * b[j];
    }
    const float norms = 1 / sqrtf(aa * bb), cos = ab * norms, y = o->in[2][r];
    total += y == 1 ? 1 - cos : y == -1 ? hinge(cos) : 0;
    if (!grad) continue;
    const float g = (y == 1 ? -1 : y == -1 ? step(cos) : 0) / o->rows;
    const float across = g * norms, along1 = g * cos / aa, along2 = g * cos / bb;
    float *restrict ga = o->out[0] + r * o->width, *restrict gb = o->out[1] + r * o->width;
#pragma GCC ivdep
    for (long j = 0; j < o->width; j++) {
      ga[j] = across * b[j] - along1 * a[j];
      gb[j] = across * a[j] - along2 * b[j];
    }
  }
  return total / o->rows;
}
static double cosineEmbedding_value(const Case *o) { return cosine(o, 0); }
static double cosineEmbedding_grad(const Case *o) { return cosine(o, 1); }

static double euclidean_value(const Case *o) {
  double total = 0;
  for (long r = 0; r < o->rows; r++) {
    const float *restrict a = o->in[0] + r * o->width, *restrict b = o->in[1] + r * o->width;
    float sum = 0;
    for (long j = 0; j < o->width; j++) sum += (a[j] - b[j]) * (a[j] - b[j]);
    total += sqrtf(sum);
  }
  return total / o->rows;
}

// CTC in probabilities, each time step divided by its sum (Graves et al. 2006, section 4.1): no exponential but those of the inputs.
// Every sample has all the times and `listed` labels, blank 0; z(s): the s-th of the labels with blanks between them.
static inline double ctc(const Case *o, int grad) {
  const long S = o->listed, L = 2 * S + 1, T = o->times, N = o->rows, C = o->width;
  double *restrict alpha = o->scratch, *restrict beta = alpha + T * L, *restrict next = beta + L, *restrict sums = next + L;
  double *restrict per = sums + C;
  int label[L];
  double allow[L];  // 1 where a blank may be skipped
  double mean = 0;
  for (long b = 0; b < N; b++) {
    for (long s = 0; s < L; s++) {
      label[s] = s & 1 ? o->index[b * S + s / 2] : 0;
      allow[s] = s > 1 && s & 1 && label[s] != label[s - 2];
    }
    double logs = 0;
    for (long t = 0; t < T; t++) {
      const float *x = o->in[0] + (t * N + b) * C;
      double *now = alpha + t * L, sum = 0;
      const double *before = now - L;
      for (long c = 0; c < C; c++) per[c] = exp(x[c]);
      for (long s = 0; s < L; s++) {
        double a = t == 0 ? s < 2 : before[s];
        if (t > 0 && s > 0) a += before[s - 1];
        if (t > 0 && s > 1) a += allow[s] * before[s - 2];
        sum += now[s] = a * per[label[s]];
      }
      for (long s = 0; s < L; s++) now[s] /= sum;
      logs += log(sum);
    }
    const double *last = alpha + (T - 1) * L;
    const double ends = last[L - 1] + last[L - 2];
    const double share = 1.0 / (S > 0 ? S : 1) / N;
    mean -= share * (logs + log(ends));
    if (!grad) continue;
    for (long t = T - 1; t >= 0; t--) {
      const float *x = o->in[0] + (t * N + b) * C;
      float *restrict g = o->out[0] + (t * N + b) * C;
      double sum = 0;
      for (long c = 0; c < C; c++) per[c] = exp(x[c]);
      // beta without the probability of its own time: then alpha * beta is that of the path
      for (long s = 0; s < L; s++) {
        double a = t == T - 1 ? s >= L - 2 : next[s];
        if (t < T - 1 && s + 1 < L) a += next[s + 1];
        if (t < T - 1 && s + 2 < L) a += allow[s + 2] * next[s + 2];
        sum += beta[s] = a;
      }
      double paths = 0;
      for (long c = 0; c < C; c++) sums[c] = 0;
      for (long s = 0; s < L; s++) {
        const double both = alpha[t * L + s] * beta[s];
        paths += both;
        sums[label[s]] += both;
      }
      for (long c = 0; c < C; c++) g[c] = share * (per[c] - sums[c] / paths);
      for (long s = 0; s < L; s++) next[s] = beta[s] / sum * per[label[s]];
    }
  }
  return mean;
}
static double ctc_value(const Case *o) { return ctc(o, 0); }
static double ctc_grad(const Case *o) { return ctc(o, 1); }

#include "fused_server.h"
