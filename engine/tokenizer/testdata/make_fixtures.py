"""Regenerates the fixtures in this folder with Hugging Face tokenizers (an independent implementation).

    pip install tokenizers==0.23.3
    python make_fixtures.py                            # cases.json.gz, classes.json
    python make_fixtures.py --vocab tokenizer.json     # vocab.json.gz from a tokenizer.json first

vocab.json.gz   tokens and merges of the gopherling models
cases.json.gz   texts with their ids under three pre-tokenizers, with control tokens recognised or not;
                ids with their text. "l" (llama-bpe) and "s" (smollm) are left out where they equal "g" (gpt-2)
classes.json    the code points that the reference takes for letters, numbers and spaces, as
                alternating (gap, length) pairs
"""
import argparse, gzip, json, pathlib, random, unicodedata
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers as pre

HERE = pathlib.Path(__file__).parent
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"
          r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
GO = '''package main

import (
\t"fmt"
\t"strings"
)

// Add returns a+b, and doesn't overflow for |a|, |b| < 1<<62.
func (m *Matrix[T]) Add(a, b int64) (sum int64, err error) {
\tfor i := range 0x1F_FF {
\t\tif a[i] != b[i] && !strings.HasPrefix(s, "\\x00é") {
\t\t\treturn 0, fmt.Errorf("row %d: %w", i, errShape)
\t\t}
\t}
\tconst π = 3.14159265358979323846264338327950288
\treturn sum, nil // it's the caller's; they'll check, WE'RE done
}
'''
POOLS = {
    "latin": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "accents": "éèüñçßøåÆœſİıŉ",
    "greek": "αβγδεΩΣςπ", "cyrillic": "абвгдежзиЖЯё", "hebrew": "אבגדהוז", "arabic": "ابتثجحخد٠١٢٣٤٥،؟",
    "devanagari": "कखगघनमस्तेिी०१२३", "bengali": "আমিবাংলা৪৫", "tamil": "தமிழ்", "thai": "ภาษาไทยกำ๑๒๓",
    "georgian": "ქართული", "armenian": "Հայերեն", "ethiopic": "አማርኛ፩፪", "khmer": "ភាសាខ្មែរ", "myanmar": "မြန်မာ",
    "han": "中文汉字漢字语言模型", "kana": "ひらがなカタカナー", "hangul": "한국어조선말", "tibetan": "བོད་སྐད",
    "cherokee": "ᏣᎳᎩ", "gothic": "𐌰𐌱𐌲", "cuneiform": "𒀀𒀁𒐀", "math": "∀∃∑∫√≤≠𝒜𝟙𝟚𝟛½¼²³Ⅷⅳ①②",
    "emoji": "😀🎉👍🏽❤️🇫🇷🇯🇵👩\u200d💻👨\u200d👩\u200d👧🏳️\u200d🌈", "marks": "\u0301\u0308\u0323\u20dd\ufe0f\u200d\u200c\u2060",
    "spaces": " \u00a0\u2003\u2009\u202f\u3000\u1680\u0085\u2028\u2029", "blank": "    \t\n\r",
    "digits": "0123456789", "symbols": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~«»“”‘’…—€£¥°©®",
    "control": "\x00\x01\x07\x08\x0b\x0c\x1b\x1c\x1f\x7f\u0080\u009f\u00ad\u200b\ufeff\ufffd\ue000\U000f0000\U0010ffff\ufdd0",
    "new": "\u1c89\ua7cb\U00010d40\U000116d0\U0002ebf0\U00016100\U0001ccf0",
}
WHOLE = ["", " ", "  ", "\n", "\r\n", "\t", " \n", "\n ", "\n\n", "a", " a", "  a", "a ", "a  ", "\u3000\u3000a", "a\u00a0b",
         "I'm you're he'll we'd they've it's don't", "I'M YOU'RE HE'LL WE'D THEY'VE IT'S DON'T", "'S'T'Re'vE'M'lL'D",
         "'sure 'tis 'llama 'd'd 're", " 's ' s ''s '''ll", "'ſ 'ſt it'ſ", "rock'n'roll o'clock ’s ’re", "'", "''", " '", "' ", "'l", "'v", "'r",
         "<|endoftext|>", "a<|endoftext|>b", "  <|endoftext|>\n", "<|endoftext|", "<|im_start|>user\nhi<|im_end|>",
         "1", "12", "123", "1234", "12345678901234567890", "3.14159e-10", "0xDEADBEEF", "v1.2.3-rc4", " 1 22 333 4444", "a1b2c3", "１２３４", "½1²",
         "e\u0301te\u0301 cafe\u0301", "Z\u0351\u036b\u0343\u0300alg\u0322o\u0489", "👩\u200d👩\u200d👧\u200d👦 family", "🇩🇪🇫🇷🇬🇧",
         "a" * 300, "ab" * 200, "é" * 100, " " * 200, " " * 200 + "x", "\n" * 100 + "x", "\t" * 97 + "x", "=" * 150, "9" * 100, "aA" * 60 + "1",
         "for  i :=  0;  i<n;  i++", "line\r\nline\r\n\r\n  indented\r\n\tx", " \r\n \r\n x", "x \n\n\n y", "x  \n  \n  y", "...\n\n...\r\n!!\n a", "\n.\n", " .\n x"]


