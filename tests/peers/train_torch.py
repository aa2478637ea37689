#!/usr/bin/env python3
"""Trains AttParseNet's network in PyTorch, as the peer of tests/bench/train_bench.ts.

Reads one JSON object a line from stdin and answers each with one. The first is the configuration,
{"height", "width", "widths", "batch", "amp"}, answered with {"name", "cuda"} after a first step; each other
one, whatever it holds, with the seconds of a step on the same random batch and the peak of memory.
"""
import json
import os
import resource
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
    # f32 as everywhere else in the comparison.
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    cuda, amp = torch.cuda.is_available(), config["amp"]
    device = "cuda" if cuda else "cpu"
    network = Network(config["height"], config["width"], config["widths"]).to(device)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    scaler = torch.cuda.amp.GradScaler(enabled=amp)
    images = torch.rand(config["batch"], 3, config["height"], config["width"], device=device) * 2 - 1
    labels = (torch.rand(config["batch"], 40, device=device) < 0.3).float()
    shape = (config["batch"], 40, *network.mask)
    masks = (torch.rand(shape, device=device) < 0.1).float() * labels[:, :, None, None]

    def step():
        optimizer.zero_grad()
        with torch.autocast("cuda", enabled=amp):
            loss = joint_loss(*network(images), labels, masks, 1)[0]
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        # Waits for the device.
        return loss.item()

    step()
    place = f"{torch.cuda.get_device_name()}{', AMP' if amp else ', f32'}" if cuda else "the CPU"
    answer({"name": f"PyTorch {torch.__version__} on {place}", "cuda": cuda})
    for _ in sys.stdin:
        start = time.perf_counter()
        step()
        seconds = time.perf_counter() - start
        process = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        peak = torch.cuda.max_memory_allocated() / 2**20 if cuda else None
        answer({"seconds": seconds, "processMiB": process, "deviceMiB": peak})


main()
