"""Reads a pack, whose path comes in, by NumPy alone: the names, and the sum of each picture's pixels."""

import json
import sys

import numpy as np

path = sys.stdin.read()
with open(path, "rb") as file:
    length = int.from_bytes(file.read(8), "little")
    header = json.loads(file.read(length))


def array(name, dtype):
    entry = header[name]
    start = 8 + length + entry["data_offsets"][0]
    return np.memmap(path, dtype, "r", start, tuple(entry["shape"]))


names = json.loads(array("names", np.uint8).tobytes())
pixels = array("pixels", np.uint8)
print(json.dumps({"names": names, "sums": [int(face.sum()) for face in pixels]}))
