// Gradient of a convolution's filter (stride 1, no padding, NHWC) with tiles in workgroup memory, for
// hardware: g[m, n] = Σ x[window number m] · dy[n] over all output pixels.
//
// x   f32 [B, H, W, C]           C a multiple of 4
// dy  f32 [B, OH, OW, N]         N a multiple of 4
// g   f32 [S, KH·KW·C, N]        S partial sums over the pixels, to be added up; S = 1 is the result
//
// As conv2d_tiled.wgsl, with pixels as the inner dimension, 16 at a time: x_tile holds [16, 4·BM4] of x and
// dy_tile [16, 4·BN4] of dy, both in the order of memory. An invocation holds 4·ROWS4 window numbers by
// 4·COLUMNS4 channels in registers, as 4x4 matrices whose columns are window numbers, and adds the outer
// product of every pixel. Two barriers a step. One writer for each g element. The order of the blocks is that
// of tile_order.wgsl.
//
// Of POINTS gradients at once, for convolutions of single pixels, each has x, dy and g of its own, one behind
// the other: x [POINTS, B, C], dy [POINTS, B, N], g [S, POINTS, C, N].
//
// Constants: H, W, OH, OW, by which is divided inside of the loop; so all products of single pixels share a
// program. ACROSS, DOWN invocations (powers of two); ROWS4, COLUMNS4 (1 or 2). S is what the tiles hold: f32 or f16. Sums are f32. SCALE, a power of two,
// lifts dy into the range of f16; 1 for f32.

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> g: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> s: Sizes;

struct Sizes {
  P: u32,       // B·OH·OW
  STEP: u32,    // pixels of a split; a multiple of 16
  POINTS: u32,
  N4: u32,      // N / 4
  M4: u32,      // KH·KW·C / 4
  KW: u32,
  C4: u32,      // C / 4
}

const THREADS = u32(ACROSS * DOWN);
const BM4 = u32(ROWS4 * DOWN);
const BN4 = u32(COLUMNS4 * ACROSS);
// Vectors that an invocation brings to each tile in a step: 1, 2 or 4.
const X_LOADS = 16 * BM4 / THREADS;
const DY_LOADS = 16 * BN4 / THREADS;

var<workgroup> x_tile: array<vec4<S>, 16 * BM4>;
var<workgroup> dy_tile: array<vec4<S>, 16 * BN4>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let block = block_of(group.y * groups.x + group.x, (s.M4 + BM4 - 1) / BM4, (s.N4 + BN4 - 1) / BN4);
  let n = block.x * BN4;
  let m = block.y * BM4;
  if (m >= s.M4) { return; }
  // The remainders tell the compiler what an index cannot exceed, so that it need not check.
  let t = local % THREADS;
  let across = t % ACROSS;
  let down = t / ACROSS % DOWN;

  let point = group.z % s.POINTS;
  let tap = tap_of(min(m + t % BM4, s.M4 - 1)) + point * s.P * s.C4;
  let gradients = point * s.P * s.N4;
  let first = group.z / s.POINTS * s.STEP;
  let last = min(first + s.STEP, s.P);
  var next_x = fetch_x(tap, first + t / BM4, last);
  var next_dy = fetch_dy(gradients, t, n, first, last);
  var sums = Sums();
  for (var p = first; p < last; p += 16) {
    workgroupBarrier();
    x_tile[t] = vec4<S>(next_x[0]);
    if (X_LOADS > 1) { x_tile[t + THREADS] = vec4<S>(next_x[1]); }
    if (X_LOADS > 2) {
      x_tile[t + 2 * THREADS] = vec4<S>(next_x[2]);
      x_tile[t + 3 * THREADS] = vec4<S>(next_x[3]);
    }
    dy_tile[t] = vec4<S>(SCALE * next_dy[0]);
    if (DY_LOADS > 1) { dy_tile[t + THREADS] = vec4<S>(SCALE * next_dy[1]); }
    if (DY_LOADS > 2) {
      dy_tile[t + 2 * THREADS] = vec4<S>(SCALE * next_dy[2]);
      dy_tile[t + 3 * THREADS] = vec4<S>(SCALE * next_dy[3]);
    }
    workgroupBarrier();
    next_x = fetch_x(tap, p + 16 + t / BM4, last);
    next_dy = fetch_dy(gradients, t, n, p + 16, last);
    sums = multiply4(sums, down, across);
    sums = multiply4(sums, down + 4 * BM4, across + 4 * BN4);
    sums = multiply4(sums, down + 8 * BM4, across + 8 * BN4);
    sums = multiply4(sums, down + 12 * BM4, across + 12 * BN4);
  }

  let row = m + down;
  let channel = n + across;
  store(group.z, row, channel, sums.c00);
  if (COLUMNS4 > 1) { store(group.z, row, channel + ACROSS, sums.c01); }
  if (ROWS4 > 1) { store(group.z, row + DOWN, channel, sums.c10); }
  if (ROWS4 > 1 && COLUMNS4 > 1) { store(group.z, row + DOWN, channel + ACROSS, sums.c11); }
}

