#!/usr/bin/env python3
"""Trains AttParseNet's network on faces in PyTorch, by the attributes alone: the reference of our training.

Reads from stdin a line of JSON, then bytes: the weights to start from that the JSON lists, f32, as the layers
API has them; then for each of the splits train, validation and test its images u8 [N, H, W, 3] and its labels
u8 [N, 40]. Writes a line of JSON an epoch, and a last one with the measures of the test split by the weights
that had the smallest validation loss.
"""
import copy
import json
import sys
import time

import numpy
import torch
from torch import nn

from torch_network import Network, named_tensors, to_torch

# Images of one forward pass where nothing is trained.
PASS = 64


def read(shape, kind):
    data = sys.stdin.buffer.read(numpy.dtype(kind).itemsize * int(numpy.prod(shape)))
    return numpy.frombuffer(bytearray(data), kind).reshape(shape)


def scaled(images):
    return torch.from_numpy(images).permute(0, 3, 1, 2).float() / 127.5 - 1


def changed(image, shift, flip, random):
    """A copy that is shifted by up to `shift` pixels, with its border repeated, and mirrored or not."""
    height, width = image.shape[:2]
    dy, dx = random.integers(-shift, shift + 1, 2)
    columns = numpy.arange(width)
    if flip and random.random() < 0.5:
        columns = columns[::-1]
    rows = numpy.clip(numpy.arange(height) + dy, 0, height - 1)
    return image[rows][:, numpy.clip(columns + dx, 0, width - 1)]


def mean(values):
    """Over what is defined."""
    known = [value for value in values if not numpy.isnan(value)]
    return float(numpy.mean(known)) if known else None


@torch.inference_mode()
def measure(network, images, labels):
    network.eval()
    logits = torch.cat([network(scaled(part))[0] for part in numpy.split(images, range(PASS, len(images), PASS))])
    loss = nn.functional.binary_cross_entropy_with_logits(logits, torch.from_numpy(labels).float()).item()
    predicted, present = logits.numpy() > 0, labels > 0
    with numpy.errstate(invalid="ignore"):
        recall = (predicted & present).sum(0) / present.sum(0)
        specificity = (~predicted & ~present).sum(0) / (~present).sum(0)
    accuracy = mean((predicted == present).mean(0))
    return {"loss": loss, "accuracy": accuracy, "balancedAccuracy": mean((recall + specificity) / 2)}


def main():
    config = json.loads(sys.stdin.buffer.readline())
    torch.set_num_threads(config["threads"])
    random = numpy.random.default_rng(config["seed"])
    height, width, batch = (config[key] for key in ("height", "width", "batch"))
    network = Network(height, width, config["widths"])
    named = named_tensors(network)
    with torch.no_grad():
        for weight in config["weights"]:
            array = to_torch(weight["name"], read(weight["shape"], "<f4"), network.mask)
            named[weight["name"]].copy_(torch.tensor(array))
    splits = {
        name: (read((count, height, width, 3), "u1"), read((count, 40), "u1"))
        for name, count in config["splits"].items()
    }
    images, labels = splits["train"]
    optimizer = torch.optim.SGD(
        network.parameters(),
        lr=config["learningRate"],
        momentum=config["momentum"],
        weight_decay=config["weightDecay"],
    )
    best, best_epoch, kept = numpy.inf, 0, None
    for epoch in range(config["epochs"]):
        for group in optimizer.param_groups:
            group["lr"] = config["learningRate"] * config["learningRateDecay"] ** epoch
        network.train()
        start, total = time.perf_counter(), 0.0
        order = random.permutation(len(images))
        for first in range(0, len(order), batch):
            some = order[first : first + batch]
            inputs = numpy.stack([changed(images[i], config["shift"], config["flip"], random) for i in some])
            optimizer.zero_grad()
            logits = network(scaled(inputs))[0]
            loss = nn.functional.binary_cross_entropy_with_logits(logits, torch.from_numpy(labels[some]).float())
            loss.backward()
            optimizer.step()
            total += loss.item() * len(some)
        seconds = time.perf_counter() - start
        validation = measure(network, *splits["validation"])
        if validation["loss"] < best:
            best, best_epoch, kept = validation["loss"], epoch, copy.deepcopy(network.state_dict())
        line = {"epoch": epoch, "seconds": seconds, "trainLoss": total / len(order), "validation": validation}
        print(json.dumps(line), flush=True)
    network.load_state_dict(kept)
    print(json.dumps({"bestEpoch": best_epoch, "test": measure(network, *splits["test"])}), flush=True)


main()
