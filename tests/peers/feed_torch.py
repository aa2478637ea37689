#!/usr/bin/env python3
"""Batches of images by PyTorch's DataLoader, as the peer of tests/bench/feed_bench.ts: from JPEG files by OpenCV, or
from a pack by NumPy.

Reads one JSON object a line from stdin. The first is {"paths", "pack", "size": {"height", "width"}, "batch",
"workers"}, where "pack" may be null; it and each other one, whatever that holds, are answered with {"images",
"seconds", "cpu"} of a round: whole epochs in random order for a second at least, "cpu" the seconds of processor time
of all processes.
"""
import json
import os
import sys
import time

import cv2
import numpy
import torch

SECONDS = 1


class Files(torch.utils.data.Dataset):
    """u8 [H, W, 3] of each file."""

    def __init__(self, paths, height, width):
        self.paths, self.size = paths, (width, height)

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        image = cv2.cvtColor(cv2.imread(self.paths[index]), cv2.COLOR_BGR2RGB)
        return torch.from_numpy(cv2.resize(image, self.size, interpolation=cv2.INTER_AREA))


class Pack(torch.utils.data.Dataset):
    """u8 [H, W, 3] of each place of a pack, again and again up to a length."""

    def __init__(self, path, length):
        with open(path, "rb") as file:
            head = int.from_bytes(file.read(8), "little")
            entry = json.loads(file.read(head))["pixels"]
        start = 8 + head + entry["data_offsets"][0]
        # Copy on write, since torch takes no array that is read-only.
        self.pixels = numpy.asarray(numpy.memmap(path, numpy.uint8, "c", start, tuple(entry["shape"])))
        self.length = length

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        return torch.from_numpy(self.pixels[index % len(self.pixels)])


def prepare():
    # Each worker is to keep to its core.
    cv2.setNumThreads(0)
    torch.set_num_threads(1)


def processor_time(processes):
    """Seconds of this process and others."""
    seconds = time.process_time()
    for process in processes:
        with open(f"/proc/{process.pid}/stat") as file:
            user, system = file.read().rpartition(")")[2].split()[11:13]
        seconds += (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return seconds


def main():
    job = json.loads(sys.stdin.readline())
    prepare()
    torch.manual_seed(64)
    paths = job["paths"]
    dataset = Pack(job["pack"], len(paths)) if job["pack"] else Files(paths, **job["size"])
    workers = job["workers"]
    loader = torch.utils.data.DataLoader(
        dataset,
        batch_size=job["batch"],
        shuffle=True,
        num_workers=workers,
        persistent_workers=workers > 0,
        worker_init_fn=lambda _: prepare(),
    )

    def epoch():
        return sum(len(batch) for batch in loader)

    def round_of_epochs():
        processes = loader._iterator._workers if workers > 0 else []
        start, before, images = time.perf_counter(), processor_time(processes), 0
        while time.perf_counter() - start < SECONDS:
            images += epoch()
        seconds = time.perf_counter() - start
        return {"images": images, "seconds": seconds, "cpu": processor_time(processes) - before}

    epoch()
    print(json.dumps(round_of_epochs()), flush=True)
    for _ in sys.stdin:
        print(json.dumps(round_of_epochs()), flush=True)


main()
