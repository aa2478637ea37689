#!/usr/bin/env python3
"""Training steps of AttParseNet's network in PyTorch, as the peer of tests/bench/hardware_bench.ts.

Reads one JSON object a line from stdin and answers each with one:

{"height", "width", "widths", "batch"}  makes a network and a batch on the device; {"name", "modes"}
{"mode", "warm": N}                     takes N steps, in which cuDNN looks for its fastest ways; {}
{"mode", "seconds": S}                  takes steps for about as long; {"imagesPerSecond"}

Modes: f32 (without TF32), tf32, amp (automatic mixed precision); without CUDA f32 alone. What cannot be
done, for want of memory say, is answered with {"error"}.
"""
import json
import os
import sys
import time

import torch

from torch_network import Network, joint_loss

CUDA = torch.cuda.is_available()
DEVICE = "cuda" if CUDA else "cpu"
# As training here: a step does not wait for its losses, which are read back a few at a time.
STEPS_PER_READ = 8


def grad_scaler():
    # The older place of the class warns in newer versions.
    if hasattr(torch, "amp") and hasattr(torch.amp, "GradScaler"):
        return torch.amp.GradScaler("cuda", enabled=CUDA)
    return torch.cuda.amp.GradScaler(enabled=CUDA)


class Trainer:
    def __init__(self, height, width, widths, batch):
        torch.manual_seed(64)
        self.batch = batch
        self.network = Network(height, width, widths).to(DEVICE)
        self.optimizer = torch.optim.SGD(
            self.network.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4
        )
        self.scaler = grad_scaler()
        self.images = torch.rand(batch, 3, height, width, device=DEVICE) * 2 - 1
        self.labels = (torch.rand(batch, 40, device=DEVICE) < 0.3).float()
        shape = (batch, 40, *self.network.mask)
        self.masks = (torch.rand(shape, device=DEVICE) < 0.1).float() * self.labels[:, :, None, None]

    def step(self, mode):
        amp = mode == "amp"
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(DEVICE, enabled=amp):
            loss = joint_loss(*self.network(self.images), self.labels, self.masks, 1)[0]
        if amp:
            self.scaler.scale(loss).backward()
            self.scaler.step(self.optimizer)
            self.scaler.update()
        else:
            loss.backward()
            self.optimizer.step()
        return loss.detach()

    def run(self, mode, go_on):
        """Takes steps as long as go_on(steps) says so, and waits for the last one; returns their number."""
        torch.backends.cuda.matmul.allow_tf32 = mode != "f32"
        torch.backends.cudnn.allow_tf32 = mode != "f32"
        steps, losses = 0, []
        while go_on(steps):
            losses.append(self.step(mode))
            steps += 1
            if len(losses) == STEPS_PER_READ:
                # Waits for the device.
                torch.stack(losses).tolist()
                losses = []
        if CUDA:
            torch.cuda.synchronize()
        return steps

    def rate(self, mode, seconds):
        start = time.perf_counter()
        steps = self.run(mode, lambda steps: steps == 0 or time.perf_counter() - start < seconds)
        return steps * self.batch / (time.perf_counter() - start)


def main():
    torch.backends.cudnn.benchmark = True
    torch.set_num_threads(os.cpu_count())
    place = torch.cuda.get_device_name() if CUDA else "the CPU"
    trainer = None

    def answer(question):
        nonlocal trainer
        if "batch" in question:
            # The memory of the size before is free for this one.
            trainer = None
            if CUDA:
                torch.cuda.empty_cache()
            trainer = Trainer(**question)
            modes = ["f32", "tf32", "amp"] if CUDA else ["f32"]
            return {"name": f"PyTorch {torch.__version__} on {place}", "modes": modes}
        mode = question["mode"]
        if "warm" in question:
            trainer.run(mode, lambda steps: steps < question["warm"])
            return {}
        return {"imagesPerSecond": trainer.rate(mode, question["seconds"])}

    for line in sys.stdin:
        try:
            answered = answer(json.loads(line))
        except Exception as error:
            answered = {"error": str(error)}
        print(json.dumps(answered), flush=True)


main()
