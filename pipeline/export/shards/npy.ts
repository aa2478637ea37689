/** NumPy's file of one array. */

/** Types by the names that NumPy has for them. */
const NAMES = { Float32Array: "<f4", Uint16Array: "<u2" } as const;

/** The array begins at a multiple of it. */
const ALIGNMENT = 64;

/** Bytes before the header's text: the mark, version 1.0, and the text's length. */
const PREFIX = [0x93, ..."NUMPY".split("").map((letter) => letter.charCodeAt(0)), 1, 0];

/**
 * The bytes of a file, row-major and little-endian on every machine.
 *
 * Source: numpy.org/doc/stable/reference/generated/numpy.lib.format.html, version 1.0.
 *
 * @throws {TypeError} If the shape has another number of elements.
 */
export function encodeNpy(data: Float32Array | Uint16Array, shape: readonly number[]): Uint8Array {
  if (shape.reduce((product, side) => product * side, 1) !== data.length) {
    throw new TypeError(`Cannot store ${data.length} numbers as [${shape.join(", ")}]`);
  }
  const isFloat = data instanceof Float32Array;
  const sides = shape.map((side) => `${side},`).join(" ");
  const type = NAMES[isFloat ? "Float32Array" : "Uint16Array"];
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': (${sides}), }`;
  // With a newline behind the blanks.
  const start = Math.ceil((PREFIX.length + 2 + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const length = start - PREFIX.length - 2;
  const bytes = new Uint8Array(start + data.byteLength);
  bytes.set([...PREFIX, length & 0xff, length >> 8]);
  bytes.set(new TextEncoder().encode(text.padEnd(length - 1) + "\n"), PREFIX.length + 2);
  const view = new DataView(bytes.buffer, start);
  for (const [at, value] of data.entries()) {
    if (isFloat) view.setFloat32(4 * at, value, true);
    else view.setUint16(2 * at, value, true);
  }
  return bytes;
}
