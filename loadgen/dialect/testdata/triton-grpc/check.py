"""Triton's own messages and client, and gRPC's own server, beside what is written and read here.

Usage: check.py serve FOLDER. A request for the model NAME is answered with FOLDER/NAME.http. The first line that is printed has
the port, and where FOLDER/service.textproto is not what Triton's client has; every further one is a request as it was read. It
ends when its input does.
       check.py ask ADDRESS MODEL. Asks as Triton's client does, and prints the texts that it heard.
"""
import json
import pathlib
import queue
import sys
import urllib.parse
from concurrent import futures

import grpc
import numpy
import tritonclient.grpc as client
from google.protobuf import descriptor_pb2, json_format, text_format
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import deserialize_bytes_tensor, triton_to_np_dtype

CODES = {c.value[0]: c for c in grpc.StatusCode}


def fields(message, path):
    """Every field of a message and of those inside it, by where it is: number, label, type."""
    for f in message.field:
        yield path + "." + f.name, (f.number, f.label, f.type, f.type_name)
    for m in message.nested_type:
        yield from fields(m, path + "." + m.name)


def differences(folder):
    theirs = descriptor_pb2.FileDescriptorProto()
    service_pb2.DESCRIPTOR.CopyToProto(theirs)
    ours = text_format.Parse((folder / "service.textproto").read_text(), descriptor_pb2.FileDescriptorProto())
    known = {name: what for m in theirs.message_type for name, what in fields(m, m.name)}
    return [f"{name}: {what} here, {known.get(name)} there" for m in ours.message_type for name, what in fields(m, m.name)
            if known.get(name) != what]


def recorded(file):
    head, _, rest = file.read_text().partition("\n\n")
    body, _, trailer = ("\n" + rest).partition("\n\n")
    said = {}
    for line in head.splitlines()[1:] + trailer.splitlines():
        key, _, value = line.partition(": ")
        said[key] = value
    lines = [line for line in body.splitlines() if line and not line.startswith("#")]
    messages = [json_format.Parse(line, service_pb2.ModelStreamInferResponse()) for line in lines]
    return messages, int(said["Grpc-Status"]), urllib.parse.unquote(said.get("Grpc-Message", ""))


def asked(request):
    inputs = {}
    for tensor, raw in zip(request.inputs, request.raw_input_contents, strict=True):
        if tensor.datatype == "BYTES":
            values = [v.decode() for v in deserialize_bytes_tensor(raw)]
        else:
            values = numpy.frombuffer(raw, dtype=triton_to_np_dtype(tensor.datatype)).tolist()
        inputs[tensor.name] = [tensor.datatype, list(tensor.shape), values]
    return {"model": request.model_name, "inputs": inputs, "outputs": len(request.outputs),
            "parameters": {k: json_format.MessageToDict(v) for k, v in request.parameters.items()}}


class Recorded(service_pb2_grpc.GRPCInferenceServiceServicer):
    def __init__(self, folder):
        self.folder = folder

    def ModelStreamInfer(self, requests, context):
        for request in requests:
            metadata = {k: v for k, v in context.invocation_metadata() if k in ("triton_grpc_error", "authorization")}
            print(json.dumps({**asked(request), "metadata": metadata}), flush=True)
            messages, code, details = recorded(self.folder / (request.model_name + ".http"))
            yield from messages
            if code:
                context.abort(CODES[code], details)


def serve(folder):
    folder = pathlib.Path(folder)
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(Recorded(folder), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(json.dumps({"port": port, "differs": differences(folder)}), flush=True)
    sys.stdin.read()
    server.stop(None)


def ask(address, model):
    inputs = []
    for name, kind, values in (("text_input", "BYTES", numpy.array([[b"Count."]], dtype=object)), ("max_tokens", "INT32", numpy.array([[16]], dtype="int32")),
                               ("temperature", "FP32", numpy.array([[0]], dtype="float32")), ("stream", "BOOL", numpy.array([[True]]))):
        inputs.append(client.InferInput(name, values.shape, kind))
        inputs[-1].set_data_from_numpy(values)
    heard = queue.Queue()
    with client.InferenceServerClient(address) as c:
        c.start_stream(lambda result, error: heard.put((result, error)), headers={"triton_grpc_error": "true"})
        c.async_stream_infer(model, inputs, enable_empty_final_response=True)
        texts = []
        while True:
            result, error = heard.get(timeout=60)
            if error is not None:
                raise error
            text = result.as_numpy("text_output")
            if text is not None:
                texts += [t.decode() for t in text.flat]
            if result.get_response().parameters["triton_final_response"].bool_param:
                break
        c.stop_stream()
    print(json.dumps(texts))


{"serve": serve, "ask": ask}[sys.argv[1]](*sys.argv[2:])
