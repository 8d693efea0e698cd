"""Turns a tokenizer.json into the fields that a GGUF file would have, as the Go tests read them."""

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6


def pair(merge):
    return tuple(merge.split(" ", 1)) if isinstance(merge, str) else tuple(merge)


def vocabulary(data, pre, bos=None, unknown=None):
    """data is a parsed tokenizer.json of a BPE model; pre is the pre-tokenizer's name in GGUF, "" for SentencePiece's BPE."""
    model = data["model"]
    ids = dict(model["vocab"])
    ids.update({t["content"]: t["id"] for t in data["added_tokens"]})
    tokens = [f"[PAD{i}]" for i in range(max(ids.values()) + 1)]
    types = [UNUSED] * len(tokens)
    for token, i in ids.items():
        tokens[i], types[i] = token, NORMAL
        if model.get("byte_fallback") and len(token) == 6 and token.startswith("<0x"):
            types[i] = BYTE
    for t in data["added_tokens"]:
        types[t["id"]] = CONTROL if t["special"] else USER_DEFINED
    if model.get("unk_token"):
        types[ids[model["unk_token"]]] = UNKNOWN
    out = {"kind": "gpt2", "tokens": tokens, "types": types, "pre": pre, "bos": ids.get(bos, -1), "eos": -1,
           "unknown": ids.get(model.get("unk_token"), -1),
           "stripLeft": [t["id"] for t in data["added_tokens"] if t["lstrip"]],
           "stripRight": [t["id"] for t in data["added_tokens"] if t["rstrip"]]}
    if pre:
        out["merges"] = [" ".join(pair(m)) for m in model["merges"]]
    else:
        out |= {"kind": "llama", "scores": scores(model, tokens), "spacePrefix": "Prepend" in str(data["normalizer"])}
    return out


def scores(model, tokens):
    """A token's score is the negated place of the first merge that makes it."""
    first = {}
    for place, merge in enumerate(model["merges"]):
        left, right = pair(merge)
        first.setdefault(left + right, -place)
    return [first.get(t, -len(model["merges"])) for t in tokens]
