"""Prints what safetensors reads from a file: the metadata, and dtype, shape and bytes of each tensor."""

import json
import sys

from safetensors import safe_open

with safe_open(sys.argv[1], framework="numpy") as file:
    tensors = {name: file.get_tensor(name) for name in file.keys()}
    metadata = file.metadata()

print(
    json.dumps(
        {
            "metadata": metadata,
            "tensors": {
                name: {"dtype": str(tensor.dtype), "shape": tensor.shape, "bytes": tensor.tobytes().hex()}
                for name, tensor in tensors.items()
            },
        }
    )
)