def words(rng):
    """One text: a few words, each out of one or two pools, glued by some white space or nothing."""
    names, out = list(POOLS), []
    for _ in range(rng.randint(1, 7)):
        pool = POOLS[rng.choice(names)] + (POOLS[rng.choice(names)] if rng.random() < 0.2 else "")
        out.append("".join(rng.choice(pool) for _ in range(rng.randint(1, 7))))
        out.append(rng.choice(["", " ", " ", " ", "  ", "\n", "\r\n", "\t", " \n\t", "   ", "'s ", "'LL ", "\n\n", ", ", "1"]))
    return "".join(out)


def go_source(rng):
    i = rng.randrange(len(GO))
    return GO[i:i + rng.randint(1, 160)]


def texts(rng, prompts):
    assigned = [c for c in range(0x110000) if unicodedata.category(chr(c)) not in ("Cs", "Cn", "Co", "Lo", "So")]
    out = list(WHOLE) + list(prompts) + [GO]
    out += [words(rng) for _ in range(2200)]
    out += [go_source(rng) for _ in range(300)]
    out += ["".join(chr(rng.choice(assigned)) + rng.choice(["", " ", "a", "1"]) for _ in range(rng.randint(1, 9))) for _ in range(500)]
    out += ["".join(rng.choice(" \n\r\t\u00a0'sSlL1.a") for _ in range(rng.randint(1, 24))) for _ in range(900)]
    return out


def build(vocab, name, special):
    ids = {t: i for i, t in enumerate(vocab["tokens"])}
    merges = [tuple(m.split(" ")) for m in vocab["merges"]]
    tok = Tokenizer(models.BPE(vocab=ids, merges=merges, ignore_merges=name == "llama-bpe"))
    tok.decoder = decoders.ByteLevel()
    tok.pre_tokenizer = {
        "gpt-2": pre.ByteLevel(add_prefix_space=False, use_regex=True),
        "llama-bpe": pre.Sequence([pre.Split(Regex(LLAMA3), "isolated"), pre.ByteLevel(add_prefix_space=False, use_regex=False)]),
        "smollm": pre.Sequence([pre.Digits(individual_digits=True), pre.ByteLevel(add_prefix_space=False, use_regex=True)]),
    }[name]
    if special:
        tok.add_special_tokens([AddedToken("<|endoftext|>", normalized=False, special=True)])
    return tok


def encode_all(vocab, texts, special):
    toks = [build(vocab, n, special) for n in ("gpt-2", "llama-bpe", "smollm")]
    rows = []
    for text in texts:
        g, l, s = (t.encode(text, add_special_tokens=False).ids for t in toks)
        row = {"t": text, "g": g}
        if l != g:
            row["l"] = l
        if s != g:
            row["s"] = s
        rows.append(row)
    return rows


def decode_all(vocab, rng):
    tok, rows = build(vocab, "gpt-2", True), []
    for _ in range(400):
        limit = rng.choice([200, 260, len(vocab["tokens"])])  # the low ids are single bytes
        ids = [rng.randrange(limit) for _ in range(rng.randint(1, 24))]
        rows.append({"t": tok.decode(ids, skip_special_tokens=True), "g": ids})
    return rows


def classes():
    """Classifies a code point by the company it keeps: joined to a letter, a digit or neither."""
    bl, out = pre.ByteLevel(add_prefix_space=False, use_regex=True), {}
    alone = lambda text: len(bl.pre_tokenize_str(text)) == 1
    kind = lambda c: next((k for k, lead in (("L", "a"), ("N", "1"), ("O", "!")) if alone(lead + c)), "S")
    kinds = ["O" if 0xD800 <= c < 0xE000 else kind(chr(c)) for c in range(0x110000)]
    for want in "LNS":
        runs, end, c = [], 0, 0
        while c < len(kinds):
            if kinds[c] != want:
                c += 1
                continue
            start = c
            while c < len(kinds) and kinds[c] == want:
                c += 1
            runs += [start - end, c - start]
            end = c
        out[want] = runs
    return out


def write(name, data):
    raw = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    if name.endswith(".gz"):
        raw = gzip.compress(raw, 9, mtime=0)
    (HERE / name).write_bytes(raw)
    print(name, len(raw))


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--vocab", help="a tokenizer.json to take tokens and merges from")
    path = args.parse_args().vocab
    if path:
        model = json.load(open(path))["model"]
        tokens = sorted(model["vocab"], key=model["vocab"].get)
        write("vocab.json.gz", {"tokens": tokens, "merges": [" ".join(m) for m in model["merges"]]})
    vocab = json.loads(gzip.decompress((HERE / "vocab.json.gz").read_bytes()))
    prompts = [p["text"] for p in json.loads((HERE / "prompts.json").read_text())]
    rng = random.Random(1)
    plain = texts(rng, prompts)
    special = [t[:k] + "<|endoftext|>" + t[k:] for t in plain[:160] for k in [rng.randint(0, len(t))]]
    write("cases.json.gz", {"plain": encode_all(vocab, plain, False), "special": encode_all(vocab, special, True),
                            "decode": decode_all(vocab, rng)})
    write("classes.json", classes())


if __name__ == "__main__":
    main()
