/** A mask as SVG paths, in mask pixels. */

/** One mask: u8 [height, width], 0 outside. */
export interface Mask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A path that fills exactly the pixels of the mask: a rectangle for each run of a row. */
export function fillPath(mask: Mask): string {
  let path = "";
  for (let y = 0; y < mask.height; y++) {
    for (const [from, to] of runs(mask.width, (x) => isSet(mask, x, y))) {
      path += `M${from} ${y}h${to - from}v1h${from - to}z`;
    }
  }
  return path;
}

/** A path to be stroked along every pixel side between inside and outside, the image's edge included. */
export function edgePath(mask: Mask): string {
  let path = "";
  for (let y = 0; y <= mask.height; y++) {
    const edge = (x: number) => isSet(mask, x, y - 1) !== isSet(mask, x, y);
    for (const [from, to] of runs(mask.width, edge)) path += `M${from} ${y}h${to - from}`;
  }
  for (let x = 0; x <= mask.width; x++) {
    const edge = (y: number) => isSet(mask, x - 1, y) !== isSet(mask, x, y);
    for (const [from, to] of runs(mask.height, edge)) path += `M${x} ${from}v${to - from}`;
  }
  return path;
}

/** Maximal runs [from, to) of places below `length` that hold. */
function* runs(length: number, holds: (place: number) => boolean): Generator<[number, number]> {
  for (let from = 0; from < length; from++) {
    if (!holds(from)) continue;
    let to = from + 1;
    while (to < length && holds(to)) to++;
    yield [from, to];
    from = to;
  }
}

function isSet({ width, height, data }: Mask, x: number, y: number): boolean {
  return x >= 0 && x < width && y >= 0 && y < height && data[y * width + x] !== 0;
}
