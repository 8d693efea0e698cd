"""Writes a vocabulary, then texts with their ids as Hugging Face tokenizers gives them, as lines of JSON to standard output.

    python compare.py TOKENIZER_JSON PRE SEED COUNT

TOKENIZER_JSON is "family" for the small vocabulary of families/bytes.json.gz with the settings of PRE.
"s" are the ids with control tokens read from the text, "t" without where they differ. compare_test.go calls this.
"""
import gzip, json, sys
from tokenizers import Tokenizer
from families import byte_tokenizer
from make_fixtures import HERE
from texts import texts
from vocabulary import vocabulary

BATCH = 2000


def main():
    path, pre, seed, count = sys.argv[1:]
    if path == "family":
        tok = byte_tokenizer(pre, json.loads(gzip.decompress((HERE / "families/bytes.json.gz").read_bytes())))
    else:
        tok = Tokenizer.from_file(path)
    data = json.loads(tok.to_str())
    write = sys.stdout.write
    write(json.dumps(vocabulary(data, pre if pre != "-" else "")) + "\n")
    specials = [t["content"] for t in data["added_tokens"]][:400]
    batch = []
    for text in texts(seed, int(count), specials):
        batch.append(text)
        if len(batch) == BATCH:
            flush(tok, batch, write)
            batch = []
    flush(tok, batch, write)


def flush(tok, batch, write):
    tok.encode_special_tokens = False
    special = [e.ids for e in tok.encode_batch_fast(batch, add_special_tokens=False)]
    tok.encode_special_tokens = True
    plain = [e.ids for e in tok.encode_batch_fast(batch, add_special_tokens=False)]
    for text, s, p in zip(batch, special, plain):
        row = {"text": text, "s": s}
        if p != s:
            row["t"] = p
        write(json.dumps(row) + "\n")


main()
