"""Draws the polygons of a job with OpenCV: the oracle for kernels/rasterize.ts.

Standard input: one line of JSON {images, regions, vertices, source: [H, W], mask: [h, w]}, then
polygons as i32 [B, R, V, 2], then counts as u32 [B, R]. Standard output: u32 [B, h, w], bit r of a
pixel says whether polygon r covers it. Each polygon is drawn at source size and then resized.
"""

import json
import sys

import cv2
import numpy


def main():
    job = json.loads(sys.stdin.buffer.readline())
    slots = job["images"] * job["regions"]
    values = slots * job["vertices"] * 2
    data = numpy.frombuffer(sys.stdin.buffer.read(), numpy.int32)
    polygons = data[:values].reshape(job["images"], job["regions"], job["vertices"], 2)
    counts = data[values:].reshape(job["images"], job["regions"])
    (height, width), mask = job["source"], tuple(job["mask"])
    bits = numpy.zeros((job["images"], *mask), numpy.uint32)
    for image in range(job["images"]):
        for region in range(job["regions"]):
            polygon = polygons[image, region, : counts[image, region]]
            drawn = numpy.zeros((height, width), numpy.uint8)
            if len(polygon) > 0:
                cv2.fillPoly(drawn, [polygon], 1)
            resized = cv2.resize(drawn, mask[::-1], interpolation=cv2.INTER_NEAREST)
            bits[image] |= resized.astype(numpy.uint32) << region
    sys.stdout.buffer.write(bits.tobytes())


main()
