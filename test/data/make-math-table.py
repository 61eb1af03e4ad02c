"""Writes math-f64.bin: correctly rounded float64 values of exp, log and log1p, computed by mpmath with 100 bits more than needed.

    python3 test/data/make-math-table.py        (mpmath 1.3, a fixed seed: the same bytes every time)

How to read it, all little-endian: for exp, log and log1p in this order
    uint32  n, then uint32 0 (so that the doubles are aligned)
    n float64  arguments
    n float64  results, rounded to nearest even
    n int8     what the rounding took away: (true - rounded) / ulp * 254, ulp that of the binade of the true value (2^-1074 at the least)
    zeros up to a multiple of 8
n is 10496 each. exp: -745.2 <= x <= 709.78..., results down to the subnormals and zero. log: all finite x > 0. log1p: -1 < x <= 1.
"""

import random
import struct
from math import inf, isinf, nextafter, ulp
from pathlib import Path

import mpmath
from mpmath import mpf

mpmath.mp.prec = 1200  # exp of a subnormal is 1 + 2^-1074: enough for any argument
COUNT = 10496
LARGEST, SMALLEST_NORMAL = 1.7976931348623157e308, 2.2250738585072014e-308


def rounded(true):
    """The nearest float64, gradual underflow included: mpmath's own conversion rounds twice there."""
    if abs(true) < SMALLEST_NORMAL:
        return float(mpmath.nint(true * mpf(2) ** 1074)) * 5e-324
    with mpmath.workprec(53):
        return float(+true)


def residue(true, value):
    size = abs(value)
    if size > abs(true) > 0 and size > SMALLEST_NORMAL:
        size = nextafter(size, 0)  # the binade of the true value
    return round(float((true - mpf(value)) / mpf(ulp(size)) * 254))


def from_bits(bits):
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


def bits_of(x):
    return struct.unpack("<Q", struct.pack("<d", x))[0]


def steps(x, count):
    """x and its neighbours, `count` on each side."""
    out, up, down = [x], x, x
    for _ in range(count):
        up, down = nextafter(up, inf), nextafter(down, -inf)
        out += [up, down]
    return out


def patterns(rng, low, high, count):
    """Bit patterns uniform between two positive numbers: every binade alike."""
    return [from_bits(rng.randint(bits_of(low), bits_of(high))) for _ in range(count)]


def exp_arguments(rng):
    ln2 = 0.6931471805599453
    top, bottom = 709.782712893384, -745.1332191019411
    xs = steps(top, 40) + steps(bottom, 40) + steps(-708.3964185322641, 40)
    xs += [s * x for s in (1, -1) for x in patterns(rng, 1e-320, 1e-17, 100) + patterns(rng, 1e-17, 1, 1500)]
    for k in range(-1074, 1024):  # where n steps, and the middle of the interval
        xs += [(k + 0.5) * ln2 + rng.uniform(-1e-9, 1e-9)]
    xs += [rng.uniform(-745.2, -708.3) for _ in range(1000)]
    xs += [rng.uniform(-40, 0) for _ in range(1500)] + [rng.uniform(-1, 1) for _ in range(1000)]
    while len(xs) < 2 * COUNT:
        xs.append(rng.uniform(-745.2, 709.8))
    return [x for x in xs if -745.2 <= x <= top]


def log_arguments(rng):
    xs = steps(1.0, 200) + steps(SMALLEST_NORMAL, 40) + [LARGEST, 5e-324, 1e-323]
    xs += [nextafter(LARGEST, 0), *steps(0.7071067811865476, 40), *steps(1.4142135623730951, 40)]
    xs += patterns(rng, 5e-324, SMALLEST_NORMAL, 800)
    for sign in (1, -1):
        xs += [1 + sign * d for d in patterns(rng, 2.3e-16, 0.5, 1500)]
    xs += [rng.uniform(0.5, 2) for _ in range(2000)] + [rng.uniform(0, 1) for _ in range(500)]
    while len(xs) < 2 * COUNT:
        xs += patterns(rng, 5e-324, LARGEST, 1)
    return [x for x in xs if 0 < x <= LARGEST]


def log1p_arguments(rng):
    xs = steps(-0.5, 40) + steps(-0.2928932188134524, 40) + steps(0.41421356237309503, 40) + steps(1.0, 40)
    xs += patterns(rng, 5e-324, 1e-17, 200) + [-x for x in patterns(rng, 5e-324, 1e-17, 100)]
    xs += patterns(rng, 1e-17, 1, 3500) + [-x for x in patterns(rng, 1e-17, 1, 1500)]
    xs += [-1 + d for d in patterns(rng, 1.2e-16, 0.5, 500)] + [from_bits(bits_of(-1.0) - k) for k in range(1, 40)]
    while len(xs) < 2 * COUNT:
        xs.append(rng.uniform(-0.4, 1) if len(xs) % 3 else rng.uniform(-1, 1))
    return [x for x in xs if -1 < x <= 1 and x != 0]


def main():
    rng = random.Random(20260701)
    out = bytearray()
    for arguments, function in ((exp_arguments, mpmath.exp), (log_arguments, mpmath.log), (log1p_arguments, lambda x: mpmath.log(1 + x))):
        xs = sorted(list(dict.fromkeys(arguments(rng)))[:COUNT])
        assert len(xs) == COUNT
        trues = [function(mpf(x)) for x in xs]
        ys = [rounded(true) for true in trues]
        assert not any(isinf(y) for y in ys)
        out += struct.pack("<II", COUNT, 0) + struct.pack(f"<{COUNT}d", *xs) + struct.pack(f"<{COUNT}d", *ys)
        out += struct.pack(f"<{COUNT}b", *(residue(true, y) for true, y in zip(trues, ys)))
        out += bytes(-len(out) % 8)
    Path(__file__).with_name("math-f64.bin").write_bytes(out)
    print(len(out), "bytes")


if __name__ == "__main__":
    main()
