"""Makes the fixtures of this directory with the numpy reference quantizers of the
`gguf` package, which are an implementation independent of the Go one.

    python3 -m venv venv && venv/bin/pip install gguf==0.19.0 numpy==2.4.6
    venv/bin/python gen.py

values.f32 holds the input, 47 blocks of 32 little-endian float32; FORMAT.blocks is what
each format stores for it and FORMAT.f32 what that reads back as. Signed zeros, infinities
and NaNs, where numpy and C differ, are in edge_test.go.
"""

import pathlib

import numpy as np
from gguf import GGMLQuantizationType as T, quants

HERE = pathlib.Path(__file__).parent
F = np.float32
rng = np.random.default_rng(20250)


def blocks():
    yield np.zeros(32, F)
    yield np.full(32, F(0.37))
    yield np.full(32, F(-0.37))
    yield np.arange(32, dtype=F) - 16  # Q4_0: scale 2, every odd value is a tie
    yield 15 - np.arange(32, dtype=F)  # the extreme is negative and last
    yield np.linspace(0, 15, 32, dtype=F)
    yield np.arange(32, dtype=F) * F(0.5)  # Q4_1: 15.5 / 15
    tie = np.tile(np.array([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.25, 126.5], F), 4)
    tie[7] = 127  # Q8_0: scale 1, halves are ties
    yield tie
    near = np.nextafter(tie, F(0), dtype=F)
    near[7] = 127
    yield near
    yield np.tile(np.array([1, -1], F), 16)  # two extremes of one magnitude: the first counts
    yield np.tile(np.array([-1, 1], F), 16)
    one = np.zeros(32, F)
    one[31] = 3e-3
    yield one
    denormal = rng.standard_normal(32).astype(F)
    denormal[::3] = rng.integers(1, 1 << 23, 11).astype(np.uint32).view(F)
    yield denormal
    yield rng.standard_normal(32).astype(F) * F(3e-7)  # the scale is a float16 denormal
    yield rng.standard_normal(32).astype(F) * F(1e-20)  # the scale is 0 in float16
    yield rng.standard_normal(32).astype(F) * F(1e4)
    yield rng.uniform(-65536, 65536, 32).astype(F)  # about the largest float16
    yield rng.uniform(-1e6, 1e6, 32).astype(F)  # the scale is too large for a float16 in some formats
    yield rng.uniform(-1e38, 1e38, 32).astype(F)
    for i in range(18):
        yield rng.standard_normal(32).astype(F) * F(0.02 * 1.7**i)
    for _ in range(8):
        yield rng.standard_t(3, 32).astype(F)
    # The exact middle between two neighbours in float16 and in bfloat16.
    half = rng.integers(0, 0x7BFF, 32).astype(np.uint16)
    low, high = half.view(np.float16).astype(F), (half + 1).astype(np.uint16).view(np.float16).astype(F)
    yield (low + high) / 2
    upper = rng.integers(0x3000, 0x4800, 32).astype(np.uint32)
    yield ((upper << 16) | 0x8000).astype(np.uint32).view(F)


def main():
    values = np.concatenate(list(blocks())).astype(F)
    values.tofile(HERE / "values.f32")
    with np.errstate(over="ignore", invalid="ignore"):
        for name in ["F16", "BF16", "Q8_0", "Q4_0", "Q4_1"]:
            stored = quants.quantize(values, T[name])
            stored.tofile(HERE / f"{name}.blocks")
            quants.dequantize(stored, T[name]).astype(F).tofile(HERE / f"{name}.f32")


main()
