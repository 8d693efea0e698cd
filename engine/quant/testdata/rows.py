"""Makes the fixtures of rows: rows.f32, rows.importance, digests.txt and, for each format, FORMAT.rows,
FORMAT.rows.weighted and FORMAT.rows.f32, with llama.cpp's own quantizers. See README.md.

    venv/bin/pip install gguf==0.19.0 numpy==2.4.6
    venv/bin/python rows.py [--rmse] path/to/libggml-base.so
"""

import ctypes
import hashlib
import pathlib
import sys

import numpy as np
from gguf import GGMLQuantizationType as T, quants

HERE = pathlib.Path(__file__).parent
F = np.float32
ROWS = [256, 256, 512, 768, 1024, 1280]
WEIGHTED = "Q4_0 Q4_1 Q5_0 Q5_1 Q2_K Q3_K Q4_K Q5_K Q6_K IQ4_NL IQ4_XS".split()
UNWEIGHTED = ["Q8_0", "MXFP4"]
rng = np.random.default_rng(4096)


def blocks():
    """16 blocks of 256."""
    yield rng.standard_normal(256)  # row 0
    yield np.zeros(256)  # row 1
    yield rng.standard_normal(256) * 0.02  # row 2
    yield rng.standard_t(2, 256) * 0.02
    yield np.full(256, 0.37)  # row 3
    yield np.linspace(-1, 1, 256)
    yield np.concatenate([rng.standard_normal(32) * 2.0**-i for i in range(8)])
    outlier = rng.standard_normal(256) * 0.01  # row 4
    outlier[100] = 30
    yield outlier
    yield rng.standard_normal(256) * 1e-6  # scales are float16 denormals
    yield rng.standard_normal(256) * 1e-12  # scales are 0 in float16
    yield rng.standard_normal(256) * 1e-20  # too small for some searches
    yield np.abs(rng.standard_normal(256)) + 0.5  # row 5, no value below 0
    yield rng.integers(-8, 8, 256) * 0.25  # on the grid of several formats
    yield rng.uniform(-60000, 60000, 256)
    sparse = np.zeros(256)
    sparse[rng.integers(0, 256, 20)] = rng.standard_normal(20)
    yield sparse
    near = 2.0 ** rng.integers(-12, 13, 256)  # neighbours of powers of two
    yield np.nextafter(near.astype(F), F(0)) * rng.choice([1, -1], 256)


def importances(n):
    w = rng.gamma(0.5, size=n)
    w[rng.random(n) < 0.05] = 0
    return w


def splitmix(i):
    """64 mixed bits of each index, as splitmix64."""
    z = (i + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def many(rows, n):
    """Values and importances that the test makes again, from integers; see digest_test.go."""
    i = np.arange(rows * n, dtype=np.uint64)
    z, other = splitmix(i), splitmix(i + np.uint64(1 << 40))
    total = sum((z >> np.uint64(s)) & np.uint64(0xFFFF) for s in (0, 16, 32, 48)).astype(np.int64)
    row = (i // np.uint64(n)).astype(np.int64)
    exponent = np.where(row % 2 == 1, (other & np.uint64(7)).astype(np.int64), 0)
    exponent += np.where(row % 16 == 15, 62, 16)
    total += row % 3 * 20000 - 131070
    total = np.where(row % 4 == 2, total & ~2047, total)
    x = np.ldexp(total.astype(F), -exponent).astype(F)
    a, b = (other >> np.uint64(16)) & np.uint64(0xFFFF), (other >> np.uint64(32)) & np.uint64(0xFFFF)
    importance = np.where((other >> np.uint64(60)) == 0, F(0), a.astype(F) * b.astype(F)).astype(F)
    return x.reshape(rows, n), importance.reshape(rows, n)


def digest(rows):
    return hashlib.sha256(b"".join(row.tobytes() for row in rows)).hexdigest()


def write_digests(library):
    x, importance = many(256, 1024)
    with open(HERE / "digests.txt", "w") as f:
        for name in WEIGHTED + UNWEIGHTED:
            plain = digest(library.quantize(name, row) for row in x)
            weighted = digest(library.quantize(name, row, w) for row, w in zip(x, importance))
            print(name, plain, weighted, file=f)


class Library:
    def __init__(self, path):
        self.lib = ctypes.CDLL(path)
        self.chunk = self.lib.ggml_quantize_chunk
        self.chunk.restype = ctypes.c_size_t
        self.chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p] + [ctypes.c_int64] * 3 + [ctypes.c_void_p]

    def quantize(self, name, x, importance=None):
        """One row."""
        block, size = quants.GGML_QUANT_SIZES[T[name]]
        out = np.zeros(len(x) // block * size, np.uint8)
        weights = None if importance is None else importance.ctypes.data
        written = self.chunk(int(T[name]), x.ctypes.data, out.ctypes.data, 0, 1, len(x), weights)
        assert written == out.size
        return out

    def dequantize(self, name, stored, n):
        symbol = "dequantize_row_" + name.lower().replace("_k", "_K")
        out = np.zeros(n, F)
        getattr(self.lib, symbol)(ctypes.c_void_p(stored.ctypes.data), ctypes.c_void_p(out.ctypes.data), ctypes.c_int64(n))
        again = quants.dequantize(stored, T[name]).astype(F)  # a third implementation
        assert np.array_equal(out.view(np.uint32), again.view(np.uint32)) or np.array_equal(out, again), name
        return out


def print_rmse(library):
    """The table of TestRMSE."""
    x = np.random.default_rng(99).standard_normal((256, 4096)).astype(F)
    w = np.random.default_rng(100).exponential(size=4096).astype(F)
    for name in WEIGHTED + UNWEIGHTED:
        errors = []
        for importance in [np.ones_like(w), w]:
            given = w if importance is w else None
            stored = np.stack([library.quantize(name, row, given) for row in x])
            squares = (quants.dequantize(stored, T[name]).astype(float) - x) ** 2
            errors.append(np.sqrt(np.average(squares, weights=np.broadcast_to(importance, x.shape))))
        print(f'{{"{name}", {errors[0]:.5f}, {errors[1]:.5f}}},')


def main():
    library = Library(sys.argv[-1])
    if sys.argv[1] == "--rmse":
        print_rmse(library)
        return
    x = np.concatenate(list(blocks())).astype(F)
    importance = importances(len(x)).astype(F)
    assert len(x) == sum(ROWS)
    x.tofile(HERE / "rows.f32")
    importance.tofile(HERE / "rows.importance")
    write_digests(library)
    bounds = np.cumsum(ROWS)[:-1]
    rows, weights = np.split(x, bounds), np.split(importance, bounds)
    for name in WEIGHTED + UNWEIGHTED:
        stored = np.concatenate([library.quantize(name, row) for row in rows])
        stored.tofile(HERE / f"{name}.rows")
        library.dequantize(name, stored, len(x)).tofile(HERE / f"{name}.rows.f32")
        better = np.concatenate([library.quantize(name, row, w) for row, w in zip(rows, weights)])
        if name in WEIGHTED:
            better.tofile(HERE / f"{name}.rows.weighted")
        else:
            assert np.array_equal(better, stored)


if __name__ == "__main__":
    main()
