/// <reference lib="dom" />
/** A face under the map of an attribute. */

import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { emptinessOf } from "../../../image/drawing/contour.ts";
import { drawMap } from "../../../image/drawing/map_picture.ts";
import type { RgbImage } from "../../../image/pixels.ts";
import { resizeImage } from "../../../image/resize.ts";
import { spaced } from "../../../report/text.ts";
import type { SaidAttribute } from "./said_face.ts";

/** A face is drawn at least this high, for the sake of the lines on it; CelebA's at twice its height. */
const HEIGHT = 436;

interface FacePictureProps {
  /** The network's name; empty where there is one. */
  readonly by: string;
  readonly face: RgbImage;
  /** What is shown of it; null for the face alone. */
  readonly said: SaidAttribute | null;
}

export function FacePicture({ by, face, said }: FacePictureProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const large = enlarge(face);
    drawOn(canvas.current!, said ? drawMap(large, said.map) : large);
  }, [face, said]);
  return (
    <figure>
      <canvas
        ref={canvas}
        role="img"
        aria-label={said ? `The face, with the map of ${spaced(said.name)}` : "The face"}
      />
      <figcaption>
        {by !== "" && <b>{by}</b>} {said ? captionOf(said) : "The face as the network sees it."}
      </figcaption>
    </figure>
  );
}

function captionOf({ name, map }: SaidAttribute): string {
  const emptiness = emptinessOf(map);
  return emptiness === null
    ? `Bright is where it sees ${spaced(name)}; the white line is at one half.`
    : `Its map of ${spaced(name)} has ${emptiness}.`;
}

function enlarge(face: RgbImage): RgbImage {
  const times = Math.ceil(HEIGHT / face.height);
  return resizeImage(face, times * face.width, times * face.height);
}

/** Shows a picture on a canvas of its size. */
export function drawOn(canvas: HTMLCanvasElement, { width, height, data }: RgbImage): void {
  const pixels = new ImageData(width, height);
  pixels.data.fill(255);
  for (let from = 0, to = 0; from < data.length; to++) {
    if (to % 4 < 3) pixels.data[to] = data[from++]!;
  }
  [canvas.width, canvas.height] = [width, height];
  canvas.getContext("2d")!.putImageData(pixels, 0, 0);
}
