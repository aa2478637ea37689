#!/usr/bin/env python3
"""Trains AttParseNet's network in PyTorch, as the peer of tests/bench/train_bench.ts.

Reads one JSON object a line from stdin and answers each with one: {"steps": n} takes n training steps on
the same random batch and answers {"seconds": s a step, "loss": the last loss}. The first line is the
configuration: {"height", "width", "widths", "batch"}.
"""
import json
import os
import sys
import time

import torch
from torch import nn


class Network(nn.Module):
    def __init__(self, height, width, widths):
        super().__init__()
        layers, channels = [], 3
        for index, out in enumerate(list(widths) + [40]):
            layers.append(nn.Conv2d(channels, out, 7 if index == 0 else 3, bias=False))
            layers.append(nn.BatchNorm2d(out))
            if index < 5:
                layers.append(nn.ReLU(inplace=True))
            if index == 0:
                layers.append(nn.MaxPool2d(2))
            channels = out
        self.body = nn.Sequential(*layers)
        with torch.no_grad():
            self.cells = self.body(torch.zeros(1, 3, height, width)).shape[2:].numel()
        self.head = nn.Linear(40 * self.cells, 40)

    def forward(self, images):
        maps = self.body(images)
        return self.head(maps.flatten(1)), maps


def answer(value):
    print(json.dumps(value), flush=True)


def main():
    config = json.loads(sys.stdin.readline())
    torch.manual_seed(64)
    torch.set_num_threads(os.cpu_count())
    device = "cuda" if torch.cuda.is_available() else "cpu"
    network = Network(config["height"], config["width"], config["widths"]).to(device)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    images = torch.rand(config["batch"], 3, config["height"], config["width"], device=device) * 2 - 1
    labels = (torch.rand(config["batch"], 40, device=device) < 0.3).float()
    with torch.no_grad():
        shape = network(images)[1].shape
    masks = (torch.rand(shape, device=device) < 0.1).float() * labels[:, :, None, None]
    answer({"torch": torch.__version__, "device": device, "threads": torch.get_num_threads()})
    for line in sys.stdin:
        steps = json.loads(line)["steps"]
        start = time.perf_counter()
        for _ in range(steps):
            optimizer.zero_grad()
            logits, maps = network(images)
            loss = nn.functional.binary_cross_entropy_with_logits(logits, labels)
            loss = loss + nn.functional.mse_loss(maps, masks)
            loss.backward()
            optimizer.step()
        value = loss.item()
        answer({"seconds": (time.perf_counter() - start) / steps, "loss": value})


main()
