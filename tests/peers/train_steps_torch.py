#!/usr/bin/env python3
"""Takes training steps in PyTorch from given weights on given batches: the oracle of our own steps.

Reads from stdin a line of JSON, then numbers in the order of the layers API (NHWC, filters [k, k, C, N]):
the weights that the JSON lists, images f32 [S, B, H, W, 3], labels f32 [S, B, 40], region bits u32
[S, B, h, w] and the regions of each attribute u32 [40]. Writes a line of JSON with the losses of each
step, then the weights after the last one, as they came.
"""
import json
import sys

import numpy
import torch

from torch_network import Network, from_torch, joint_loss, named_tensors, to_torch


def read(shape, kind):
    data = sys.stdin.buffer.read(4 * int(numpy.prod(shape)))
    return numpy.frombuffer(data, kind).reshape(shape)


def main():
    config = json.loads(sys.stdin.buffer.readline())
    # On a busy machine OpenMP's threads wait for each other for longer than they work.
    torch.set_num_threads(1)
    height, width, steps, batch = (config[key] for key in ("height", "width", "steps", "batch"))
    network = Network(height, width, config["widths"])
    named, weights = named_tensors(network), config["weights"]
    with torch.no_grad():
        for weight in weights:
            array = to_torch(weight["name"], read(weight["shape"], "<f4"), network.mask)
            named[weight["name"]].copy_(torch.tensor(array.copy()))
    images = torch.tensor(read((steps, batch, height, width, 3), "<f4").transpose(0, 1, 4, 2, 3).copy())
    labels = read((steps, batch, 40), "<f4")
    bits = read((steps, batch, *network.mask, 1), "<u4")
    inside = (bits & read((40,), "<u4")) != 0
    masks = (inside * labels[:, :, None, None]).transpose(0, 1, 4, 2, 3).astype("<f4")

    settings = {"lr": config["learningRate"], "weight_decay": config["weightDecay"]}
    if config["optimizer"] == "adamw":
        betas = config["momentum"], 0.999
        optimizer = torch.optim.AdamW(network.parameters(), betas=betas, **settings)
    else:
        optimizer = torch.optim.SGD(network.parameters(), momentum=config["momentum"], **settings)
    losses = []
    for step in range(steps):
        logits, maps = network(images[step])
        target = torch.tensor(labels[step]), torch.tensor(masks[step])
        three = joint_loss(logits, maps, *target, config["segmentationWeight"])
        (three[0] / config["accumulate"]).backward()
        losses.append([value.item() for value in three])
        if (step + 1) % config["accumulate"] == 0:
            if config["clip"] > 0:
                torch.nn.utils.clip_grad_norm_(network.parameters(), config["clip"])
            optimizer.step()
            optimizer.zero_grad()

    sys.stdout.buffer.write((json.dumps({"losses": losses}) + "\n").encode())
    for weight in weights:
        array = named[weight["name"]].detach().numpy()
        sys.stdout.buffer.write(from_torch(weight["name"], array, network.mask).astype("<f4").tobytes())


main()
