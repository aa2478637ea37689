/** Text on pictures, set in Open Sans. */

import fontBytes from "@expo-google-fonts/open-sans/500Medium/OpenSans_500Medium.ttf" with {
  type: "bytes",
};
import { copyAt, type ImageScriptModule, place, startModule } from "../codecs/imagescript.ts";
import moduleBytes from "imagescript/wasm/any/font.wasm" with { type: "bytes" };
import type { Rgb } from "./colours.ts";
import type { Canvas } from "./canvas.ts";

interface TextStyle {
  /** Pixels per em. */
  readonly size: number;
  readonly colour: Rgb;
}

/** Height of a capital per em. Source: OS/2 table of the font, sCapHeight. */
const CAPITAL = 1462 / 2048;

/** Stands for a character that the font lacks. */
const UNKNOWN = "?";

interface FontModule extends ImageScriptModule {
  /** Takes the bytes over. */
  font_new(bytes: number, length: number, size: number): number;
  font_has(font: number, codePoint: number): number;
  font_rasterize(font: number, codePoint: number, size: number): number;
  font_rasterize_buffer(glyph: number): number;
  font_rasterize_metrics(glyph: number): number;
  font_rasterize_free(glyph: number): void;
}

/** A rasterised character: its box, with y upwards from the base line, and the step to the next one. */
interface Glyph {
  readonly width: number;
  readonly height: number;
  readonly xmin: number;
  readonly ymin: number;
  readonly advance_width: number;
  /** u8 [height, width]: how much of each pixel is covered. */
  readonly coverage: Uint8Array;
}

/** The font, which rasterises each character once a size. */
class Font {
  readonly #wasm = startModule<FontModule>(moduleBytes);
  readonly #font: number;
  readonly #glyphs = new Map<string, Glyph>();

  constructor() {
    this.#font = this.#wasm.font_new(place(this.#wasm, fontBytes), fontBytes.length, 16);
  }

  glyph(character: string, size: number): Glyph {
    const key = `${size} ${character}`;
    const known = this.#glyphs.get(key);
    if (known) return known;
    const wasm = this.#wasm;
    const codePoint = character.codePointAt(0)!;
    if (!wasm.font_has(this.#font, codePoint)) return this.glyph(UNKNOWN, size);
    const made = wasm.font_rasterize(this.#font, codePoint, size);
    const coverage = copyAt(wasm, wasm.font_rasterize_buffer(made));
    const metrics = new TextDecoder().decode(copyAt(wasm, wasm.font_rasterize_metrics(made)));
    wasm.font_rasterize_free(made);
    const glyph = { ...JSON.parse(metrics), coverage } as Glyph;
    this.#glyphs.set(key, glyph);
    return glyph;
  }
}

let font: Font | null = null;

/** The characters of a text at the nearest size whose capitals are as high as whole pixels: those are crisp. */
function glyphsOf(text: string, size: number): Glyph[] {
  const open = font ??= new Font();
  const crisp = Math.round(size * CAPITAL) / CAPITAL;
  return Array.from(text, (character) => open.glyph(character, crisp));
}

/** Writes text on one line; (x, y) is the upper left corner of its first capital. */
export function writeText(
  canvas: Canvas,
  text: string,
  x: number,
  y: number,
  { size, colour }: TextStyle,
): void {
  const base = y + Math.round(size * CAPITAL);
  for (const { width, height, xmin, ymin, advance_width, coverage } of glyphsOf(text, size)) {
    const left = Math.round(x) + xmin;
    const top = base - ymin - height;
    coverage.forEach((cover, at) => {
      const [column, row] = [left + at % width, top + Math.floor(at / width)];
      if (cover > 0) canvas.fill(column, row, 1, 1, colour, cover / 255);
    });
    x += advance_width;
  }
}

/** Pixels that a text takes from left to right. */
export function widthOfText(text: string, size: number): number {
  return Math.ceil(glyphsOf(text, size).reduce((sum, glyph) => sum + glyph.advance_width, 0));
}

/** The text, or as much of its end as fits a width behind three dots: names often begin alike. */
export function endThatFits(text: string, width: number, size: number): string {
  const characters = [...text];
  let shown = text;
  while (widthOfText(shown, size) > width && characters.length > 0) {
    characters.shift();
    shown = "…" + characters.join("");
  }
  return shown;
}
