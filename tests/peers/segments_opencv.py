"""The masks of faces by OpenCV, for comparison with kernels/rasterize.ts.

    segments_opencv.py FACES.json WAY [FOLDER]

FACES.json: {"source": [H, W], "mask": [h, w], "names": [40 attributes], "table": [40 lists of region
numbers], "faces": [{"labels": [40 of 0 and 1], "polygons": [14 lists of x, y pairs]}]}.

WAY reference: for each attribute all its regions drawn at source size, resized, and written as PNG to
FOLDER, as the reference does. WAY attributes: the same as a tight loop without files. WAY regions: a
tight loop that draws and resizes each region of a face once: all that the 40 masks need.

Answers each line on standard input with the seconds that one round over all faces took.
"""

import json
import os
import sys
import time

import cv2
import numpy


def draw_attributes(job, faces, folder):
    mask = tuple(job["mask"])[::-1]
    for index, (labels, polygons) in enumerate(faces):
        for attribute, name in enumerate(job["names"]):
            image = numpy.zeros(job["source"], numpy.uint8)
            if labels[attribute]:
                for region in job["table"][attribute]:
                    if len(polygons[region]) > 0:
                        cv2.fillPoly(image, [polygons[region]], 255)
            image = cv2.resize(image, mask, interpolation=cv2.INTER_NEAREST)
            cv2.imwrite(os.path.join(folder, f"{name}_mask_{index:06}.png"), image)


def draw_masks(job, faces):
    mask = tuple(job["mask"])[::-1]
    image = numpy.zeros(job["source"], numpy.uint8)
    masks = numpy.zeros((40, *job["mask"]), numpy.uint8)
    for labels, polygons in faces:
        for attribute, regions in enumerate(job["table"]):
            if not labels[attribute]:
                masks[attribute].fill(0)
                continue
            image.fill(0)
            for region in regions:
                if len(polygons[region]) > 0:
                    cv2.fillPoly(image, [polygons[region]], 255)
            cv2.resize(image, mask, dst=masks[attribute], interpolation=cv2.INTER_NEAREST)


def draw_regions(job, faces):
    mask = tuple(job["mask"])[::-1]
    image = numpy.zeros(job["source"], numpy.uint8)
    masks = numpy.zeros((14, *job["mask"]), numpy.uint8)
    for _, polygons in faces:
        for region, polygon in enumerate(polygons):
            image.fill(0)
            if len(polygon) > 0:
                cv2.fillPoly(image, [polygon], 255)
            cv2.resize(image, mask, dst=masks[region], interpolation=cv2.INTER_NEAREST)


def main():
    with open(sys.argv[1]) as file:
        job = json.load(file)
    faces = [
        (face["labels"], [numpy.array(p, numpy.int32).reshape(-1, 1, 2) for p in face["polygons"]])
        for face in job["faces"]
    ]
    for _ in sys.stdin:
        start = time.perf_counter()
        if sys.argv[2] == "reference":
            draw_attributes(job, faces, sys.argv[3])
        elif sys.argv[2] == "attributes":
            draw_masks(job, faces)
        else:
            draw_regions(job, faces)
        print(time.perf_counter() - start, flush=True)


main()
