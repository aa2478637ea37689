"""Decodes JPEG files with OpenCV: the oracle for pipeline/image/image.ts.

Standard input: one line of JSON with the number of bytes of each file, then the files. Standard
output: u8 [H, W, 3] of each, RGB, as they lie in the file (not turned as EXIF says).
"""

import json
import sys

import cv2
import numpy


def main():
    sizes = json.loads(sys.stdin.buffer.readline())
    for size in sizes:
        file = numpy.frombuffer(sys.stdin.buffer.read(size), numpy.uint8)
        bgr = cv2.imdecode(file, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
        sys.stdout.buffer.write(bgr[:, :, ::-1].tobytes())


main()
