/**
 * The rasteriser for machines without an adapter: the kernel's algorithm by rows and runs, in
 * TypeScript. It draws what `kernels/cpu/rasterize.ts` draws, without ever having a full-size image.
 *
 * While an image is drawn, a word of it holds two bits per polygon: the low half is toggled where an
 * edge is crossed, so that a pixel is inside if an odd number of toggles lie at or before it in its
 * row; the high half is set under boundary lines. The last step folds the two.
 */

import { checkRasterizeJob, type RasterizeJob, type RasterizeShape } from "../rasterize_job.ts";
import { type SampleGrid, sampleGrid } from "../sample_grid.ts";

/**
 * Draws all polygons of a job.
 *
 * @param bits u32 [B, h, w] to write into; new if absent
 * @returns u32 [B, h, w]: bit r of a pixel says whether polygon r covers it.
 * @throws {TypeError} If `bits` has another length.
 */
export function rasterizeRows(
  job: RasterizeJob,
  bits?: Uint32Array<ArrayBuffer>,
): Uint32Array<ArrayBuffer> {
  const shape = checkRasterizeJob(job);
  const pixels = shape.images * shape.mask.height * shape.mask.width;
  bits?.fill(0);
  bits ??= new Uint32Array(pixels);
  if (bits.length !== pixels) {
    throw new TypeError(`Cannot rasterise into ${bits.length} pixels: ${pixels} are needed`);
  }
  const rows = new ImageRows(shape, bits);
  for (let b = 0; b < shape.images; b++) {
    const { offsets, flips } = job;
    rows.begin(b, offsets?.[2 * b] ?? 0, offsets?.[2 * b + 1] ?? 0, flips?.[b] === 1);
    for (let r = 0; r < shape.regions; r++) {
      const slot = b * shape.regions + r;
      rows.drawPolygon(job.polygons, slot * shape.vertices * 2, job.counts[slot] as number, r);
    }
    rows.fold();
  }
  return bits;
}

/** The mask of one image while it is drawn. All x and y are source pixels. */
class ImageRows {
  readonly #shape: RasterizeShape;
  readonly #bits: Uint32Array;
  readonly #rows: SampleGrid;
  readonly #columns: SampleGrid;
  /** i32 [W + 1]: the mask column at which source column x begins; counted from the right if flipped. */
  readonly #columnOf: Int32Array;
  #base = 0;
  #dy = 0;
  #flip = false;
  /** The current polygon's bit. */
  #bit = 0;
  /** Mask rows that have been drawn in. */
  #firstRow = 0;
  #endRow = 0;

  constructor(shape: RasterizeShape, bits: Uint32Array) {
    this.#shape = shape;
    this.#bits = bits;
    this.#rows = sampleGrid(shape.window.height, shape.mask.height);
    this.#columns = sampleGrid(shape.window.width, shape.mask.width);
    this.#columnOf = new Int32Array(shape.source.width + 1);
  }

  begin(image: number, dy: number, dx: number, flip: boolean): void {
    const { mask, source, window } = this.#shape;
    this.#base = image * mask.height * mask.width;
    this.#dy = dy;
    this.#flip = flip;
    this.#firstRow = mask.height;
    this.#endRow = 0;
    for (let x = 0; x <= source.width; x++) {
      const column = flip ? window.width + dx - x : x - dx;
      this.#columnOf[x] = this.#columns.before[clamp(column, 0, window.width)] as number;
    }
  }

  drawPolygon(polygons: Int32Array, at: number, vertices: number, region: number): void {
    this.#bit = 1 << region;
    let from = at + 2 * (vertices - 1);
    for (let to = at; to < at + 2 * vertices; from = to, to += 2) {
      const x0 = polygons[from] as number;
      const y0 = polygons[from + 1] as number;
      const x1 = polygons[to] as number;
      const y1 = polygons[to + 1] as number;
      if (y0 < y1) this.#toggleEdge(x0, y0, x1, y1);
      else if (y1 < y0) this.#toggleEdge(x1, y1, x0, y0);
      this.#drawEdge(x0, y0, x1, y1);
    }
  }

  /** Turns the toggles and boundary bits of the image into the polygons' bits. */
  fold(): void {
    const { mask, source } = this.#shape;
    const first = this.#columnOf[this.#flip ? source.width : 0] as number;
    const end = this.#columnOf[this.#flip ? 0 : source.width] as number;
    const bits = this.#bits;
    for (let row = this.#firstRow; row < this.#endRow; row++) {
      const begin = this.#base + row * mask.width;
      let inside = 0;
      for (let j = begin; j < begin + mask.width; j++) {
        const word = bits[j] as number;
        if ((word | inside) === 0) continue;
        inside ^= word & 0xffff;
        bits[j] = inside | (word >>> 16);
      }
      bits.fill(0, begin, begin + first);
      bits.fill(0, begin + end, begin + mask.width);
    }
  }

