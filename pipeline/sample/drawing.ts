/**
 * A small vocabulary for drawing faces as SVG: smooth shapes, lines and soft spots through points of
 * the face, placed by its pose.
 *
 * Only features that ImageScript's rasteriser draws are used: fills, strokes, gradients, opacity and
 * clip paths. It has no filters; blur is done in pixels (`picture.ts`).
 */

import { FRAME, placePoint, type Point, type Pose } from "./pose.ts";

/** Red, green and blue, 0 to 255. */
export type Color = readonly [red: number, green: number, blue: number];

/** A mixture: `share` 0 gives the first colour, 1 the second. */
export function mixColors(first: Color, second: Color, share: number): Color {
  const mix = (channel: 0 | 1 | 2) => first[channel] + (second[channel] - first[channel]) * share;
  return [mix(0), mix(1), mix(2)];
}

/** A colour made darker (factor below 1) or lighter. */
export function scaleColor(color: Color, factor: number): Color {
  const scale = (channel: 0 | 1 | 2) => Math.min(255, color[channel] * factor);
  return [scale(0), scale(1), scale(2)];
}

/** How a shape is filled or a line is drawn; width in pixels of the face. */
interface Style {
  readonly fill?: Color;
  readonly stroke?: Color;
  readonly width?: number;
  readonly opacity?: number;
  /** Corners at the points instead of a smooth curve. */
  readonly angular?: boolean;
}

const text = (value: number) => String(Math.round(value * 100) / 100);
const pair = ([x, y]: Point) => `${text(x)} ${text(y)}`;
const paint = ([r, g, b]: Color) => `rgb(${Math.round(r)},${Math.round(g)},${Math.round(b)})`;

/** A Catmull-Rom curve through the points, as cubic Bézier segments of an SVG path. */
function smoothPath(points: readonly Point[], closed: boolean): string {
  const count = points.length;
  const at = (index: number): Point => {
    const wrapped = closed ? (index + count) % count : Math.min(count - 1, Math.max(0, index));
    return points[wrapped] as Point;
  };
  let path = `M${pair(at(0))}`;
  for (let i = 0; i < (closed ? count : count - 1); i++) {
    const [before, from, to, after] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    const first: Point = [from[0] + (to[0] - before[0]) / 6, from[1] + (to[1] - before[1]) / 6];
    const second: Point = [to[0] - (after[0] - from[0]) / 6, to[1] - (after[1] - from[1]) / 6];
    path += `C${pair(first)} ${pair(second)} ${pair(to)}`;
  }
  return closed ? path + "Z" : path;
}

function angularPath(points: readonly Point[], closed: boolean): string {
  return "M" + points.map(pair).join("L") + (closed ? "Z" : "");
}

/** Collects the elements of one SVG picture of the frame's size. */
export class Drawing {
  readonly #pose: Pose;
  readonly #elements: string[] = [];
  readonly #definitions: string[] = [];

  constructor(pose: Pose) {
    this.#pose = pose;
  }

