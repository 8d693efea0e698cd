"""Regenerates ../classes.txt with the regular expressions of Hugging Face tokenizers (an independent implementation).

    pip install tokenizers==0.23.3
    python make_classes.py

One line per run of code points of one class: the first, the last, the class. What is left out is of class rest.

Also marks.json: the code points that normalization to form C moves behind or before other marks, as alternating (gap, length) pairs.
"""
import json, pathlib
from tokenizers import Regex, normalizers, pre_tokenizers as pre

CLASSES = {"u": r"[\p{Lu}\p{Lt}]", "l": r"\p{Ll}", "o": r"[\p{Lm}\p{Lo}]", "m": r"\p{M}", "n": r"\p{N}",
           "p": r"\p{P}", "s": r"\p{S}", "w": r"\s"}
POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def members(expression):
    """The code points that the expression matches: the matches' offsets in a text of all code points."""
    found = set()
    for k in range(0, len(POINTS), 50000):
        part = POINTS[k:k + 50000]
        split = pre.Split(Regex(expression + "+"), "removed", invert=True)
        for _, (start, end) in split.pre_tokenize_str("".join(map(chr, part))):
            found.update(part[start:end])
    return found


def moves(c):
    """Whether two orders of the character and some other mark are the same text; the marks are of five classes."""
    form = normalizers.NFC().normalize_str
    return any(form("a" + chr(c) + m) == form("a" + m + chr(c)) for m in "\u0334\u0323\u0301\u302a\u0345" if chr(c) != m)


def gaps(points):
    out, end = [], 0
    for c in points:
        if out and c == end:
            out[-1] += 1
        else:
            out += [c - end, 1]
        end = c + 1
    return out


def main():
    names = {}
    for name, expression in CLASSES.items():
        for c in members(expression):
            assert c not in names, (hex(c), name, names[c])
            names[c] = name
    lines, first = [], None
    for c in sorted(names):
        if first is None or c != last + 1 or names[c] != names[first]:
            if first is not None:
                lines.append(f"{first:X} {last:X} {names[first]}\n")
            first = c
        last = c
    lines.append(f"{first:X} {last:X} {names[first]}\n")
    (pathlib.Path(__file__).parent.parent / "classes.txt").write_text("".join(lines))
    print(len(lines), "runs")
    (pathlib.Path(__file__).parent / "marks.json").write_text(json.dumps(gaps(filter(moves, POINTS)), separators=(",", ":")) + "\n")


main()
