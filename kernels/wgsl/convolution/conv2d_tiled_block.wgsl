// Appended to conv2d_tiled.wgsl: what an invocation makes of its part of the tiles, in registers.
//
// x_tile  vec4<S> [BM, 4]      four inner vectors of each pixel
// f_tile  vec4<S> [16, BN4]    as many inner rows of channels
// y       f32 [S, B, OH, OW, N]
//
// `multiply` adds the products of one inner vector, `store` writes a finished 4x4 block.

// c<pixels><channels>: the invocation's 4x4 blocks.
struct Sums { c00: mat4x4<f32>, c10: mat4x4<f32>, c01: mat4x4<f32>, c11: mat4x4<f32> }

// Adds the products of four inner numbers: of the pixels that begin at x_tile[i], the channels at f_tile[j].
fn multiply(sums: Sums, i: u32, j: u32) -> Sums {
  var c = sums;
  let x0 = pixels(i);
  let f0 = channels(j);
  c.c00 = fma4(f0, x0, c.c00);
  if (COLUMNS4 > 1) { c.c01 = fma4(channels(j + ACROSS), x0, c.c01); }
  if (ROWS4 > 1) {
    let x1 = pixels(i + 16 * DOWN);
    c.c10 = fma4(f0, x1, c.c10);
    if (COLUMNS4 > 1) { c.c11 = fma4(channels(j + ACROSS), x1, c.c11); }
  }
  return c;
}

// Four pixels' four numbers.
fn pixels(i: u32) -> mat4x4<f32> {
  return mat4x4<f32>(
    vec4<f32>(x_tile[i]), vec4<f32>(x_tile[i + 4]), vec4<f32>(x_tile[i + 8]), vec4<f32>(x_tile[i + 12]),
  );
}

// Four inner rows of four channels.
fn channels(j: u32) -> mat4x4<f32> {
  return mat4x4<f32>(
    vec4<f32>(f_tile[j]), vec4<f32>(f_tile[j + BN4]),
    vec4<f32>(f_tile[j + 2 * BN4]), vec4<f32>(f_tile[j + 3 * BN4]),
  );
}

// Four channels of four pixels, where they exist.
fn store(split: u32, p: u32, n: u32, c: mat4x4<f32>) {
  if (n >= s.N4) { return; }
  let q = (split * s.P + p) * s.N4 + n;
  if (p < s.P) { y[q] = c[0] / SCALE; }
  if (p + 1 < s.P) { y[q + s.N4] = c[1] / SCALE; }
  if (p + 2 < s.P) { y[q + 2 * s.N4] = c[2] / SCALE; }
  if (p + 3 < s.P) { y[q + 3 * s.N4] = c[3] / SCALE; }
}
