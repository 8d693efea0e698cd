"""Writes choices.json.gz: what llama-quantize chooses for every tensor of models of
well-known shapes, under every recipe.

    python make.py path/to/llama-quantize     (llama.cpp as of August 2026)

The models are sparse files: headers of the right shape over no data, which is enough
for --dry-run. Needs the package gguf (0.17) for the empty importance matrix.
"""
import gzip, json, os, re, struct, subprocess, sys, tempfile

RECIPES = """F16 Q8_0 Q6_K Q5_1 Q5_K_M Q5_K_S Q5_0 Q4_1 Q4_K_M Q4_K_S IQ4_NL Q4_0 IQ4_XS MXFP4_MOE
Q3_K_L Q3_K_M Q3_K_S Q2_K Q2_K_S""".split()


def dense(arch, layers, dim, heads, kv, ff, vocab, tied, head=None, experts=0, fused=False, norms=()):
    head = head or dim // heads
    t = [("token_embd.weight", dim, vocab), ("output_norm.weight", dim)]
    if not tied:
        t.append(("output.weight", dim, vocab))
    for i in range(layers):
        b = f"blk.{i}."
        t += [(b + "attn_norm.weight", dim), (b + "ffn_norm.weight", dim), (b + "attn_output.weight", heads * head, dim)]
        t += [(b + n, head) for n in norms]
        if fused:
            t += [(b + "attn_qkv.weight", dim, (heads + 2 * kv) * head), (b + "ffn_up.weight", dim, 2 * ff), (b + "ffn_down.weight", ff, dim)]
            continue
        t += [(b + "attn_q.weight", dim, heads * head), (b + "attn_k.weight", dim, kv * head), (b + "attn_v.weight", dim, kv * head)]
        if experts:
            t += [(b + "ffn_gate_inp.weight", dim, experts), (b + "ffn_gate_exps.weight", dim, ff, experts),
                  (b + "ffn_up_exps.weight", dim, ff, experts), (b + "ffn_down_exps.weight", ff, dim, experts)]
        else:
            t += [(b + "ffn_gate.weight", dim, ff), (b + "ffn_up.weight", dim, ff), (b + "ffn_down.weight", ff, dim)]
    kv_ = {"block_count": layers, "embedding_length": dim, "feed_forward_length": ff, "context_length": 4096,
           "attention.head_count": heads, "attention.head_count_kv": kv, "attention.key_length": head, "attention.value_length": head}
    if experts:
        kv_ |= {"expert_count": experts, "expert_used_count": 2, "expert_feed_forward_length": ff}
    if arch in ("gemma3", "phi3"):
        kv_["attention.sliding_window"] = 512
    return {"arch": arch, "keys": kv_, "tensors": t}


MODELS = {
    "smollm2-135m": dense("llama", 30, 576, 9, 3, 1536, 49152, True),
    "llama-8b": dense("llama", 32, 4096, 32, 8, 14336, 128256, False),
    "llama-70b": dense("llama", 80, 8192, 64, 8, 28672, 128256, False),
    "mixtral-8x7b": dense("llama", 32, 4096, 32, 8, 14336, 32000, False, experts=8),
    "qwen2-0.5b": dense("qwen2", 24, 896, 14, 2, 4864, 151936, True),
    "qwen3moe-30b": dense("qwen3moe", 48, 2048, 32, 4, 768, 151936, False, head=128, experts=128, norms=("attn_q_norm.weight", "attn_k_norm.weight")),
    "gemma3-270m": dense("gemma3", 18, 640, 4, 1, 2048, 262144, True, head=256),
    "phi3-mini": dense("phi3", 32, 3072, 32, 32, 8192, 32064, False, fused=True),
}


def string(s):
    return struct.pack("<Q", len(s)) + s.encode()


def write(path, model):
    arch, keys = model["arch"], model["keys"]
    meta = string("general.architecture") + struct.pack("<I", 8) + string(arch)
    for k, v in keys.items():
        meta += string(f"{arch}.{k}") + struct.pack("<II", 4, v)
    meta += string(f"{arch}.attention.layer_norm_rms_epsilon") + struct.pack("<If", 6, 1e-5)
    info, at = b"", 0
    for name, *dims in model["tensors"]:
        f32 = len(dims) == 1
        info += string(name) + struct.pack("<I", len(dims)) + struct.pack(f"<{len(dims)}Q", *dims) + struct.pack("<IQ", 0 if f32 else 1, at)
        n = 4 if f32 else 2
        for d in dims:
            n *= d
        at += -(-n // 32) * 32
    head = b"GGUF" + struct.pack("<IQQ", 3, len(model["tensors"]), len(keys) + 2) + meta + info
    with open(path, "wb") as f:
        f.write(head)
        f.truncate(-(-len(head) // 32) * 32 + at)


def importance(path):
    import gguf, numpy
    w = gguf.GGUFWriter(path, arch="")
    w.add_type("imatrix")
    w.add_array("imatrix.datasets", ["none"])
    w.add_uint32("imatrix.chunk_count", 1)
    w.add_uint32("imatrix.chunk_size", 1)
    w.add_tensor("none.in_sum2", numpy.ones((1, 32), numpy.float32))
    w.add_tensor("none.counts", numpy.ones((1, 1), numpy.float32))
    w.write_header_to_file(); w.write_kv_data_to_file(); w.write_tensors_to_file(); w.close()


LINE = re.compile(r"\]\s+(\S+)\s+- \[.*?type =\s*(\S+), size.*?(?:\((\S+)\))?$")


def choices(tool, path, recipe, extra):
    out = subprocess.run([tool, *extra, "--dry-run", path, "/dev/null", recipe], capture_output=True, text=True)
    found = {}
    for line in (out.stdout + out.stderr).splitlines():
        if line.startswith("[") and (m := LINE.search(line)):
            found[m[1]] = (m[3] or m[2]).upper()
    if out.returncode or not found:
        sys.exit(f"{path} {recipe}: {out.stdout[-500:]}{out.stderr[-1500:]}")
    return found


def main():
    tool, result = sys.argv[1], {}
    with tempfile.TemporaryDirectory() as d:
        importance(d + "/imatrix.gguf")
        for name, model in MODELS.items():
            path = f"{d}/{name}.gguf"
            write(path, model)
            entry = {"arch": model["arch"], "keys": model["keys"], "tensors": [[n, d] for n, *d in model["tensors"]], "choices": {}}
            for recipe in RECIPES:
                for suffix, extra in (("", []), ("+imatrix", ["--imatrix", d + "/imatrix.gguf"])):
                    if suffix and recipe not in ("Q4_0", "Q5_0", "IQ4_NL", "IQ4_XS", "Q2_K_S"):
                        continue
                    if recipe == "Q2_K_S" and not suffix:
                        continue  # the tool refuses it without one
                    found = choices(tool, path, recipe, extra)
                    entry["choices"][recipe + suffix] = [found[n] for n, *_ in model["tensors"]]
            result[name] = entry
            os.remove(path)
            print(name, len(entry["choices"]))
    with open("choices.json.gz", "wb") as f, gzip.GzipFile(filename="", fileobj=f, mtime=0) as z:
        z.write(json.dumps(result).encode())


main()
