/**
 * Buffers and textures of a device: how they are made and filled.
 *
 * A texel is four numbers. On a software adapter it is cheap to fetch from an address that differs between
 * invocations, which four numbers in a storage buffer are not; so some data is read as textures.
 */

/** Texels in a row of a texture that stands for a buffer; a power of two within every device's limit. */
export const TEXEL_ROW = 4096;

/** A storage buffer of `bytes` zero bytes, rounded up to 4. The caller owns it. */
export function storageBuffer(device: GPUDevice, bytes: number, label: string): GPUBuffer {
  const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
  const size = Math.ceil(bytes / 4) * 4;
  return device.createBuffer({ label, size, usage: STORAGE | COPY_SRC | COPY_DST });
}

/** A buffer of u32 values for `var<uniform>`. The caller owns it. */
export function uniformBuffer(device: GPUDevice, values: readonly number[]): GPUBuffer {
  const { UNIFORM, COPY_DST } = GPUBufferUsage;
  const size = Math.ceil(values.length / 4) * 16;
  const buffer = device.createBuffer({ label: "uniforms", size, usage: UNIFORM | COPY_DST });
  device.queue.writeBuffer(buffer, 0, Uint32Array.from(values));
  return buffer;
}

/** A texture of texels that holds `data` in rows of `width`, the last maybe shorter. The caller owns it. */
export function filledTexture(
  device: GPUDevice,
  data: Float32Array<ArrayBufferLike>,
  width: number,
  label: string,
): GPUTexture {
  const texels = Math.ceil(data.length / 4);
  const height = Math.max(1, Math.ceil(texels / width));
  const { TEXTURE_BINDING, COPY_DST } = GPUTextureUsage;
  const texture = device.createTexture({
    label,
    size: [width, height],
    format: "rgba32float",
    usage: TEXTURE_BINDING | COPY_DST,
  });
  const write = (row: number, rows: number, columns: number) => {
    // A copy, since the data may be memory shared with other threads, which the queue refuses.
    const part = data.slice(4 * row * width, 4 * (row * width + (rows - 1) * width + columns));
    const layout = { bytesPerRow: 16 * width, rowsPerImage: rows };
    const size = [columns, rows];
    device.queue.writeTexture({ texture, origin: [0, row] }, part, layout, size);
  };
  const full = Math.floor(texels / width);
  if (full > 0) write(0, full, width);
  if (texels % width > 0) write(full, 1, texels % width);
  return texture;
}

/** A texture that {@linkcode copyTexels} can fill: {@linkcode TEXEL_ROW} wide. The caller owns it. */
export function rowTexture(device: GPUDevice, height: number, label: string): GPUTexture {
  const { STORAGE_BINDING, COPY_DST } = GPUTextureUsage;
  return device.createTexture({
    label,
    size: [TEXEL_ROW, height],
    format: "rgba32float",
    usage: STORAGE_BINDING | COPY_DST,
  });
}

/** Rows of a texture that takes `count` texels of a buffer behind its first row. */
export function rowsFor(count: number): number {
  return 1 + Math.ceil(count / TEXEL_ROW);
}

/** Bytes of a whole row of texels. */
export const ROW_BYTES = 16 * TEXEL_ROW;

/**
 * Records a copy of a buffer's first `count` texels to the rows behind a texture's first: one copy where the
 * buffer goes on to the end of a row, else two.
 */
export function copyTexels(
  encoder: GPUCommandEncoder,
  { buffer, offset = 0 }: GPUBufferBinding,
  texture: GPUTexture,
  count: number,
): void {
  const whole = buffer.size - offset >= Math.ceil(count / TEXEL_ROW) * ROW_BYTES;
  const rows = whole ? Math.ceil(count / TEXEL_ROW) : Math.floor(count / TEXEL_ROW);
  const rest = count - rows * TEXEL_ROW;
  const copy = (first: number, size: [number, number]) =>
    encoder.copyBufferToTexture(
      { buffer, offset: offset + first * ROW_BYTES, bytesPerRow: ROW_BYTES },
      { texture, origin: [0, 1 + first] },
      size,
    );
  if (rows > 0) copy(0, [TEXEL_ROW, rows]);
  if (rest > 0) copy(rows, [rest, 1]);
}
