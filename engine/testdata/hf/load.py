"""Loads models' directories with transformers, in float32, and prints what they compute: for tests.

    python load.py JOBS.json > ANSWERS.json

A job names a directory ("dir") and may have texts to cut into tokens ("texts"; where the directory has tokenizer.model,
sentencepiece cuts them, too), prompts of ids of which all logits ("logits") or the most likely next tokens with
their log-probabilities ("top", with "k") are asked, windows of ids whose mean negative log-likelihood is ("windows"), and
conversations for the chat template ("chats"). The answer has a member for each.
"""

import json
import os
import sys

import sentencepiece
import torch
import transformers

transformers.logging.disable_progress_bar()


@torch.no_grad()
def logits(model, ids):
    return model(torch.tensor([ids]), use_cache=False).logits[0].float()


def nll(model, ids):
    log_probs = torch.log_softmax(logits(model, ids), -1)
    return -log_probs[torch.arange(len(ids) - 1), torch.tensor(ids[1:])].mean().item()


def top(model, ids, k):
    best = torch.log_softmax(logits(model, ids)[-1], -1).topk(k)
    return [[int(i), float(v)] for v, i in zip(*best)]


def answer(job):
    tokenizer = transformers.AutoTokenizer.from_pretrained(job["dir"], local_files_only=True)
    model = transformers.AutoModelForCausalLM.from_pretrained(job["dir"], dtype=torch.float32, local_files_only=True, attn_implementation="eager").eval()
    out = {
        "class": type(model).__name__,
        "ends": model.generation_config.eos_token_id,
        "ids": [tokenizer(text)["input_ids"] for text in job.get("texts", [])],
        "back": [tokenizer.decode(tokenizer(text)["input_ids"], skip_special_tokens=True) for text in job.get("texts", [])],
        "logits": [logits(model, ids).tolist() for ids in job.get("logits", [])],
        "top": [top(model, ids, job["k"]) for ids in job.get("top", [])],
        "nll": [nll(model, ids) for ids in job.get("windows", [])],
        "chats": [tokenizer.apply_chat_template(c, tokenize=False, add_generation_prompt=True) for c in job.get("chats", [])],
    }
    pieces = os.path.join(job["dir"], "tokenizer.model")
    if os.path.exists(pieces):
        processor = sentencepiece.SentencePieceProcessor(model_file=pieces)
        out["pieces"] = [processor.encode(text) for text in job.get("texts", [])]
    return out


def main(path):
    torch.set_num_threads(1)
    with open(path) as f:
        jobs = json.load(f)
    json.dump([answer(job) for job in jobs], sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
