#!/usr/bin/env python3
"""Runs a network that `export --format pytorch` wrote, by the module beside it.

Reads a line of JSON, {"folder", "count", "height", "width", "resave"}, then images u8 [count, height, width, 3];
writes logits f32 [count, 40] and maps f32 [count, h, w, 40]. With "resave", a path, it writes the weights there.
"""
import json
import sys

import numpy
import torch

header = json.loads(sys.stdin.buffer.readline())
sys.path.insert(0, header["folder"])
import attparsenet  # noqa: E402

network = attparsenet.load(header["folder"] + "/weights.safetensors").eval()
if header.get("resave"):
    attparsenet.save(network, header["resave"])
count, height, width = header["count"], header["height"], header["width"]
bytes_ = numpy.frombuffer(sys.stdin.buffer.read(), numpy.uint8).copy()
images = torch.from_numpy(bytes_).reshape(count, height, width, 3)
with torch.no_grad():
    logits, maps = network(attparsenet.to_input(images))
for part in (logits, maps.permute(0, 2, 3, 1)):
    sys.stdout.buffer.write(part.contiguous().numpy().tobytes())
