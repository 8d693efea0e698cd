"""The same classifier, served by PyTriton: one process starts the server and computes.

It is started with the ports that it shall listen on, the name of its model, and the settings of the trial, by the names that
they have in a scenario. A setting that it has no flag for ends it with an error, which becomes the trial's.
"""

import argparse
import pathlib
import signal
import sys

import numpy as np
from pytriton.model_config import DynamicBatcher, ModelConfig, QueuePolicy, Tensor, TimeoutAction
from pytriton.triton import Triton, TritonConfig, TritonSecurityConfig

sys.path.insert(0, str(pathlib.Path(__file__).parent / "batch" / "1"))
from classifier import Classifier  # noqa: E402


def sizes(text):
    return None if text == "none" else [int(size) for size in text.split(",")]


def boolean(text):
    return {"true": True, "false": False}[text]


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    for port in ("--http-port", "--grpc-port", "--metrics-port"):
        p.add_argument(port, type=int, required=True)
    p.add_argument("--model", required=True, help="name of the model")
    p.add_argument("--max-batch-size", type=int, default=8)
    p.add_argument("--preferred-batch-sizes", type=sizes)
    p.add_argument("--max-queue-delay-us", type=int, default=0)
    p.add_argument("--preserve-ordering", type=boolean, default=False)
    p.add_argument("--priority-levels", type=int, default=0)
    p.add_argument("--default-priority", type=int, default=0)
    p.add_argument("--max-queue-size", type=int, default=0)
    p.add_argument("--default-timeout-us", type=int, default=0)
    p.add_argument("--timeout-action", type=lambda text: TimeoutAction(text.upper()), default=TimeoutAction.REJECT)
    p.add_argument("--allow-timeout-override", type=boolean, default=False)
    p.add_argument("--instance-count", type=int, default=1)
    p.add_argument("--http-threads", type=int)
    return p.parse_args()


def configuration(a):
    policy = QueuePolicy(
        timeout_action=a.timeout_action,
        default_timeout_microseconds=a.default_timeout_us,
        allow_timeout_override=a.allow_timeout_override,
        max_queue_size=a.max_queue_size,
    )
    batcher = DynamicBatcher(
        max_queue_delay_microseconds=a.max_queue_delay_us,
        preferred_batch_size=a.preferred_batch_sizes,
        preserve_ordering=a.preserve_ordering,
        priority_levels=a.priority_levels,
        default_priority_level=a.default_priority,
        default_queue_policy=policy,
    )
    return ModelConfig(max_batch_size=a.max_batch_size, batcher=batcher)


def instance():
    """A function that answers the requests of a batch together."""
    classifier = Classifier()

    def answer(requests):
        texts = [request["text_input"].ravel() for request in requests]
        classes = classifier.classify([t for of_request in texts for t in of_request])
        answers, at = [], 0
        for of_request in texts:
            answers.append({"text_output": np.array(classes[at : at + len(of_request)]).reshape(-1, 1)})
            at += len(of_request)
        return answers

    return answer


def main():
    a = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # leaves the with statement, which stops the server
    here = "127.0.0.1"
    config = TritonConfig(
        http_address=here, http_port=a.http_port, http_thread_count=a.http_threads,
        grpc_address=here, grpc_port=a.grpc_port, metrics_address=here, metrics_port=a.metrics_port,
    )
    open_to_all = TritonSecurityConfig(restricted_endpoints=[])  # statistics are, which PyTriton locks otherwise
    with Triton(config=config, security_config=open_to_all) as triton:
        triton.bind(
            model_name=a.model,
            infer_func=[instance() for _ in range(a.instance_count)],
            inputs=[
                Tensor(name="text_input", dtype=bytes, shape=(1,)),
                Tensor(name="max_tokens", dtype=np.int32, shape=(1,), optional=True),
                Tensor(name="min_tokens", dtype=np.int32, shape=(1,), optional=True),
                Tensor(name="temperature", dtype=np.float32, shape=(1,), optional=True),
            ],
            outputs=[Tensor(name="text_output", dtype=bytes, shape=(1,))],
            config=configuration(a),
        )
        triton.serve()


if __name__ == "__main__":
    main()
