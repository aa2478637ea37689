#!/usr/bin/env python3
"""The reference's class, AttParseNet, with weights of ours, and with others that `import` is to take.

Reads a line of JSON, {"folder", "save"}, then images u8 [N, 218, 178, 3]. It loads `weights.safetensors` of the
folder by the class's own `load_state_dict` and answers with logits f32 [N, 40] and maps f32 [N, 96, 76, 40]
of images from -1 to 1. Then it changes all weights, saves them at "save", and answers with the same of images
from 0 to 1, as the reference takes them.
"""
import json
import sys

import numpy
import torch
from torch import nn

header = json.loads(sys.stdin.buffer.readline())
sys.path.insert(0, header["folder"])
import attparsenet  # noqa: E402


class AttParseNet(nn.Module):
    """As published: names, layers and sizes."""

    def __init__(self):
        super().__init__()
        layers, channels = [], 3
        for index, filters in enumerate([75, 200, 300, 512, 512, 40]):
            layers += [nn.Conv2d(channels, filters, (3, 3) if index else (7, 7))]
            layers += [nn.BatchNorm2d(filters), nn.ReLU()]
            layers += [] if index else [nn.MaxPool2d((2, 2))]
            channels = filters
        self.convolution = nn.Sequential(*layers[:-1])
        self.fully_connected = nn.Sequential(nn.Linear(40 * 96 * 76, 40))

    def forward(self, x):
        maps = self.convolution(x)
        return self.fully_connected(maps.view(-1, 40 * 96 * 76)), maps


def answer(images):
    with torch.no_grad():
        logits, maps = network(images)
    for part in (logits, maps.permute(0, 2, 3, 1)):
        sys.stdout.buffer.write(part.contiguous().numpy().tobytes())


torch.manual_seed(64)
network = AttParseNet().eval()
network.load_state_dict(attparsenet.read_safetensors(header["folder"] + "/weights.safetensors")[0])
numbers = numpy.frombuffer(sys.stdin.buffer.read(), numpy.uint8).copy()
images = torch.from_numpy(numbers).reshape(-1, 218, 178, 3).permute(0, 3, 1, 2).contiguous().float() / 255
answer(2 * images - 1)
with torch.no_grad():
    for name, tensor in network.state_dict().items():
        if tensor.dim() == 1:
            tensor += torch.rand(tensor.shape) / 4
attparsenet.write_safetensors(header["save"], network.state_dict())
answer(images)
