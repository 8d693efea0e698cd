"""Regenerates ../classes.txt with the regular expressions of Hugging Face tokenizers (an independent implementation).

    pip install tokenizers==0.23.3
    python make_classes.py

One line per run of code points of one class: the first, the last, the class. What is left out is of class rest.
"""
import pathlib
from tokenizers import Regex, pre_tokenizers as pre

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


main()
