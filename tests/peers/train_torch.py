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

from torch_network import Network, joint_loss


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
    shape = (config["batch"], 40, *network.mask)
    masks = (torch.rand(shape, device=device) < 0.1).float() * labels[:, :, None, None]
    answer({"torch": torch.__version__, "device": device, "threads": torch.get_num_threads()})
    for line in sys.stdin:
        steps = json.loads(line)["steps"]
        start = time.perf_counter()
        for _ in range(steps):
            optimizer.zero_grad()
            loss = joint_loss(*network(images), labels, masks, 1)[0]
            loss.backward()
            optimizer.step()
        value = loss.item()
        answer({"seconds": (time.perf_counter() - start) / steps, "loss": value})


main()
