"""Regenerates families/*.json.gz: small vocabularies with the settings of published ones, and texts with their ids.

    pip install tokenizers==0.23.3 sentencepiece==0.2.3 protobuf==6.33.0
    python families.py

The ids are those of Hugging Face tokenizers; for the unigram model of texts that SentencePiece has normalized. Every byte-level family has the
vocabulary of bytes.json.gz, whose merges were learned without cutting texts into words, so that a cut in
the wrong place shows. Rows: "text"; "s", its ids with control tokens read from it; "t", without, where they differ; "d", what "s"
decodes to, where that is not the text.
"""
import base64, collections, io, json
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers as pre, trainers
from deepseek import CASED_LETTERS, WIDE_PUNCT
from make_fixtures import HERE, LLAMA3, write
from texts import texts
from vocabulary import vocabulary

TEXTS = 420  # of each family
CASED = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+CONTRACTION|"
         r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*CONTRACTION|"
         r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN35 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|"
          r"\s*[\r\n]+|\s+(?!\S)|\s+")
DEEPSEEK3 = (r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|"
             r"\s*[\r\n]+|\s+(?!\S)|\s+")
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
BLOOM = r" ?[^(\s|.,!?…。，、।۔،)]+"
ANY_CASE = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
BYTE_LEVEL = pre.ByteLevel(add_prefix_space=False, use_regex=False)
BYTE_WORDS = pre.ByteLevel(add_prefix_space=False, use_regex=True)


def split(*expressions):
    return pre.Sequence([pre.Split(Regex(e), "isolated") for e in expressions] + [BYTE_LEVEL])


BYTE_FAMILIES = {  # name in GGUF: pre-tokenizer, normalizer
    "gpt-2": (BYTE_WORDS, None),
    "olmo": (BYTE_WORDS, normalizers.NFC()),
    "llama-bpe": (split(LLAMA3), None),
    "dbrx": (split(LLAMA3), None),
    "minicpm5": (split(r"\p{N}{1,3}", LLAMA3.replace("{1,3}", "+")), None),
    "qwen2": (split(LLAMA3.replace("{1,3}", "")), normalizers.NFC()),
    "deepseek-r1-qwen": (split(LLAMA3.replace("{1,3}", "")), None),
    "qwen35": (split(QWEN35), normalizers.NFC()),
    "smollm": (pre.Sequence([pre.Digits(individual_digits=True), BYTE_WORDS]), None),
    "command-r": (pre.Sequence([pre.Digits(individual_digits=True), BYTE_WORDS]), normalizers.NFC()),
    "tekken": (split(CASED.replace("CONTRACTION", "").replace("{1,3}", "")), None),
    "gpt-4o": (split(CASED.replace("CONTRACTION", ANY_CASE)), None),
    "deepseek-v3": (split(r"\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+", DEEPSEEK3), None),
    "deepseek-coder": (split("[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", "[一-龥ࠀ-一가-퟿]+", r"\p{N}"), None),
    "deepseek-llm": (split("[\r\n]", rf"\s?[{CASED_LETTERS}]+", rf"\s?[{WIDE_PUNCT}]+", r"\s+$", "[一-龥ࠀ-一가-퟿]+", r"\p{N}"), None),
    "falcon": (pre.Sequence([pre.Split(Regex(r"[\p{P}$+<=>^~|`]+"), "isolated"), BYTE_WORDS, pre.Digits(individual_digits=False),
                             pre.Split(Regex("[0-9][0-9][0-9]"), "isolated")]), None),
    "bloom": (split(BLOOM), None),
    "viking": (split(BLOOM, r"\p{N}"), None),
    "default": (split(r"[\p{P}$+<=>^~|]+", GPT2, r"\p{N}+", "[0-9][0-9][0-9]"), None),
}
IGNORE_MERGES = {"llama-bpe", "minicpm5", "tekken"}
CONTROL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
DEFINED = ["<think>", "</think>", "<tool_call>", "     ", "\t\t\t"]


