"""A decoupled model whose answers are written by a server that speaks OpenAI's completions.

Each text that the server streams is one response here. A request that is cancelled is dropped there as well, by closing its
connection. The parameters engine_url and engine_command of config.pbtxt say where the server is, or how it is started.
"""

import http.client
import json
import shlex
import subprocess
import threading
import urllib.parse

import numpy as np
import triton_python_backend_utils as pb_utils

ANNOUNCEMENT = "listening on "


class Engine:
    """The server behind the model: one that is there, or a child that lives as long as this process."""

    def __init__(self, url, command):
        self.child = None
        self.url = urllib.parse.urlsplit(url or self.start(command))
        with self.connect() as connection:
            connection.request("GET", "/v1/models")
            self.model = json.load(connection.getresponse())["data"][0]["id"]

    def start(self, command):
        self.child = subprocess.Popen(shlex.split(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for line in self.child.stdout:
            before, found, url = line.partition(ANNOUNCEMENT)
            if found:
                threading.Thread(target=self.child.stdout.read, daemon=True).start()  # a full pipe would stop it
                return url.strip()
        raise RuntimeError(f"{command}: ended with status {self.child.wait()} before it listened")

    def connect(self):
        return Connection(self.url.hostname, self.url.port)

    def texts(self, body, cancelled):
        """The texts of an answer, as they come."""
        with self.connect() as connection:
            body = {**body, "model": self.model, "stream": True}
            connection.request("POST", "/v1/completions", json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            if answer.status != 200:
                raise RuntimeError(f"{answer.status} {answer.reason}: {answer.read(400).decode(errors='replace')}")
            for line in answer:
                data = line.decode().removeprefix("data:").strip() if line.startswith(b"data:") else ""
                if data == "[DONE]" or cancelled():
                    return
                if data:
                    yield from said(json.loads(data))
            raise RuntimeError("the answer broke off")

    def close(self):
        if self.child:
            self.child.stdin.close()
            self.child.wait(timeout=10)


class Connection(http.client.HTTPConnection):
    """One that is closed at the end of a with statement."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def said(event):
    """The text of one event, if it has any."""
    if "error" in event:
        raise RuntimeError(json.dumps(event["error"]))
    return [choice["text"] for choice in event["choices"] if choice.get("text")]


def number(request, name, otherwise=None):
    """The element of an input of numbers, or what stands for one that is not there."""
    tensor = pb_utils.get_input_tensor_by_name(request, name)
    return otherwise if tensor is None else tensor.as_numpy().ravel()[0].item()


def texts(request, name):
    """The elements of an input of texts, none where it is not there."""
    tensor = pb_utils.get_input_tensor_by_name(request, name)
    return [] if tensor is None else [t.decode() for t in tensor.as_numpy().ravel()]


def asked(request):
    """The request in the terms of the server behind."""
    body = {"prompt": texts(request, "text_input")[0], "max_tokens": number(request, "max_tokens", 16)}
    for name in ("temperature", "top_p", "top_k", "seed"):
        given = number(request, name)
        if given is not None:
            body[name] = given
    if number(request, "min_tokens", 0) >= body["max_tokens"]:
        body["ignore_eos"] = True
    stop = [t for t in texts(request, "stop_words") if t]
    if stop:
        body["stop"] = stop
    return body


class TritonPythonModel:
    def initialize(self, args):
        parameters = json.loads(args["model_config"])["parameters"]
        self.engine = Engine(*(parameters[name]["string_value"] for name in ("engine_url", "engine_command")))

    def execute(self, requests):
        for request in requests:  # inputs are only there until this returns
            work = (asked(request), request.get_response_sender())
            threading.Thread(target=self.answer, args=work, daemon=True).start()
        return None

    def answer(self, body, sender):
        try:
            for part in self.engine.texts(body, sender.is_cancelled):
                output = pb_utils.Tensor("text_output", np.array([[part.encode()]], dtype=np.object_))
                sender.send(pb_utils.InferenceResponse([output]))
        except Exception as error:  # whatever it was, the client has to hear of it
            sender.send(pb_utils.InferenceResponse(error=pb_utils.TritonError(f"the server behind the model: {error}")))
        finally:
            sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)

    def finalize(self):
        self.engine.close()
