"""The models: one entry per fixture, each with its configuration and the tokenizer its family uses."""

from dataclasses import dataclass, field

from transformers import (Gemma3TextConfig, LlamaConfig, Ministral3Config, MistralConfig, Phi3Config, Qwen2Config, Qwen3Config,
                          Qwen3MoeConfig, SmolLM3Config)

VOCAB = 352
HEADER_TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m['role'] }}<|end_header_id|>\n\n{{ m['content'] | trim }}<|eot_id|>"
    "{% endfor %}{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}")
INST_TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}[INST] {{ m['content'] }} [/INST]"
    "{% else %} {{ m['content'] }}{{ eos_token }}{% endif %}{% endfor %}")
CHATML_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")
GEMMA_TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}<start_of_turn>{{ 'model' if m['role'] == 'assistant' else m['role'] }}\n"
    "{{ m['content'] | trim }}<end_of_turn>\n{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}")
PHI_TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>\n{{ m['content'] }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}")

LLAMA3_SPECIALS = ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
QWEN_SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
GEMMA_SPECIALS = ["<start_of_turn>", "<end_of_turn>"]
PHI_SPECIALS = ["<|endoftext|>", "<|assistant|>", "<|user|>", "<|system|>", "<|end|>"]


@dataclass
class Family:
    """One fixture. pre is what llama.cpp calls the byte-level pre-tokenizer; None where it is sentencepiece's."""

    name: str
    config: object
    tokenizer: str  # byte_level or sentencepiece_bpe
    tokenizer_config: dict
    specials: list
    pre: str | None = None
    options: dict = field(default_factory=dict)  # of the tokenizer
    bf16: bool = True  # how the weights are stored; their values are bfloat16's either way
    shards: int = 0  # bytes of a shard where there are several
    prompts: tuple = (7, 20, 44)  # tokens
    seed: int = 1
    stop: str = "eos_token"  # the token that ends a turn


def _small(cls, **more):
    """Two query heads of 32 columns over one key head, unless more says otherwise."""
    base = dict(vocab_size=VOCAB, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2,
                num_key_value_heads=1, head_dim=32, max_position_embeddings=128, tie_word_embeddings=False)
    return cls(**{**base, **more})


def _narrow(cls, **more):
    """Four query heads of 16 columns over two key heads."""
    return _small(cls, **{**dict(num_attention_heads=4, num_key_value_heads=2, head_dim=16), **more})


def _llama3(cls="PreTrainedTokenizerFast", **more):
    return {"tokenizer_class": cls, "bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>", "add_bos_token": True,
            "chat_template": HEADER_TEMPLATE, "model_max_length": 128, **more}


def _sentencepiece(cls="LlamaTokenizer", **more):
    return {"tokenizer_class": cls, "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "add_bos_token": True,
            "add_eos_token": False, "chat_template": INST_TEMPLATE, "model_max_length": 128, **more}


QWEN_TOKENIZER = {"tokenizer_class": "Qwen2Tokenizer", "bos_token": None, "eos_token": "<|im_end|>",
                  "pad_token": "<|endoftext|>", "add_bos_token": False, "chat_template": CHATML_TEMPLATE,
                  "model_max_length": 128}
GEMMA_TOKENIZER = {"tokenizer_class": "GemmaTokenizer", "bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>",
                   "unk_token": "<unk>", "add_bos_token": True, "add_eos_token": False,
                   "chat_template": GEMMA_TEMPLATE, "model_max_length": 128}
PHI4_TOKENIZER = {"tokenizer_class": "GPT2Tokenizer", "bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>",
                  "unk_token": "<|endoftext|>", "pad_token": "<|endoftext|>", "add_bos_token": False,
                  "chat_template": PHI_TEMPLATE, "model_max_length": 128}

GEMMA = dict(num_hidden_layers=6, intermediate_size=32, query_pre_attn_scalar=16, sliding_window=8,
             tie_word_embeddings=True, hidden_activation="gelu_pytorch_tanh",
             layer_types=["sliding_attention"] * 5 + ["full_attention"])


