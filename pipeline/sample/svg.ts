/** Rasterises SVG with ImageScript's renderer. */

import { copyAt, type ImageScriptModule, place, startModule } from "../image/codecs/imagescript.ts";
import moduleBytes from "imagescript/wasm/any/svg.wasm" with { type: "bytes" };

interface Renderer extends ImageScriptModule {
  /** Takes the text over; 0 if it is not SVG, 1 if it cannot be drawn, else a picture. */
  rasterize(text: number, length: number, fit: number, scale: number): number;
  rasterize_width(picture: number): number;
  rasterize_height(picture: number): number;
  rasterize_buffer(picture: number): number;
  rasterize_free(picture: number): void;
}

/** Fit mode 1: the picture's own size times a scale. */
const FIT_SCALE = 1;

/** Pixels of a picture: RGBA, 4 bytes each, row by row. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  /** u8 [height, width, 4] */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
}

/** An instance of the renderer; made once and used for many pictures. */
export class SvgRenderer {
  readonly #wasm = startModule<Renderer>(moduleBytes);

  /**
   * Draws an SVG document at its own size.
   *
   * @throws {SyntaxError} If the bytes are no SVG document.
   */
  rasterize(svg: Uint8Array): Raster {
    const wasm = this.#wasm;
    const picture = wasm.rasterize(place(wasm, svg), svg.length, FIT_SCALE, 1);
    if (picture === 0) throw new SyntaxError("Cannot draw a face: its picture is not valid SVG");
    if (picture === 1) throw new SyntaxError("Cannot draw a face: its SVG cannot be rasterised");
    const raster = {
      width: wasm.rasterize_width(picture),
      height: wasm.rasterize_height(picture),
      pixels: new Uint8ClampedArray(copyAt(wasm, wasm.rasterize_buffer(picture)).buffer),
    };
    wasm.rasterize_free(picture);
    return raster;
  }
}
