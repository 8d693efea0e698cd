"""Have a server write what its model says after pieces of the corpus, as tokens to distil a draft with.

    assay serve --listen 127.0.0.1:8080 --max-batch 32 &
    python said.py http://127.0.0.1:8080 tokenizer.json data/train.bin said.bin 8000

A third of the answers is greedy, the rest sampled at temperatures up to 1. Every piece starts a document.
"""
import json, sys, threading, urllib.request
import numpy as np
from tokenizers import Tokenizer

ANSWER, STREAMS = 256, 32


def ask(url, model, text, rng):
    temperature = float(max(0, rng.uniform(-0.5, 1)))
    body = dict(model=model, prompt=text, max_tokens=ANSWER, temperature=temperature, seed=int(rng.integers(1 << 31)), ignore_eos=True)
    request = urllib.request.Request(url + "/v1/completions", json.dumps(body).encode(), {"Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request, timeout=600))["choices"][0]["text"]


def main(url, tokenizer, corpus, out, count):
    tok, ids = Tokenizer.from_file(tokenizer), np.fromfile(corpus, dtype=np.uint16)
    model = json.load(urllib.request.urlopen(url + "/v1/models"))["data"][0]["id"]
    rng, lock, said = np.random.default_rng(3), threading.Lock(), []
    starts = iter(rng.integers(0, len(ids) - 300, int(count)))

    def work(seed):
        own = np.random.default_rng(seed)
        while True:
            with lock:
                start = next(starts, None)
            if start is None:
                return
            piece = ids[start:start + int(own.integers(32, 256))]
            text = tok.decode(piece.tolist(), skip_special_tokens=True)
            text += ask(url, model, text, own)
            with lock:
                said.append(np.array([0] + tok.encode(text).ids, dtype=np.uint16))

    threads = [threading.Thread(target=work, args=(s,)) for s in range(STREAMS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    np.concatenate(said).tofile(out)
    print(len(said), "documents,", sum(map(len, said)), "tokens")


if __name__ == "__main__":
    main(*sys.argv[1:])