// Where vector m of a window lies in x, counted from the window's first.
fn tap_of(m: u32) -> u32 {
  return m / (s.KW * s.C4) * (W * s.C4) + m % (s.KW * s.C4);
}

fn fetch_x(tap: u32, p: u32, last: u32) -> mat4x4<f32> {
  var loads = mat4x4<f32>();
  loads[0] = from_x(tap, p, last);
  if (X_LOADS > 1) { loads[1] = from_x(tap, p + THREADS / BM4, last); }
  if (X_LOADS > 2) {
    loads[2] = from_x(tap, p + 2 * THREADS / BM4, last);
    loads[3] = from_x(tap, p + 3 * THREADS / BM4, last);
  }
  return loads;
}

// A vector of output pixel p's window.
fn from_x(tap: u32, p: u32, last: u32) -> vec4<f32> {
  if (p >= last) { return vec4<f32>(); }
  return x[(p / (OH * OW) * (H * W) + p / OW % OH * W + p % OW) * s.C4 + tap];
}

fn fetch_dy(gradients: u32, t: u32, n: u32, p: u32, last: u32) -> mat4x4<f32> {
  var loads = mat4x4<f32>();
  loads[0] = from_dy(gradients, t, n, p, last);
  if (DY_LOADS > 1) { loads[1] = from_dy(gradients, t + THREADS, n, p, last); }
  if (DY_LOADS > 2) {
    loads[2] = from_dy(gradients, t + 2 * THREADS, n, p, last);
    loads[3] = from_dy(gradients, t + 3 * THREADS, n, p, last);
  }
  return loads;
}

// Vector `at` of the tile that begins at pixel p and channel vector n; dy begins at `gradients`.
fn from_dy(gradients: u32, at: u32, n: u32, p: u32, last: u32) -> vec4<f32> {
  let pixel = p + at / BN4;
  let channel = n + at % BN4;
  if (pixel >= last || channel >= s.N4) { return vec4<f32>(); }
  return dy[gradients + pixel * s.N4 + channel];
}

// c<window numbers><channels>: the invocation's 4x4 blocks.
struct Sums { c00: mat4x4<f32>, c10: mat4x4<f32>, c01: mat4x4<f32>, c11: mat4x4<f32> }

// Adds the products of four pixels, the first of them at x_tile[i] and dy_tile[j].
fn multiply4(sums: Sums, i: u32, j: u32) -> Sums {
  let one = multiply(sums, i, j);
  let two = multiply(one, i + BM4, j + BN4);
  let three = multiply(two, i + 2 * BM4, j + 2 * BN4);
  return multiply(three, i + 3 * BM4, j + 3 * BN4);
}

fn multiply(sums: Sums, i: u32, j: u32) -> Sums {
  var c = sums;
  let x0 = vec4<f32>(x_tile[i]);
  let d0 = vec4<f32>(dy_tile[j]);
  c.c00 = outer(d0, x0, c.c00);
  if (COLUMNS4 > 1) { c.c01 = outer(vec4<f32>(dy_tile[j + ACROSS]), x0, c.c01); }
  if (ROWS4 > 1) {
    let x1 = vec4<f32>(x_tile[i + DOWN]);
    c.c10 = outer(d0, x1, c.c10);
    if (COLUMNS4 > 1) { c.c11 = outer(vec4<f32>(dy_tile[j + ACROSS]), x1, c.c11); }
  }
  return c;
}

// c + d·xᵀ: column m of the block grows by x[m]·d.
fn outer(d: vec4<f32>, x: vec4<f32>, c: mat4x4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(
    fma(d, vec4<f32>(x.x), c[0]), fma(d, vec4<f32>(x.y), c[1]),
    fma(d, vec4<f32>(x.z), c[2]), fma(d, vec4<f32>(x.w), c[3]),
  );
}

// Four channels of four window numbers, where they exist.
fn store(split: u32, m: u32, n: u32, c: mat4x4<f32>) {
  if (m >= s.M4 || n >= s.N4) { return; }
  let q = (split * s.M4 + m) * 4 * s.N4 + n;
  g[q] = c[0] / SCALE;
  g[q + s.N4] = c[1] / SCALE;
  g[q + 2 * s.N4] = c[2] / SCALE;
  g[q + 3 * s.N4] = c[3] / SCALE;
}