def train_bytes():
    """Tokens and merges, and a few tokens that no merge makes: only a tokenizer that ignores merges gives them."""
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = BYTE_LEVEL
    trainer = trainers.BpeTrainer(vocab_size=3000, initial_alphabet=pre.ByteLevel.alphabet(), show_progress=False)
    tok.train_from_iterator(texts("bytes", 12000), trainer)
    model = json.loads(tok.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    count = {}
    for text in texts("words", 6000):
        for word, _ in split(LLAMA3).pre_tokenize_str(text):
            count[word] = count.get(word, 0) + 1
    known = set(tokens)
    tokens += sorted((w for w in count if 3 <= len(w) <= 12 and w not in known), key=lambda w: (-count[w], w))[:200]
    return {"tokens": tokens, "merges": [" ".join(m) for m in model["merges"]]}


def add(tok, control, defined, **flags):
    tok.add_special_tokens([AddedToken(t, normalized=False, special=True, **flags) for t in control])
    tok.add_tokens([AddedToken(t, normalized=False, special=False, **flags) for t in defined])


def rows(tok, seed, specials):
    out = []
    for text in texts(seed, TEXTS, specials):
        tok.encode_special_tokens = False
        row = {"text": text, "s": tok.encode(text, add_special_tokens=False).ids}
        tok.encode_special_tokens = True
        plain = tok.encode(text, add_special_tokens=False).ids
        if plain != row["s"]:
            row["t"] = plain
        decoded = tok.decode(row["s"], skip_special_tokens=True)
        if decoded != text:
            row["d"] = decoded
        out.append(row)
    return out


def byte_tokenizer(name, shared):
    ids = {t: i for i, t in enumerate(shared["tokens"])}
    merges = [tuple(m.split(" ")) for m in shared["merges"]]
    tok = Tokenizer(models.BPE(vocab=ids, merges=merges, ignore_merges=name in IGNORE_MERGES))
    tok.pre_tokenizer, normalizer = BYTE_FAMILIES[name]
    if normalizer:
        tok.normalizer = normalizer
    tok.decoder = decoders.ByteLevel()
    add(tok, CONTROL, DEFINED)
    return tok


def byte_family(name, shared):
    tok = byte_tokenizer(name, shared)
    vocab = vocabulary(json.loads(tok.to_str()), name, bos=CONTROL[0])
    del vocab["tokens"], vocab["merges"], vocab["types"]
    write(f"families/{name}.json.gz", {"vocab": vocab, "control": CONTROL, "defined": DEFINED, "rows": rows(tok, name, CONTROL + DEFINED)})


def all_merges(ranked, vocab, key):
    """Every way to make the tokens of ranked, best first, from two others: SentencePiece has no list of merges."""
    out = []
    for place, token in enumerate(ranked):
        ways = [(token[:k], token[k:]) for k in range(1, len(token)) if token[:k] in vocab and token[k:] in vocab]
        out += [(key(place, l, r, vocab), l, r) for l, r in ways]
    return [(l, r) for _, l, r in sorted(out)]


def by_ids(place, left, right, vocab):  # as llama-2's published merges are ordered
    return (place, vocab[left], vocab[right])


def by_lengths(place, left, right, vocab):  # as gemma-3's are
    return (place, -len(left), -len(right))


def train_pieces(seed, size, words):
    """Tokens that SentencePiece's BPE could have: learned in words, or in whole texts."""
    tok = Tokenizer(models.BPE())
    tok.normalizer = normalizers.Replace(" ", "▁")
    if words:
        tok.pre_tokenizer = pre.Metaspace(prepend_scheme="never")
    corpus = list(texts(seed, 8000))
    count = collections.Counter("".join(corpus).replace(" ", "▁"))
    alphabet = sorted(count, key=lambda c: (-count[c], c))[:400]  # the trainer's own choice differs from run to run
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, limit_alphabet=400, show_progress=False)
    tok.train_from_iterator(corpus, trainer)
    vocab = tok.get_vocab()
    ordered = sorted(vocab, key=vocab.get)
    return [t for t in ordered if len(t) > 1], [t for t in ordered if len(t) == 1]