  /** The first mask row at or below source row y. */
  #rowOf(y: number): number {
    const inside = clamp(y, 0, this.#shape.source.height) - this.#dy;
    return this.#rows.before[clamp(inside, 0, this.#shape.window.height)] as number;
  }

  /**
   * Toggles all pixels right of an edge, from its upper end to above its lower end. A pixel that is
   * crossed exactly counts as inside; if no end lies outside the image the boundary line covers it.
   */
  #toggleEdge(topX: number, topY: number, bottomX: number, bottomY: number): void {
    const slope = Math.trunc((bottomX - topX) * 65536 / (bottomY - topY));
    const { width, height } = this.#shape.source;
    const [left, right] = topX < bottomX ? [topX, bottomX] : [bottomX, topX];
    const outside = left < 0 || right >= width || topY < 0 || bottomY >= height;
    const end = this.#rowOf(bottomY);
    for (let row = this.#rowOf(topY); row < end; row++) {
      const y = (this.#rows.at[row] as number) + this.#dy;
      const crossing = topX + (y - topY) * slope / 65536;
      const x = Math.floor(crossing);
      this.#toggle(row, clamp(x + 1, 0, width));
      if (outside && x === crossing && x >= 0 && x < width) this.#cover(row, x, x);
    }
  }

  /** Draws the boundary line of an edge, clipped to the image as OpenCV does: rows first. */
  #drawEdge(x0: number, y0: number, x1: number, y1: number): void {
    const right = this.#shape.source.width - 1;
    const bottom = this.#shape.source.height - 1;
    if ((y0 < 0 && y1 < 0) || (y0 > bottom && y1 > bottom)) return;
    if ((x0 < 0 && x1 < 0) || (x0 > right && x1 > right)) return;
    let y = clamp(y0, 0, bottom);
    if (y !== y0) x0 += Math.trunc((y - y0) * (x1 - x0) / (y1 - y0));
    y0 = y;
    y = clamp(y1, 0, bottom);
    if (y !== y1) x1 += Math.trunc((y - y1) * (x1 - x0) / (y1 - y0));
    y1 = y;
    if ((x0 < 0 && x1 < 0) || (x0 > right && x1 > right)) return;
    let x = clamp(x0, 0, right);
    if (x !== x0) y0 += Math.trunc((x - x0) * (y1 - y0) / (x1 - x0));
    x0 = x;
    x = clamp(x1, 0, right);
    if (x !== x1) y1 += Math.trunc((x - x1) * (y1 - y0) / (x1 - x0));
    x1 = x;
    if (x0 <= x1) this.#drawLine(x0, y0, x1, y1);
    else this.#drawLine(x1, y1, x0, y0);
  }

  /** Draws a line inside the image from left to right: in each row one run of pixels. */
  #drawLine(x0: number, y0: number, x1: number, y1: number): void {
    const across = x1 - x0;
    const down = Math.abs(y1 - y0);
    const end = this.#rowOf(Math.max(y0, y1) + 1);
    for (let row = this.#rowOf(Math.min(y0, y1)); row < end; row++) {
      const step = Math.abs((this.#rows.at[row] as number) + this.#dy - y0);
      if (down > across) {
        const x = x0 + Math.floor((2 * across * step + down - 1) / (2 * down));
        this.#cover(row, x, x);
      } else {
        const first = step === 0 ? 0 : Math.floor(across * (2 * step - 1) / (2 * down)) + 1;
        const last = step === down ? across : Math.floor(across * (2 * step + 1) / (2 * down));
        this.#cover(row, x0 + first, x0 + last);
      }
    }
  }

  /** Toggles a mask row from source column x on (up to it, if flipped: the same once all are folded). */
  #toggle(row: number, x: number): void {
    const column = this.#columnOf[x] as number;
    if (column >= this.#shape.mask.width) return;
    const pixel = this.#touch(row) + column;
    this.#bits[pixel] = (this.#bits[pixel] as number) ^ this.#bit;
  }

  /** Sets the boundary bit in a mask row from source column `first` to `last`. */
  #cover(row: number, first: number, last: number): void {
    const from = this.#columnOf[this.#flip ? last + 1 : first] as number;
    const end = this.#columnOf[this.#flip ? first : last + 1] as number;
    const begin = this.#touch(row);
    const bit = this.#bit << 16;
    for (let pixel = begin + from; pixel < begin + end; pixel++) {
      this.#bits[pixel] = (this.#bits[pixel] as number) | bit;
    }
  }

  /** Notes that a mask row has been drawn in and gives the place of its first pixel. */
  #touch(row: number): number {
    if (row < this.#firstRow) this.#firstRow = row;
    if (row >= this.#endRow) this.#endRow = row + 1;
    return this.#base + row * this.#shape.mask.width;
  }
}

function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}