  /** Fills the whole frame with a gradient from one colour to another, `angle` in radians. */
  backdrop(first: Color, second: Color, angle: number, opacity: readonly [number, number]): void {
    const [x, y] = [Math.cos(angle) / 2, Math.sin(angle) / 2];
    const id = this.#define((name) =>
      `<linearGradient id="${name}" x1="${text(0.5 - x)}" y1="${text(0.5 - y)}" ` +
      `x2="${text(0.5 + x)}" y2="${text(0.5 + y)}">` +
      `<stop offset="0" stop-color="${paint(first)}" stop-opacity="${text(opacity[0])}"/>` +
      `<stop offset="1" stop-color="${paint(second)}" stop-opacity="${text(opacity[1])}"/>` +
      `</linearGradient>`
    );
    const { width, height } = FRAME;
    this.#elements.push(`<rect width="${width}" height="${height}" fill="url(#${id})"/>`);
  }

  /** A closed shape through the points. */
  shape(points: readonly Point[], style: Style): void {
    this.#path(points, true, style);
  }

  /** An open line through the points. */
  line(points: readonly Point[], style: Style): void {
    this.#path(points, false, style);
  }

  /** A filled ellipse. */
  disc(center: Point, radiusX: number, radiusY: number, style: Style): void {
    this.shape(ellipse(center, radiusX, radiusY), style);
  }

  /** A spot that fades towards its edge. */
  spot(center: Point, radiusX: number, radiusY: number, color: Color, opacity: number): void {
    const id = this.#define((name) =>
      `<radialGradient id="${name}">` +
      `<stop offset="0" stop-color="${paint(color)}" stop-opacity="${text(opacity)}"/>` +
      `<stop offset="1" stop-color="${paint(color)}" stop-opacity="0"/></radialGradient>`
    );
    const path = smoothPath(this.#place(ellipse(center, radiusX, radiusY)), true);
    this.#elements.push(`<path d="${path}" fill="url(#${id})"/>`);
  }

  /** Draws what `draw` draws, only inside the closed shapes. */
  inside(shapes: readonly (readonly Point[])[], draw: () => void): void {
    const path = shapes.map((points) => smoothPath(this.#place(points), true)).join("");
    const id = this.#define((name) => `<clipPath id="${name}"><path d="${path}"/></clipPath>`);
    this.#elements.push(`<g clip-path="url(#${id})">`);
    draw();
    this.#elements.push("</g>");
  }

  /** The SVG document, for a picture of `width` pixels. */
  toSvg(width: number): Uint8Array {
    const height = (width * FRAME.height) / FRAME.width;
    return new TextEncoder().encode(
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
        `viewBox="0 0 ${FRAME.width} ${FRAME.height}"><defs>${this.#definitions.join("")}</defs>` +
        `${this.#elements.join("")}</svg>`,
    );
  }

  #place(points: readonly Point[]): Point[] {
    return points.map((point) => placePoint(this.#pose, point));
  }

  #define(write: (name: string) => string): string {
    const name = `d${this.#definitions.length}`;
    this.#definitions.push(write(name));
    return name;
  }

  #path(points: readonly Point[], closed: boolean, style: Style): void {
    const placed = this.#place(points);
    const path = style.angular ? angularPath(placed, closed) : smoothPath(placed, closed);
    const fill = style.fill ? paint(style.fill) : "none";
    let attributes = `d="${path}" fill="${fill}"`;
    if (style.stroke) {
      const width = text((style.width ?? 1) * this.#pose.scale);
      attributes += ` stroke="${paint(style.stroke)}" stroke-width="${width}"` +
        ` stroke-linecap="round" stroke-linejoin="round"`;
    }
    if (style.opacity !== undefined) {
      // Not `opacity`: that would draw the shape on a layer of its own, which is slow.
      const opacity = text(style.opacity);
      attributes += ` fill-opacity="${opacity}" stroke-opacity="${opacity}"`;
    }
    this.#elements.push(`<path ${attributes}/>`);
  }
}

/** Eight points around an ellipse; a smooth curve through them is within 1 % of it. */
function ellipse([x, y]: Point, radiusX: number, radiusY: number): Point[] {
  return Array.from({ length: 8 }, (_, step) => {
    const angle = (step * Math.PI) / 4;
    return [x + radiusX * Math.cos(angle), y + radiusY * Math.sin(angle)] as const;
  });
}

/** The points mirrored to the other half of the face, in reverse order. */
export function mirror(points: readonly Point[]): Point[] {
  return points.map(([x, y]) => [-x, y] as const).reverse();
}

/** Points planned on the right half of the face, on the right (`half` 1) or on the left (-1). */
export function onHalf(points: readonly Point[], half: number): Point[] {
  return points.map(([x, y]) => [x * half, y] as const);
}
