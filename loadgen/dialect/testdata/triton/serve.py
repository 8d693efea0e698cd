"""A Triton server with models that take the inputs of the triton dialects, for a test that reads what they answer.

Usage: serve.py. Prints its ports as JSON when all models are ready, and ends when its input does.
  words   decoupled: max_tokens words, one a response
  echo    one response: the inputs as they were read, as JSON
  broken  decoupled: a word, and then an error
  full    one response after a while, and no queue: others are refused meanwhile
  grows   as TensorRT-LLM's LLM API: no batches, its inputs, decoupled; max_tokens words, each response with all so far
  heard   the same inputs, one response: the inputs as they were read, as JSON
"""
import json
import os
import socket
import sys
import sysconfig
import time

# The server's Python processes load libpython by its name, and have to find the one that runs here.
LIBDIR = sysconfig.get_config_var("LIBDIR")
if LIBDIR not in os.environ.get("LD_LIBRARY_PATH", "").split(":"):
    os.environ["LD_LIBRARY_PATH"] = ":".join(filter(None, [LIBDIR, os.environ.get("LD_LIBRARY_PATH")]))
    os.execv(sys.executable, [sys.executable, *sys.argv])

import numpy
from pytriton.model_config import DynamicBatcher, ModelConfig, QueuePolicy, Tensor, TimeoutAction
from pytriton.triton import Triton, TritonConfig

REQUIRED = [Tensor(name="text_input", dtype=bytes, shape=(1,)), Tensor(name="max_tokens", dtype=numpy.int32, shape=(1,))]
OPTIONAL = {"min_tokens": numpy.int32, "temperature": numpy.float32, "top_p": numpy.float32, "top_k": numpy.int32, "seed": numpy.uint64, "stream": numpy.bool_}
INPUTS = REQUIRED + [Tensor(name=n, dtype=t, shape=(1,), optional=True) for n, t in OPTIONAL.items()] + [
    Tensor(name=n, dtype=bytes, shape=(-1,), optional=True) for n in ("stop_words", "bad_words")]
OUTPUTS = [Tensor(name="text_output", dtype=bytes, shape=(1,))]
LLMAPI_OPTIONAL = {"streaming": numpy.bool_, "return_finish_reason": numpy.bool_} | {"sampling_param_" + n: t for n, t in {
    "max_tokens": numpy.int32, "temperature": numpy.float32, "top_p": numpy.float32, "top_k": numpy.int32, "seed": numpy.uint64,
    "exclude_input_from_output": numpy.bool_}.items()}
LLMAPI_INPUTS = [Tensor(name="text_input", dtype=bytes, shape=(-1,))] + [Tensor(name=n, dtype=t, shape=(1,), optional=True) for n, t in LLMAPI_OPTIONAL.items()] + [
    Tensor(name="sampling_param_stop", dtype=bytes, shape=(-1,), optional=True)]
LLMAPI_OUTPUTS = [Tensor(name=n, dtype=bytes, shape=(-1,)) for n in ("text_output", "finish_reason")]


def text(words):
    return {"text_output": numpy.array([[words.encode()]], dtype=object)}


def length(request):
    return int(request["max_tokens"].flat[0])


def words(requests):
    for i in range(length(requests[0])):
        time.sleep(0.005)
        yield [text(("", " ")[i > 0] + "w" + str(i))]


def read(request):
    heard = {name: [v.decode() if isinstance(v, bytes) else v for v in value.flatten().tolist()] for name, value in request.items()}
    return json.dumps(heard, sort_keys=True)


def echo(requests):
    return [text(read(requests[0]))]


def answer(words, reason):
    return {"text_output": numpy.array([words.encode()], dtype=object), "finish_reason": numpy.array([str(reason).encode()], dtype=object)}


def grows(requests):
    length = int(requests[0]["sampling_param_max_tokens"].flat[0])
    for i in range(1, length + 1):
        time.sleep(0.005)
        yield [answer(" ".join("w" + str(n) for n in range(i)), "length" if i == length else None)]


def heard(requests):
    return [answer(read(requests[0]), "stop")]


def broken(requests):
    yield [text("w0")]
    raise ValueError("out of blocks")


def full(requests):
    time.sleep(0.5)
    return [text("late")]


def free():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def main():
    http, grpc, metrics = free(), free(), free()
    config = TritonConfig(http_address="127.0.0.1", http_port=http, grpc_address="127.0.0.1", grpc_port=grpc, metrics_port=metrics)
    one = ModelConfig(max_batch_size=1, decoupled=False)
    refuses = QueuePolicy(timeout_action=TimeoutAction.REJECT, max_queue_size=1)
    with Triton(config=config) as server:
        for name, function, model in (("words", words, ModelConfig(max_batch_size=1, decoupled=True)), ("echo", echo, one),
                                      ("broken", broken, ModelConfig(max_batch_size=1, decoupled=True)),
                                      ("full", full, ModelConfig(max_batch_size=1, batcher=DynamicBatcher(default_queue_policy=refuses)))):
            server.bind(model_name=name, infer_func=function, inputs=INPUTS, outputs=OUTPUTS, config=model)
        for name, function, decoupled in (("grows", grows, True), ("heard", heard, False)):
            server.bind(model_name=name, infer_func=function, inputs=LLMAPI_INPUTS, outputs=LLMAPI_OUTPUTS, config=ModelConfig(batching=False, decoupled=decoupled))
        server.run()
        print(json.dumps({"http": http, "grpc": grpc}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
