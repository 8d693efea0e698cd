"""Runs llama.cpp's convert_hf_to_gguf.py with a pre-tokenizer named instead of recognized.

    python convert.py LLAMA_CPP PRE_TOKENIZER [arguments of convert_hf_to_gguf.py]
"""

import pathlib
import runpy
import sys

root, pre = pathlib.Path(sys.argv[1]), sys.argv[2]
sys.path[:0] = [str(root / "gguf-py"), str(root)]
sys.argv = ["convert_hf_to_gguf.py", *sys.argv[3:]]

from conversion.base import TextModel  # noqa: E402  (after the path is set)

TextModel.get_vocab_base_pre = lambda self, tokenizer: pre
runpy.run_path(str(root / "convert_hf_to_gguf.py"), run_name="__main__")
