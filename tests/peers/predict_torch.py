#!/usr/bin/env python3
"""Predicts attributes of image files by PyTorch and OpenCV, as the peer of tests/bench/predict_bench.ts.

Reads one JSON object a line from stdin and answers each with one. The first is the configuration,
{"height", "width", "widths", "batch", "threads", "images"}, answered with {"name"} after a first pass over the images;
each other one, whatever it holds, with the seconds of another pass: decoding, resizing and the network.
"""
import json
import sys
import time

import cv2
import numpy
import torch

from torch_network import Network


def answer(value):
    print(json.dumps(value), flush=True)


def read(path, height, width):
    image = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def main():
    config = json.loads(sys.stdin.readline())
    torch.manual_seed(64)
    torch.set_num_threads(config["threads"])
    height, width, batch, paths = (config[key] for key in ("height", "width", "batch", "images"))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    network = Network(height, width, config["widths"]).to(device).eval()

    @torch.inference_mode()
    def predict():
        for first in range(0, len(paths), batch):
            images = numpy.stack([read(path, height, width) for path in paths[first : first + batch]])
            pixels = torch.from_numpy(images).to(device).permute(0, 3, 1, 2).float() / 127.5 - 1
            torch.sigmoid(network(pixels)[0]).cpu().tolist()

    predict()
    place = torch.cuda.get_device_name() if device == "cuda" else "the CPU"
    answer({"name": f"PyTorch {torch.__version__} on {place}, threads: {config['threads']}"})
    for _ in sys.stdin:
        start = time.perf_counter()
        predict()
        answer({"seconds": time.perf_counter() - start})


main()
