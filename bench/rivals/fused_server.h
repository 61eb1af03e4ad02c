// What turns the functions of fused.c into a process: requests are flat JSON objects of numbers and strings, one a line.

typedef double (*Loss)(const Case *);
static const struct {
  const char *name;
  Loss value, grad;
} LOSSES[] = {
#define BOTH(name, by) {name, by##_value, by##_grad}
    BOTH("mseLoss", mse), BOTH("l1Loss", l1), BOTH("smoothL1Loss", huber), BOTH("huberLoss", huber), BOTH("bceLoss", bce),
    BOTH("bceWithLogitsLoss", bceWithLogits), BOTH("klDivLoss", klDiv), BOTH("marginRankingLoss", marginRanking),
    BOTH("hingeEmbeddingLoss", hingeEmbedding), BOTH("softMarginLoss", softMargin), BOTH("poissonNllLoss", poissonNll),
    BOTH("gaussianNllLoss", gaussianNll), BOTH("crossEntropyLoss", crossEntropy), BOTH("nllLoss", nll), BOTH("multiMarginLoss", margins),
    BOTH("multiLabelMarginLoss", margins), BOTH("multiLabelSoftMarginLoss", bceWithLogits), BOTH("tripletMarginLoss", tripletMargin),
    BOTH("tripletRatioLoss", tripletRatio), BOTH("cosineEmbeddingLoss", cosineEmbedding), BOTH("ctcLoss", ctc),
    {"cosine distance", cosineEmbedding_value, NULL}, {"euclidean distance", euclidean_value, NULL},
};

static const char *field(const char *line, const char *key) {
  char quoted[64];
  snprintf(quoted, sizeof quoted, "\"%s\":", key);
  const char *at = strstr(line, quoted);
  return at ? at + strlen(quoted) : NULL;
}

static double number(const char *line, const char *key) {
  const char *at = field(line, key);
  return at ? strtod(at, NULL) : 0;
}

static void string(const char *line, const char *key, char *into, size_t size) {
  const char *at = field(line, key);
  size_t n = 0;
  if (at && *at == '"') {
    for (at++; *at && *at != '"' && n + 1 < size; at++) {
      if (*at == '\\' && at[1]) at++;  // a path's backslash or quote
      into[n++] = *at;
    }
  }
  into[n] = 0;
}

// 64 bytes: a vector of AVX-512
static void *buffer(size_t bytes) {
  void *made = aligned_alloc(64, (bytes + 127) & ~(size_t)63);
  if (!made) abort();
  memset(made, 0, bytes);
  return made;
}

static double seconds_of(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

static double seconds(void) { return seconds_of(CLOCK_MONOTONIC); }

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

// Microseconds of a call: the median of batches of at least 0.1 ms each, taken during `ms` milliseconds;
// share: CPU time per wall time meanwhile.
static double turn(Loss loss, const Case *o, double ms, double *share) {
  static double taken[1 << 16];
  static volatile double sink;
  double begin = seconds();
  sink = loss(o);
  const double once = seconds() - begin;
  const long repeats = once > 1e-4 ? 1 : (long)ceil(1e-4 / (once + 1e-9));
  long count = 0;
  const double from = seconds(), used = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
  const double stop = seconds() + ms / 1000;
  do {
    begin = seconds();
    for (long i = 0; i < repeats; i++) sink = loss(o);
    taken[count++] = (seconds() - begin) / repeats;
  } while (seconds() < stop && count < 1 << 16);
  *share = (seconds_of(CLOCK_PROCESS_CPUTIME_ID) - used) / (seconds() - from);
  (void)sink;
  qsort(taken, count, sizeof *taken, ascending);
  return 5e5 * (taken[(count - 1) / 2] + taken[count / 2]);
}

int main(void) {
  static char line[1 << 16];
  char name[64], path[4096], key[8];
  Case o = {0};
  long size[3] = {0}, outs[3] = {0};
  Loss value = NULL, grad = NULL;
  while (fgets(line, sizeof line, stdin)) {
    string(line, "do", name, sizeof name);
    string(line, "file", path, sizeof path);
    if (!strcmp(name, "load")) {
      for (int i = 0; i < 3; i++) free(o.in[i]), free(o.out[i]);
      free(o.index), free(o.scratch);
      memset(&o, 0, sizeof o);
      string(line, "loss", name, sizeof name);
      value = grad = NULL;
      for (size_t i = 0; i < sizeof LOSSES / sizeof *LOSSES; i++) {
        if (!strcmp(LOSSES[i].name, name)) value = LOSSES[i].value, grad = LOSSES[i].grad;
      }
      if (!value) {
        printf("{\"error\":\"fused.c has no such loss\"}\n"), fflush(stdout);
        continue;
      }
      o.n = number(line, "n"), o.rows = number(line, "rows"), o.width = number(line, "width");
      o.listed = number(line, "listed"), o.times = number(line, "times");
      const long indices = number(line, "indices");
      FILE *file = fopen(path, "rb");
      size_t missing = 0;
      for (int i = 0; i < 3; i++) {
        snprintf(key, sizeof key, "in%d", i), size[i] = number(line, key);
        snprintf(key, sizeof key, "out%d", i), outs[i] = number(line, key);
        o.in[i] = buffer(4 * size[i]), o.out[i] = buffer(4 * outs[i]);
        if (file) missing += size[i] - fread(o.in[i], 4, size[i], file);
      }
      o.index = buffer(4 * indices);
      if (file) missing += indices - fread(o.index, 4, indices, file);
      if (file) fclose(file);
      // ctc: alpha, two rows of beta, two rows of classes; margins: a count a label
      o.scratch = buffer(8 * ((o.times + 2) * (2 * o.listed + 1) + 2 * o.width + o.listed));
      printf(file && !missing ? "{\"ok\":true}\n" : "{\"error\":\"the data cannot be read\"}\n");
    } else {
      const Loss loss = number(line, "grad") ? grad : value;
      if (!strcmp(name, "turn")) {
        double share;
        const double median = turn(loss, &o, number(line, "ms"), &share);
        printf("{\"median\":%.9g,\"share\":%.4f}\n", median, share);
      } else {
        printf("{\"value\":%.17g}\n", loss(&o));
        FILE *file = number(line, "grad") ? fopen(path, "wb") : NULL;
        for (int i = 0; file && i < 3; i++) fwrite(o.out[i], 4, outs[i], file);
        if (file) fclose(file);
      }
    }
    fflush(stdout);
  }
}
