"""Prints the polynomial coefficients of assembly/math: minimax in the relative error, by Remez' exchange in 40 digits.

    python3 scripts/coefficients.py        (needs mpmath; half a minute)

Nothing runs this in a build: it is where the numbers come from.
"""

from mpmath import cos, exp, fabs, log, log1p, lu_solve, matrix, mp, mpf, nstr, pi, sqrt

mp.dps = 40
TINY = mpf(10) ** -10


def remez(f, weight, low, high, degree, rounds=12, grid=2000):
    """Coefficients c, lowest first, with least max |weight(x) * (f(x) - sum c_k x^k)| on [low, high], and that maximum."""
    n = degree + 2
    points = sorted((low + high) / 2 + (high - low) / 2 * cos(pi * mpf(2 * i + 1) / (2 * n)) for i in range(n))
    xs = [low + (high - low) * mpf(i) / grid for i in range(grid + 1)]
    for _ in range(rounds):
        a, b = matrix(n, n), matrix(n, 1)
        for i, x in enumerate(points):
            for k in range(degree + 1):
                a[i, k] = x**k
            a[i, degree + 1] = (-1) ** i / weight(x)
            b[i] = f(x)
        solution = lu_solve(a, b)
        c = [solution[k] for k in range(degree + 1)]
        errors = [weight(x) * (f(x) - sum(ck * x**k for k, ck in enumerate(c))) for x in xs]
        # one extremum between two changes of sign
        extrema, start = [], 0
        for i in range(1, grid + 2):
            if i == grid + 1 or errors[i] * errors[i - 1] < 0:
                extrema.append(max(range(start, i), key=lambda j: fabs(errors[j])))
                start = i
        if len(extrema) < n:
            break
        while len(extrema) > n:
            extrema.pop(0 if fabs(errors[extrema[0]]) < fabs(errors[extrema[-1]]) else -1)
        points = [xs[i] for i in extrema]
    return c, max(fabs(e) for e in errors)


def show(title, result):
    c, error = result
    print(f"{title}: largest relative error 2^{nstr(log(error, 2), 4)}")
    for k, ck in enumerate(c):
        print(f"  x^{k}: {nstr(ck, 12)}")


half_ln2 = log(mpf(2)) / 2
show(
    "exp(r) = 1 + r Q(r), |r| <= ln 2 / 2",
    remez(lambda r: (exp(r) - 1) / r if fabs(r) > TINY else mpf(1), lambda r: (fabs(r) + mpf(10) ** -9) / exp(r), -half_ln2, half_ln2, 5),
)
unit = lambda x: log1p(x) / x if fabs(x) > TINY else mpf(1)  # noqa: E731
show("log(1 + x) = x Q(x), 0 <= x <= 1", remez(unit, lambda x: 1 / unit(x), mpf(0), mpf(1), 9))
show(
    "log(1 + f) = f + f^2 Q(f), sqrt(1/2) <= 1 + f <= sqrt(2)",
    remez(
        lambda x: (log1p(x) - x) / x**2 if fabs(x) > TINY else mpf(-1) / 2,
        lambda x: fabs(x**2 / log1p(x)) if fabs(x) > mpf(10) ** -8 else mpf(10) ** -8,
        sqrt(mpf(1) / 2) - 1,
        sqrt(mpf(2)) - 1,
        8,
    ),
)
