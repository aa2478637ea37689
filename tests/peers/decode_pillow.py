"""Decodes pictures with Pillow: the oracle for kinds other than JPEG and PNG.

Standard input: one line of JSON with the number of bytes of each file, then the files. Standard output:
u8 [H, W, 3] of each file's first picture, RGB, upright, over white.
"""

import io
import json
import sys

from PIL import Image, ImageOps


def main():
    for size in json.loads(sys.stdin.buffer.readline()):
        with Image.open(io.BytesIO(sys.stdin.buffer.read(size))) as image:
            # Pillow turns TIFF files itself, and keeps the orientation all the same.
            is_turned = image.format == "TIFF"
            rgba = image.convert("RGBA")
        upright = rgba if is_turned else ImageOps.exif_transpose(rgba)
        white = Image.new("RGBA", upright.size, "white")
        white.alpha_composite(upright)
        sys.stdout.buffer.write(white.convert("RGB").tobytes())


main()
