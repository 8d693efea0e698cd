"""Varied texts for comparing tokenizers, from a seed: all scripts, emoji, marks, white space, digits, code, special tokens."""
import random, unicodedata
from make_fixtures import GO, POOLS, WHOLE, go_source, words

ASSIGNED = [c for c in range(0x110000) if unicodedata.category(chr(c)) not in ("Cs", "Cn", "Co")]
JAMO = "".join(map(chr, [*range(0x1100, 0x1113), *range(0x1161, 0x1176), *range(0x11A8, 0x11C3)]))
MARKS = "".join(map(chr, [*range(0x300, 0x350), 0x591, 0x5B0, 0x64B, 0x93C, 0x94D, 0xE38, 0x302A, 0x3099, 0x1D165]))
EMOJI = ["👩\u200d👩\u200d👧\u200d👦", "👩🏽\u200d💻", "🏳️\u200d🌈", "🇫🇷", "🇯🇵🇩🇪", "1️⃣", "😀", "❤️", "🫠", "👍🏿"]
QUOTES = ["'s", "'S", "'T", "'re", "'RE", "'Ve", "'LL", "'d", "'M", "\u2019s", "\u2019LL", "'\u017f", "'\u212a", "'\u017ft", "''s", "'s'd"]
CODE = ["func ", "return x\n", "\t\tif err != nil {\n", "for(i=0;i<n;i++)", "x_1 = camelCaseName", "HTTPServer", "<div class=\"a\">", "</div>",
        "#include <stdio.h>\n", "def f(self):\n    pass\n", "// comment\n", "/* a */", "SELECT * FROM t;", "{\"k\": [1, 2.5e-3]}", "a->b", "!==", "\\n", "://"]


def spaces(rng):
    unit = rng.choice([" ", " ", " ", "\n", "\t", "\r\n", " \n", "\u00a0", "\u3000", "\u2581", " \u2581"])
    return unit * rng.choice([1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 30, 31, 32, 33, 40, 63, 64])


def digits(rng):
    pool = rng.choice(["0123456789", "0123456789", "٠١٢٣٤٥", "०१२३", "０１２", "²³½¼", "ⅧⅣ①", "0123456789.,"])
    return "".join(rng.choice(pool) for _ in range(rng.choice([1, 2, 3, 4, 5, 6, 7, 12, 25])))


def periodic(rng):
    unit = "".join(rng.choice("ab-=_*.#x1 \n") for _ in range(rng.randint(1, 3)))
    return unit * rng.randint(2, 40)


def marked(rng):
    base = rng.choice("aeiouAEIOUsSkKyn\u212b\u2126Ωι가각ªß")
    return base + "".join(rng.choice(MARKS) for _ in range(rng.choice([1, 1, 2, 2, 3, 5, 40])))


def jamo(rng):
    return "".join(rng.choice(JAMO) for _ in range(rng.randint(1, 9)))


def anything(rng):
    return "".join(chr(rng.choice(ASSIGNED)) for _ in range(rng.randint(1, 9)))


def ascii_noise(rng):
    return "".join(chr(rng.randrange(128)) for _ in range(rng.randint(1, 16)))


def cases(rng):
    return "".join(rng.choice(["a", "b", "Z", "Q", "É", "é", "ǅ", "ʰ", "ª", "中", "\u0301", "1", "'s", "'LL", " ", "/", "\n"]) for _ in range(rng.randint(1, 16)))


def text(rng, specials=()):
    """One text: up to eight parts of the kinds above."""
    parts = []
    for _ in range(rng.choice([1, 1, 2, 2, 3, 4, 6, 8])):
        kind = rng.random()
        if specials and kind < 0.04:
            parts.append(rng.choice(specials))
        elif kind < 0.30:
            parts.append(words(rng))
        elif kind < 0.40:
            parts.append(go_source(rng))
        elif kind < 0.46:
            parts.append(rng.choice(CODE))
        elif kind < 0.50:
            parts.append(rng.choice(WHOLE))
        elif kind < 0.52:
            parts.append(rng.choice(EMOJI))
        elif kind < 0.56:
            parts.append(rng.choice(["it", "I", "WE", "\u212a", ""]) + rng.choice(QUOTES))
        else:
            parts.append(rng.choice([spaces, digits, periodic, marked, jamo, anything, ascii_noise, cases])(rng))
    return "".join(parts)


def texts(seed, count, specials=()):
    """count texts; the same for the same seed."""
    rng = random.Random(seed)
    for _ in range(count):
        yield text(rng, specials)
