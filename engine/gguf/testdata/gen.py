"""Makes the fixtures of this directory with the writer of the `gguf` Python package.

    python3 -m venv venv && venv/bin/pip install gguf==0.19.0 numpy==2.4.6
    venv/bin/python gen.py

python.gguf has a value of every type and three tensors; big-endian.gguf is the same
with the other byte order, which the Go package refuses.
"""

import pathlib

import numpy as np
from gguf import GGMLQuantizationType, GGUFEndian, GGUFValueType, GGUFWriter

HERE = pathlib.Path(__file__).parent


def write(name, endian):
    w = GGUFWriter(HERE / name, "llama", endianess=endian)
    w.add_name("naïve 模型")
    w.add_uint8("t.uint8", 200)
    w.add_int8("t.int8", -100)
    w.add_uint16("t.uint16", 60000)
    w.add_int16("t.int16", -30000)
    w.add_uint32("t.uint32", 4000000000)
    w.add_int32("t.int32", -2000000000)
    w.add_uint64("t.uint64", 1 << 63)
    w.add_int64("t.int64", -(1 << 62))
    w.add_float32("t.float32", 0.1)
    w.add_float64("t.float64", 0.1)
    w.add_bool("t.bool", True)
    w.add_array("t.strings", ["", "a", "ü"])
    w.add_key_value("t.int32s", [1, -2, 3], GGUFValueType.ARRAY, sub_type=GGUFValueType.INT32)
    w.add_array("t.float32s", [0.5, -1.5])
    w.add_array("t.bools", [True, False])
    w.add_array("t.nested", [[1, 2], [3]])
    w.add_custom_alignment(64)
    w.add_tensor("matrix", np.arange(6, dtype=np.float32).reshape(2, 3))
    w.add_tensor("vector", np.arange(4, dtype=np.float16))
    w.add_tensor("blocks", np.arange(68, dtype=np.uint8).reshape(2, 34), raw_dtype=GGMLQuantizationType.Q8_0)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


write("python.gguf", GGUFEndian.LITTLE)
write("big-endian.gguf", GGUFEndian.BIG)