def _gemma_rope(**full):
    return {"full_attention": {"rope_type": "default", "rope_theta": 1000000.0, **full},
            "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}}


FAMILIES = [
    Family("llama", _small(LlamaConfig, rms_norm_eps=1e-5), "sentencepiece_bpe", _sentencepiece(), [], bf16=False),
    Family("llama3-scaled", _narrow(LlamaConfig, rms_norm_eps=1e-5, tie_word_embeddings=True, rope_parameters={
        "rope_type": "llama3", "rope_theta": 500000.0, "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 32}),
        "byte_level", _llama3(), LLAMA3_SPECIALS, "llama-bpe", {"ignore_merges": True}),
    Family("llama-yarn", _small(LlamaConfig, rope_parameters={
        "rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 32}),
        "byte_level", QWEN_TOKENIZER | {"tokenizer_class": "GPT2Tokenizer", "bos_token": "<|im_start|>"}, QWEN_SPECIALS,
        "smollm", {"first": True}),
    Family("llama-linear", _narrow(LlamaConfig, tie_word_embeddings=True, attention_bias=True, mlp_bias=True,
                                   rope_parameters={"rope_type": "linear", "rope_theta": 10000.0, "factor": 2.0}),
           "byte_level", _llama3(), LLAMA3_SPECIALS, "llama-bpe", {"ignore_merges": True}),
    Family("mistral", _narrow(MistralConfig, sliding_window=None, rms_norm_eps=1e-5), "sentencepiece_bpe",
           _sentencepiece(), [], options={"keep_model": False}, bf16=False),
    Family("mistral-nemo-sharded", _small(MistralConfig, num_attention_heads=4, num_key_value_heads=2, sliding_window=None,
                                          rms_norm_eps=1e-5, rope_parameters={"rope_type": "default", "rope_theta": 1000000.0}),
           "byte_level", _sentencepiece("PreTrainedTokenizerFast"), ["<unk>", "<s>", "</s>", "[INST]", "[/INST]"], "tekken",
           {"first": True, "ignore_merges": True}, shards=60_000),
    Family("ministral3", _narrow(Ministral3Config, sliding_window=None, tie_word_embeddings=True, rms_norm_eps=1e-5, rope_parameters={
        "rope_type": "yarn", "rope_theta": 1000000.0, "factor": 8.0, "original_max_position_embeddings": 16, "beta_fast": 32.0,
        "beta_slow": 1.0, "mscale": 1.0, "mscale_all_dim": 1.0, "llama_4_scaling_beta": 0.1}),
        "byte_level", _sentencepiece("PreTrainedTokenizerFast"), ["<unk>", "<s>", "</s>", "[INST]", "[/INST]"], "tekken",
        {"first": True, "ignore_merges": True}),
    Family("qwen2", _small(Qwen2Config, use_sliding_window=False, tie_word_embeddings=True,
                           rope_parameters={"rope_type": "default", "rope_theta": 1000000.0}),
           "byte_level", QWEN_TOKENIZER, QWEN_SPECIALS, "qwen2", {"nfc": True}, stop="<|im_end|>"),
    Family("qwen3", _narrow(Qwen3Config, tie_word_embeddings=True,
                            rope_parameters={"rope_type": "default", "rope_theta": 1000000.0}),
           "byte_level", QWEN_TOKENIZER, QWEN_SPECIALS, "qwen2", {"nfc": True}),
    Family("qwen3moe", _small(Qwen3MoeConfig, num_experts=5, num_experts_per_tok=2, moe_intermediate_size=32,
                              norm_topk_prob=True, tie_word_embeddings=True,
                              rope_parameters={"rope_type": "default", "rope_theta": 1000000.0}),
           "byte_level", QWEN_TOKENIZER, QWEN_SPECIALS, "qwen2", {"nfc": True}),
    Family("gemma3", _narrow(Gemma3TextConfig, **GEMMA, rope_parameters=_gemma_rope()), "sentencepiece_bpe",
           GEMMA_TOKENIZER, GEMMA_SPECIALS, options={"gemma": True}),
    Family("gemma3-linear", _narrow(Gemma3TextConfig, **GEMMA, rope_parameters=_gemma_rope(rope_type="linear", factor=8.0)),
           "sentencepiece_bpe", GEMMA_TOKENIZER, GEMMA_SPECIALS, options={"gemma": True}),
    Family("phi3", _small(Phi3Config, head_dim=16, sliding_window=12, pad_token_id=None, eos_token_id=2, original_max_position_embeddings=128,
                           rope_parameters={"rope_type": "default", "rope_theta": 10000.0}),
           "sentencepiece_bpe", _sentencepiece(chat_template=PHI_TEMPLATE, eos_token="<|endoftext|>",
                                               pad_token="<|endoftext|>", add_bos_token=False), PHI_SPECIALS),
    Family("phi3-longrope", _narrow(Phi3Config, hidden_size=64, sliding_window=None, pad_token_id=None, eos_token_id=2, tie_word_embeddings=True,
                                   original_max_position_embeddings=32, rope_parameters={
                                       "rope_type": "longrope", "rope_theta": 10000.0, "partial_rotary_factor": 0.75,
                                       "original_max_position_embeddings": 32,
                                       "short_factor": [1.0 + 0.02 * i for i in range(6)],
                                       "long_factor": [1.0 + 0.3 * i for i in range(6)]}),
           "byte_level", PHI4_TOKENIZER, PHI_SPECIALS, "gpt-4o", prompts=(7, 14, 44)),
    Family("smollm3", _narrow(SmolLM3Config, num_hidden_layers=4, tie_word_embeddings=True, no_rope_layer_interval=4,
                              rope_parameters={"rope_type": "default", "rope_theta": 5000000.0}),
           "byte_level", _llama3(bos_token=None, add_bos_token=False), LLAMA3_SPECIALS, "llama-bpe", {"ignore_merges": True}),
]
