/**
 * From a planned face to a JPEG: draws colours and shade, multiplies them, blurs, adds the camera's
 * grain, and encodes.
 */

import encode, { init } from "@jsquash/jpeg/encode.js";
import encoderBytes from "@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm" with { type: "bytes" };
import type { Random } from "../numbers/random.ts";
import { drawMustache } from "./beard.ts";
import { Drawing } from "./drawing.ts";
import type { Face } from "./face.ts";
import { drawBrows, drawEyes, drawGlasses } from "./eyes.ts";
import { blur, enlarge, planeOf, smear } from "./filters.ts";
import { drawMouth, drawNose } from "./mouth_nose.ts";
import { drawBackHair, drawHair } from "./hair.ts";
import { FRAME, type Point } from "./pose.ts";
import {
  drawBackground,
  drawDoubleChin,
  drawEarrings,
  drawEars,
  drawNeck,
  drawNecklace,
  drawNecktie,
} from "./scene.ts";
import { drawShade, NEUTRAL, SHADE_WIDTH } from "./shade.ts";
import { drawSkin } from "./skin.ts";
import { type Raster, SvgRenderer } from "./svg.ts";

/** Quality of the JPEGs, chosen so that some hundred faces take less than 4 MB. */
const JPEG_QUALITY = 74;

/** From back to front. */
const LAYERS = [
  drawBackground,
  drawBackHair,
  drawNeck,
  drawNecktie,
  drawNecklace,
  drawDoubleChin,
  drawEars,
  drawSkin,
  drawEyes,
  drawNose,
  drawMouth,
  drawMustache,
  drawBrows,
  drawHair,
  drawEarrings,
  drawGlasses,
] as const;

interface Camera {
  /** Gaussian softness in pixels. */
  readonly softness: number;
  /** How far the camera moved while it was open, in pixels; a few for a blurry picture. */
  readonly shake: Point;
  /** Exposure and white balance as factors of red, green and blue. */
  readonly gains: readonly [number, number, number];
  /** Deviation of the grain, 0 to 255. */
  readonly grain: number;
}

function drawCamera(face: Face, random: Random): Camera {
  const around = (spread: number) => Math.max(-2, Math.min(2, random.normal())) * spread;
  const warm = around(0.035);
  const exposure = 1 + around(0.05);
  const blurry = face.traits.has("Blurry");
  return {
    softness: blurry ? 0.65 : 0.55,
    // Sideways: face detectors stand that better than an even blur of the same strength.
    shake: blurry ? [4.7 + 0.8 * random.next(), around(0.8)] : [0, 0],
    gains: [exposure * (1 + warm), exposure, exposure * (1 - warm)],
    grain: blurry ? 0.9 : 1.3,
  };
}

/** Draws faces; holds the renderer and the encoder, which are slow to make. */
export class Studio {
  readonly #renderer = new SvgRenderer();

  private constructor() {}

  static async open(): Promise<Studio> {
    await init(new WebAssembly.Module(encoderBytes));
    return new Studio();
  }

  /** The face as a JPEG file of the frame's size. */
  async photograph(face: Face): Promise<Uint8Array> {
    const { pixels, width, height } = this.#develop(face);
    const image = new ImageData(pixels, width, height);
    return new Uint8Array(await encode(image, { quality: JPEG_QUALITY }));
  }

  /** The face's pixels, as a camera would take them. */
  #develop(face: Face): Raster {
    const drawing = new Drawing(face.pose);
    for (const draw of LAYERS) draw(drawing, face);
    const raster = this.#renderer.rasterize(drawing.toSvg(FRAME.width));
    const gray = this.#renderer.rasterize(drawShade(face).toSvg(SHADE_WIDTH));
    const light = enlarge(blur(planeOf(gray, 0), gray.width, 1.3), gray.width);
    const random = face.random.fork("camera");
    const { softness, shake, gains, grain } = drawCamera(face, random);
    const noise = Float32Array.from(light, () => grain * random.normal());
    for (let channel = 0; channel < 3; channel++) {
      const plane = planeOf(raster, channel);
      const gain = (gains[channel] as number) / NEUTRAL;
      for (let i = 0; i < plane.length; i++) {
        plane[i] = (plane[i] as number) * (light[i] as number) * gain;
      }
      const soft = smear(blur(plane, raster.width, softness), raster.width, shake);
      for (let i = 0; i < soft.length; i++) {
        raster.pixels[4 * i + channel] = (soft[i] as number) + (noise[i] as number);
      }
    }
    return raster;
  }
}
