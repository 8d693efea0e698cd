"""Runs OpenVINO GenAI for the comparison: driver.py FILE THREADS.

Reads one JSON object a line, {"prompt": tokens, "generate": steps, "batch": sequences},
and answers with {"prefill_s": ..., "decode_s": ...}: the time to the first tokens, and
from those to the last. The first line it writes is {"version": ...} or {"error": ...}.
Package: openvino-genai, in the version that openvino.go names. This file must not have
the name of a module.
"""

import json
import sys


def say(answer):
    print(json.dumps(answer), flush=True)


def main():
    path, threads = sys.argv[1], int(sys.argv[2])
    try:
        import numpy as np
        import openvino as ov
        import openvino_genai as genai

        pipe = genai.LLMPipeline(path, "CPU", INFERENCE_NUM_THREADS=threads)
    except Exception as e:  # a format that it cannot read is an answer, not a fault
        say({"error": str(e).strip().splitlines()[-1]})
        return
    say({"version": genai.__version__})
    random = np.random.default_rng(1)
    for line in sys.stdin:
        want = json.loads(line)
        # Fresh tokens each time, from the vocabulary's middle, where none is special.
        ids = random.integers(1000, 20000, size=(want["batch"], want["prompt"]), dtype=np.int64)
        config = genai.GenerationConfig()
        config.max_new_tokens = config.min_new_tokens = want["generate"]
        config.ignore_eos = True
        config.do_sample = False
        try:
            inputs = genai.TokenizedInputs(ov.Tensor(ids), ov.Tensor(np.ones_like(ids)))
            metrics = pipe.generate(inputs, config).perf_metrics
            times = list(metrics.raw_metrics.m_new_token_times)
            say({"prefill_s": metrics.get_ttft().mean / 1000, "decode_s": (times[-1] - times[0]) / 1000, "steps": len(times)})
        except Exception as e:
            say({"error": str(e).strip().splitlines()[-1]})


main()