def piece_family(name, words, key, prefix, control, defined, byte_tokens=True, runs=(), **flags):
    joined, chars = train_pieces(name, 1600, words)
    runs = list(runs)
    joined = [t for t in joined if t not in set(runs) | set(defined)]
    chars = [t for t in chars if t not in defined]
    tokens = ["<unk>"] + control + defined + runs
    tokens += [f"<0x{b:02X}>" for b in range(256)] if byte_tokens else []
    tokens += joined + chars
    ids = {t: i for i, t in enumerate(tokens)}
    spaces = [r for r in runs if set(r) == {"▁"}]
    ways = [(r[:k], r[k:]) for r in spaces for k in range(1, len(r))]
    merges = sorted(ways, key=lambda m: (-len(m[0]), -len(m[1])))  # in Gemma runs of spaces are joined before all else
    merges += all_merges(joined, ids, key)
    tok = Tokenizer(models.BPE(vocab=ids, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=byte_tokens))
    replace = normalizers.Replace(" ", "▁")
    tok.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), replace]) if prefix else replace
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    tok.decoder = decoders.Sequence(steps + ([decoders.Strip(" ", 1, 0)] if prefix else []))
    tok.add_special_tokens([AddedToken("<unk>", normalized=False, special=True)])
    add(tok, control, [*defined, *runs], **flags)
    vocab = vocabulary(json.loads(tok.to_str()), "", bos=control[0])
    write(f"families/{name}.json.gz", {"vocab": vocab, "rows": rows(tok, name, ["<unk>", *control, *defined, *runs[::7]])})


def unigram_family():
    """A model trained by SentencePiece, with some rules of normalization."""
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2
    rules = [(f"{ord(a):X}", f"{ord(b):X}") for a, b in zip("ＡＢＣａｂｃ０１２３、，！", "ABCabc0123,,!")]
    rules += [("FB01", "66 69"), ("FB02", "66 6C"), ("2026", "2E 2E 2E"), ("200B", ""), ("AD", ""), ("9", "20"), ("A", "20"), ("D", "20"),
              ("D A", "20"), ("A0", "20"), ("3000", "20"), ("65 301", "E9"), ("61 301", "E1"), ("61 301 323", "1EA1 301"), ("2126", "3A9")]
    path = HERE / "rules.tsv"
    path.write_text("".join(f"{a}\t{b}\n" for a, b in rules))
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=(t for t in texts("t5", 8000) if "\0" not in t), model_writer=out, model_type="unigram", vocab_size=1200,
        character_coverage=0.98, normalization_rule_tsv=str(path), num_threads=1,
        max_sentence_length=100000, minloglevel=2)
    path.unlink()
    proto = sentencepiece_model_pb2.ModelProto.FromString(out.getvalue())
    model = sentencepiece.SentencePieceProcessor(model_proto=out.getvalue())
    pieces = proto.pieces
    vocab = {"kind": "t5", "tokens": [p.piece for p in pieces], "types": [p.type for p in pieces], "scores": [p.score for p in pieces],
             "bos": -1, "eos": model.eos_id(), "unknown": model.unk_id(), "spacePrefix": True, "removeSpaces": True,
             "charsmap": base64.b64encode(proto.normalizer_spec.precompiled_charsmap).decode()}
    sample = [t for t in texts("t5 rows", TEXTS) if "\0" not in t and "▁" not in t]
    tok = Tokenizer(models.Unigram([(p.piece, p.score) for p in pieces], model.unk_id(), False))
    out = [{"text": t, "s": tok.encode(model.normalize(t), add_special_tokens=False).ids} for t in sample]
    write("families/t5.json.gz", {"vocab": vocab, "rows": out})


def main():
    (HERE / "families").mkdir(exist_ok=True)
    shared = train_bytes()
    write("families/bytes.json.gz", shared)
    for name in BYTE_FAMILIES:
        byte_family(name, shared)
    runs = [c * n for c in "\n▁\t" for n in range(2, 32)]
    piece_family("llama-2", True, by_ids, True, ["<s>", "</s>"], [])
    piece_family("phi-3", True, by_ids, True, ["<s>", "</s>", "<|user|>", "<|end|>"], ["<|tag|>"], rstrip=True)
    piece_family("gemma-3", False, by_lengths, False, ["<bos>", "<eos>", "<start_of_turn>"], ["\n", "\t", "<b>", "</b>"], runs=runs)
    piece_family("no-bytes", False, by_lengths, True, ["<s>", "</s>"], ["<tag>"], byte_tokens=False)
    unigram_family()


if __name__ == "__main__":
    main()
