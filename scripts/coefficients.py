"""Computes the polynomial coefficients of assembly/math, by Remez' exchange in 60 digits, and says whether they are the ones that stand there.

    python3 scripts/coefficients.py        (needs mpmath; half a minute)

Nothing runs this in a build: it is where the numbers come from.
"""

import re
import struct
from pathlib import Path

from mpmath import atanh, cos, expm1, fabs, log, log1p, lu_solve, matrix, mp, mpf, nstr, pi, sqrt

mp.dps = 60
MATH = Path(__file__).parent.parent / "assembly/math"


def remez(f, weight, low, high, degree, rounds=20, grid=3000):
    """Coefficients c, lowest first, with least max |weight(x) * (f(x) - sum c_k x^k)| on [low, high], and that maximum."""
    n = degree + 2
    xs = [(low + high) / 2 - (high - low) / 2 * cos(pi * (i + mpf(1) / 3) / grid) for i in range(grid)]  # never 0, dense at the ends
    fs, ws = [f(x) for x in xs], [weight(x) for x in xs]
    points = [round(grid * (i + 0.5) / n) for i in range(n)]
    for _ in range(rounds):
        a, b = matrix(n, n), matrix(n, 1)
        for row, i in enumerate(points):
            for k in range(degree + 1):
                a[row, k] = xs[i] ** k
            a[row, degree + 1] = (-1) ** row / ws[i]
            b[row] = fs[i]
        solution = lu_solve(a, b)
        c = [solution[k] for k in range(degree + 1)]
        errors = [w * (y - sum(ck * x**k for k, ck in enumerate(c))) for x, y, w in zip(xs, fs, ws)]
        # one extremum between two changes of sign
        extrema, start = [], 0
        for i in range(1, grid + 1):
            if i == grid or errors[i] * errors[i - 1] < 0:
                extrema.append(max(range(start, i), key=lambda j: fabs(errors[j])))
                start = i
        while len(extrema) > n:
            extrema.pop(0 if fabs(errors[extrema[0]]) < fabs(errors[extrema[-1]]) else -1)
        if len(extrema) < n or extrema == points:
            break
        points = extrema
    return c, max(fabs(e) for e in errors)


def nearest32(number):
    return struct.unpack("<f", struct.pack("<f", float(number)))[0]


def remez32(f, weight, low, high, degree):
    """As remez, each coefficient rounded to float32 before the next ones are fitted. Not where 0 lies inside: what a step divides by x jumps there."""
    c, error = [], mpf(0)
    for k in range(degree + 1):
        best, error = remez(f, weight, low, high, degree - k)
        c.append(mpf(nearest32(best[0])))
        f, weight = (lambda x, f=f, first=c[-1]: (f(x) - first) / x), (lambda x, weight=weight: weight(x) * fabs(x))
    return c, error


def literals(numbers, single):
    """Shortest decimals of the rounded numbers, spelled as JavaScript and the formatter do."""
    out = []
    for number in numbers:
        value = nearest32(number) if single else float(number)
        text = repr(value)
        if re.search(r"e-0[56]$", text):  # JavaScript writes exponents from 1e-7 on
            digits = text.split("e")[0].replace(".", "").lstrip("-")
            text = ("-" if value < 0 else "") + "0." + "0" * (int(text[-1]) - 1) + digits
        out.append(re.sub(r"e-0", "e-", text))
    return ", ".join(out)


def show(file, name, title, leading, single, result):
    c, error = result
    text = literals(c, single)
    if leading:
        text = f"{leading}, {text}"
    source = re.sub(r",?\s*\]", "]", re.sub(r"\s+", " ", (MATH / file).read_text()).replace("[ ", "["))
    found = f"const {name} = memory.data<{'f32' if single else 'f64'}>([{text}]);" in source
    print(f"{name}: {title}; largest error {nstr(error, 3)} ULP; {'as in' if found else 'NOT in'} {file}\n  {text}")


def units(single, true):
    """An absolute error in units in the last place of the result `true`, taken at the upper end of its binade: 1 for results in (1/2, 1]."""
    return lambda x: mpf(2) ** (24 if single else 53) / (2 if true(x) > 1 else 1)


# e^r = 1 + r Q(r), Q(r) = 1 + r c(r)
half_ln2 = log(mpf(2)) / 2 * (1 + mpf(2) ** -12)  # n is rounded after x / ln 2 was
for single, degree in ((True, 4), (False, 9)):
    ulp = units(single, lambda r: expm1(r) + 1)
    result = remez(lambda r: (expm1(r) - r) / r**2, lambda r: r**2 * ulp(r), -half_ln2, half_ln2, degree)
    show("exp.ts", "Q32" if single else "Q64", "e^r = 1 + r Q(r), |r| <= ln 2 / 2", "1", single, result)

# the logarithms: errors relative to the result, 2^-24 or 2^-53 of it
bend = lambda f: (log1p(f) - f) / f**2  # noqa: E731
share = lambda f: mpf(2) ** 24 * fabs(f**2 / log1p(f))  # noqa: E731
result = remez(bend, share, sqrt(mpf(1) / 2) - 1, sqrt(mpf(2)) - 1, 8)
show("log.ts", "P32", "log(1 + f) = f + f^2 P(f), sqrt(1/2) <= 1 + f <= sqrt(2)", "", True, result)
# rounded all at once these would add 0.3 ULP at x = 1, where the terms are of one size
show("log.ts", "UNIT32", "log(1 + x) = x + x^2 P(x), 0 <= x <= 1", "", True, remez32(bend, share, mpf(0), mpf(1), 8))
result = remez(
    lambda z: (2 * atanh(sqrt(z)) / sqrt(z) - 2) / z,
    lambda z: mpf(2) ** 53 * z * sqrt(z) / (2 * atanh(sqrt(z))),
    mpf(0),
    mpf(1) / 9,
    9,
)
show("log.ts", "UNIT64", "2 atanh(s) = 2 s + s z P(z), z = s^2, 0 <= s <= 1 / 3", "", False, result)
