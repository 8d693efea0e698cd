"""Small tokenizers of the kinds that the model families use, trained on a fixed text."""

import io
import json

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

TEXT = [
    "The engine reads a model file and answers one request after another.",
    "func main() {\n\tfmt.Println(\"hello, world\")\n}\n",
    "for i := range 1024 { total += values[i] * weights[i] }",
    "A lab whose engine answers wrongly measures nothing; we'll test that, don't worry.",
    "Grüße aus Köln, señor! Ça va? Привет, мир. 你好，世界 🙂",
    "if err != nil { return fmt.Errorf(\"read %s: %w\", path, err) }",
    "    four spaces, then 12345 and 6.789e-10, then more words and more words.",
    "the quick brown fox jumps over the lazy dog while the other dogs are sleeping",
] * 4

# Pre-tokenizer expressions as the families' tokenizer.json files have them.
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
TEKKEN = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
          r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
          r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
GPT4O = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def _split(pattern):
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])


# By llama.cpp's name: what tokenizer.ggml.pre says.
PRE = {
    "llama-bpe": lambda: _split(LLAMA3),
    "qwen2": lambda: _split(QWEN2),
    "tekken": lambda: _split(TEKKEN),
    "gpt-4o": lambda: _split(GPT4O),
    "smollm": lambda: pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
    ]),
}


def byte_level(directory, size, pre, specials, config, nfc=False, ignore_merges=False, first=False):
    """Byte-level BPE of size tokens; the special ones come last, or first."""
    t = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    t.pre_tokenizer = PRE[pre]()
    t.decoder = decoders.ByteLevel()
    if nfc:
        t.normalizer = normalizers.NFC()
    t.train_from_iterator(TEXT, trainers.BpeTrainer(
        vocab_size=size if first else size - len(specials), show_progress=False, special_tokens=specials if first else [],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    t.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in specials])
    assert t.get_vocab_size() == size, (t.get_vocab_size(), size)
    if config.get("add_bos_token"):
        bos = config["bos_token"]
        t.post_processor = processors.TemplateProcessing(
            single=f"{bos} $A", pair=f"{bos} $A {bos} $B", special_tokens=[(bos, t.token_to_id(bos))])
    _write(directory, t, config)


def sentencepiece_bpe(directory, size, specials, config, gemma=False, keep_model=True):
    """BPE over sentencepiece's symbols with byte fallback; specials are added behind it."""
    model = io.BytesIO()
    control = dict(unk_id=0, bos_id=1, eos_id=2, pad_id=-1)
    if gemma:
        control = dict(pad_id=0, eos_id=1, bos_id=2, unk_id=3, bos_piece="<bos>", eos_piece="<eos>")
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXT), model_writer=model, model_type="bpe", vocab_size=size - (0 if gemma else len(specials)),
        byte_fallback=True, character_coverage=0.98, add_dummy_prefix=not gemma, remove_extra_whitespaces=False,
        normalization_rule_name="identity", split_digits=True, allow_whitespace_only_pieces=True,
        user_defined_symbols=specials if gemma else [], minloglevel=2, num_threads=1, **control)
    if keep_model:
        (directory / "tokenizer.model").write_bytes(model.getvalue())
    sp = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    vocab = {sp.id_to_piece(i): i for i in range(sp.vocab_size())}
    t = Tokenizer(models.BPE(vocab=vocab, merges=_merges(sp, vocab), unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    replace = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    if gemma:
        t.normalizer = normalizers.Replace(" ", "▁")
        t.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
        t.decoder = decoders.Sequence(replace)
    else:
        t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
        t.decoder = decoders.Sequence(replace + [decoders.Strip(" ", 1, 0)])
    control = ["<pad>", "<eos>", "<bos>", "<unk>"] if gemma else ["<unk>", "<s>", "</s>"]
    t.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in control + specials])
    assert t.get_vocab_size() == size, (t.get_vocab_size(), size)
    if config.get("add_bos_token"):
        bos = config["bos_token"]
        t.post_processor = processors.TemplateProcessing(
            single=f"{bos} $A", pair=f"{bos} $A {bos}:1 $B:1", special_tokens=[(bos, t.token_to_id(bos))])
    _write(directory, t, config)


def _merges(sp, vocab):
    """Every pair that makes a piece, in the order in which sentencepiece prefers the pieces."""
    found = []
    for piece, i in vocab.items():
        if sp.is_control(i) or sp.is_unknown(i) or sp.is_byte(i):
            continue
        for at in range(1, len(piece)):
            left, right = piece[:at], piece[at:]
            if left in vocab and right in vocab:
                found.append((i, vocab[left], vocab[right], left, right))
    return [(left, right) for *_, left, right in sorted(found)]


def _write(directory, t, config):
    t.save(str(directory / "tokenizer.json"), pretty=False)
    added = {str(i): {"content": a.content, "lstrip": a.lstrip, "normalized": a.normalized, "rstrip": a.rstrip,
                      "single_word": a.single_word, "special": a.special}
             for i, a in sorted(t.get_added_tokens_decoder().items())}
    text = json.dumps({"added_tokens_decoder": added, **config}, indent=1, ensure_ascii=False)
    (directory / "tokenizer_config.json").write_text(text + "\n")
