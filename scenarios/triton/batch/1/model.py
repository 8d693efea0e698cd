"""The classifier as a Python model: the requests that the server hands over are computed in one batch."""

import numpy as np
import triton_python_backend_utils as pb_utils

from classifier import Classifier


class TritonPythonModel:
    def initialize(self, args):
        self.classifier = Classifier()

    def execute(self, requests):
        texts = [pb_utils.get_input_tensor_by_name(r, "text_input").as_numpy().ravel() for r in requests]
        classes = self.classifier.classify([t for of_request in texts for t in of_request])
        responses, at = [], 0
        for of_request in texts:
            part = np.array(classes[at : at + len(of_request)], dtype=np.object_).reshape(-1, 1)
            responses.append(pb_utils.InferenceResponse([pb_utils.Tensor("text_output", part)]))
            at += len(of_request)
        return responses
