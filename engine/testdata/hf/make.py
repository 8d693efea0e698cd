"""Makes the fixtures beside it: models of the families with small random weights, what transformers computes of them,
and the GGUF files that llama.cpp's converter makes.

    python make.py LLAMA_CPP [NAME ...]

LLAMA_CPP is a source tree of llama.cpp with convert_hf_to_gguf.py and gguf-py. requirements.txt names the packages. For
each NAME, or all of families.py, it writes NAME/ (config.json, generation_config.json, model*.safetensors, the
tokenizer, reference.json) and ../gguf/NAME.gguf. Same packages, same bytes.

The converter knows a byte-level pre-tokenizer by a hash of what the family's real tokenizer does to a text; a small
vocabulary of the same kind has another hash. So convert.py, here, gives the converter the name instead; nothing else of
it is changed.
"""

import json
import pathlib
import shutil
import subprocess
import sys

import torch
import transformers

transformers.logging.disable_progress_bar()

import vocabularies
from families import FAMILIES, VOCAB

HERE = pathlib.Path(__file__).parent
GREEDY = 16
GAP = 2e-3  # the least difference of the two best logits that a greedy step of a fixture may have


def randomize(model, seed):
    """Weights that give lively logits, of values that bfloat16 holds, whatever the family's own scale."""
    g = torch.Generator().manual_seed(seed)
    for name, p in model.named_parameters():
        v = torch.randn(p.shape, generator=g)
        if "norm" in name:
            v = 0.25 * v + (0.0 if "Gemma" in type(model).__name__ else 1.0)
        elif "embed_tokens" in name:
            v *= 0.8
        elif name.endswith("bias"):
            v *= 0.5
        else:
            v *= 1.2 / p.shape[-1] ** 0.5
        p.data = v.to(torch.bfloat16).float()


@torch.no_grad()
def forward(model, ids):
    """Logits (len(ids), vocab) and the residual stream after each layer, without a cache."""
    out = model(torch.tensor([ids]), use_cache=False, output_hidden_states=True)
    return out.logits[0].float(), [h[0].float() for h in out.hidden_states]


def case(model, ids, every):
    """One prompt's answers: logits of every row, or of the last, and the greedy continuation."""
    logits, hidden = forward(model, ids)
    more, gap = list(ids), float("inf")
    for _ in range(GREEDY):
        top = forward(model, more)[0][-1].topk(2)
        gap = min(gap, float(top.values[0] - top.values[1]))
        more.append(int(top.indices[0]))
    return gap, {
        "ids": ids,
        "rows": list(range(len(ids))) if every else [len(ids) - 1],
        "logits": rounded(logits if every else logits[-1:]),
        "hidden": rounded(torch.stack([h[-1] for h in hidden[:3]])),
        "greedy": more[len(ids):],
    }


def rounded(t):
    return [[float(f"{v:.7g}") for v in row] for row in t.tolist()]


def reference(family, model):
    """Prompts of random ids, drawn again until no greedy step is a close call."""
    g = torch.Generator().manual_seed(family.seed)
    cases = []
    for i, n in enumerate(family.prompts):
        for _ in range(50):
            gap, c = case(model, torch.randint(3, VOCAB, (n,), generator=g).tolist(), every=i == 0)
            if gap >= GAP:
                break
        else:
            sys.exit(f"{family.name}: every greedy continuation of {n} tokens has a close call")
        cases.append(c)
    return {"transformers": transformers.__version__, "torch": torch.__version__.split("+")[0], "cases": cases}


def make_model(family, directory):
    config = family.config
    cls = transformers.AutoModelForCausalLM._model_mapping[type(config)]
    tokens = json.loads((directory / "tokenizer.json").read_text())
    ids = {a["content"]: a["id"] for a in tokens["added_tokens"]}
    names = family.tokenizer_config
    config.bos_token_id = ids.get(names.get("bos_token"))
    config.eos_token_id = ids[names["eos_token"]]
    config.pad_token_id = ids.get(names.get("pad_token"))
    config.architectures = [cls.__name__]
    config._attn_implementation = "eager"
    model = cls(config).eval().float()
    randomize(model, family.seed)
    model.generation_config = transformers.GenerationConfig(
        bos_token_id=config.bos_token_id, eos_token_id=config.eos_token_id, pad_token_id=config.pad_token_id)
    return model


def make(family, llama_cpp):
    directory = HERE / family.name
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    arguments = dict(family.options, pre=family.pre) if family.pre else family.options
    getattr(vocabularies, family.tokenizer)(directory, VOCAB, specials=family.specials, config=family.tokenizer_config, **arguments)
    model = make_model(family, directory)
    answers = reference(family, model)
    with open(directory / "reference.json", "w") as f:
        json.dump(answers, f, separators=(",", ":"))
        f.write("\n")
    if family.bf16:
        model = model.to(torch.bfloat16)
    model.save_pretrained(directory, max_shard_size=family.shards or "1GB")
    convert(family, directory, llama_cpp)


def convert(family, directory, llama_cpp):
    out = HERE.parent / "gguf" / f"{family.name}.gguf"
    out.parent.mkdir(exist_ok=True)
    subprocess.run([sys.executable, str(HERE / "convert.py"), llama_cpp, family.pre or "default", str(directory),
                    "--outfile", str(out), "--outtype", "f32", "--model-name", family.name], check=True, capture_output=True)
    size = sum(f.stat().st_size for f in directory.iterdir())
    print(f"{family.name:24} {size:8} bytes, GGUF {out.stat().st_size:8}")


def main():
    llama_cpp, names = sys.argv[1], sys.argv[2:]
    torch.set_num_threads(1)
    unknown = set(names) - {f.name for f in FAMILIES}
    if unknown:
        sys.exit(f"no such families: {sorted(unknown)}")
    for family in FAMILIES:
        if not names or family.name in names:
            make(family, llama_cpp)


if __name__ == "__main__":
    main()
