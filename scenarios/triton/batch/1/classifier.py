"""A classifier of texts with random weights.

What it says means nothing; what it costs is real. Its weights do not fit a processor's cache, so that one text takes about as
long as several: the time goes into reading weights, and that is why a server collects requests into batches.
"""

import numpy as np

WIDTH, LAYERS, CLASSES = 2048, 3, 64


class Classifier:
    def __init__(self):
        random = np.random.default_rng(1)
        self.layers = [random.standard_normal((WIDTH, WIDTH), dtype=np.float32) * np.float32(np.sqrt(2 / WIDTH)) for _ in range(LAYERS)]
        self.last = random.standard_normal((WIDTH, CLASSES), dtype=np.float32)

    def classify(self, texts):
        """The class of each text, which is given as bytes."""
        x = np.stack([features(t) for t in texts])
        for weights in self.layers:
            x = np.maximum(x @ weights, 0)
        return [b"class %d" % c for c in (x @ self.last).argmax(axis=1)]


def features(text):
    """How often each hash of three bytes in a row occurs, as a vector of length 1."""
    b = np.frombuffer(b"  " + text, dtype=np.uint8).astype(np.int64)
    counts = np.bincount((b[:-2] * 961 + b[1:-1] * 31 + b[2:]) % WIDTH, minlength=WIDTH).astype(np.float32)
    return counts / max(1, np.linalg.norm(counts))
