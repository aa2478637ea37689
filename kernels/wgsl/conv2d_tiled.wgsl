// Convolution, stride 1, NHWC, as an implicit matrix product with tiles in workgroup memory, for hardware.
//
// x  f32 [B, H, W, C]        C a multiple of 4; read as 0 outside, TOP rows and LEFT columns around it
// f  f32 [KH, KW, C, N]      N a multiple of 4
// y  f32 [S, B, OH, OW, N]   S partial sums over the inner dimension, to be added up; S = 1 is the result
//
// A workgroup makes a block of BM pixels by 4·BN4 channels, 16 numbers of the inner dimension at a time:
// x_tile holds [BM, 16] of x and f_tile [16, 4·BN4] of f, each written once by all invocations, read by
// many. An invocation holds 4·ROWS4 pixels by 4·COLUMNS4 channels in registers, as 4x4 matrices whose columns are
// pixels. The 8 invocations of which a wide read of workgroup memory is made up share their pixels and
// have neighbouring channels, so no two of them need the same bank. What the next step needs is on its
// way while this step multiplies. What lies past the end is 0 in the tiles, and never stored.
//
// Two barriers a step: the tiles are read by all before they are written again, and written before they
// are read. One writer for each y element. The order of the blocks is that of tile_order.wgsl.
//
// Of POINTS products at once, for convolutions of single pixels, each has x, f and y of its own, one behind
// the other: x [POINTS, B, C], f [POINTS, C, N], y [S, POINTS, B, N].
//
// Constants: POINTS; H, W, C4 = C / 4, N4 = N / 4, KW, K4 = KH·KW·C4, OH, OW; TOP, LEFT; ACROSS, DOWN invocations
// (powers of two); ROWS4, COLUMNS4 (1 or 2). S is what the tiles hold: f32 or f16. Sums are f32. SCALE, a
// power of two, lifts x into the range of f16 where x is a gradient; 1 otherwise.

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> f: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> s: Sizes;

struct Sizes {
  P: u32,     // B·OH·OW
  STEP: u32,  // inner vectors of a split; a multiple of 4
}

const THREADS = u32(ACROSS * DOWN);
const BM = 4u * ROWS4 * DOWN;
const BN4 = u32(COLUMNS4 * ACROSS);
// Vectors that an invocation brings to each tile in a step: 1, 2 or 4.
const X_LOADS = 4 * BM / THREADS;
const F_LOADS = 16 * BN4 / THREADS;

var<workgroup> x_tile: array<vec4<S>, 4 * BM>;
var<workgroup> f_tile: array<vec4<S>, 16 * BN4>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let block = block_of(group.y * groups.x + group.x, (s.P + BM - 1) / BM);
  let n = block.x * BN4;
  let p = block.y * BM;
  if (p >= s.P) { return; }
  // The remainders tell the compiler what an index cannot exceed, so that it need not check.
  let t = local % THREADS;
  let across = t % ACROSS;
  let down = t / ACROSS % DOWN;

  let point = group.z % POINTS;
  let images = i32(point * s.P) * C4;
  let row = p + t / 4;
  let w0 = window(row, images);
  let w1 = window(row + THREADS / 4, images);
  let w2 = window(row + THREADS / 2, images);
  let w3 = window(row + 3 * THREADS / 4, images);
  let filters = point * 4 * K4 * N4;

  let first = group.z / POINTS * s.STEP;
  let last = min(first + s.STEP, u32(K4));
  var next_x = fetch_x(w0, w1, w2, w3, first + t % 4, last);
  var next_f = fetch_f(filters, t, n, first, last);
  var sums = Sums();
  for (var k = first; k < last; k += 4) {
    workgroupBarrier();
    x_tile[t] = vec4<S>(SCALE * next_x[0]);
    if (X_LOADS > 1) { x_tile[t + THREADS] = vec4<S>(SCALE * next_x[1]); }
    if (X_LOADS > 2) {
      x_tile[t + 2 * THREADS] = vec4<S>(SCALE * next_x[2]);
      x_tile[t + 3 * THREADS] = vec4<S>(SCALE * next_x[3]);
    }
    f_tile[t] = vec4<S>(next_f[0]);
    if (F_LOADS > 1) { f_tile[t + THREADS] = vec4<S>(next_f[1]); }
    if (F_LOADS > 2) {
      f_tile[t + 2 * THREADS] = vec4<S>(next_f[2]);
      f_tile[t + 3 * THREADS] = vec4<S>(next_f[3]);
    }
    workgroupBarrier();
    next_x = fetch_x(w0, w1, w2, w3, k + 4 + t % 4, last);
    next_f = fetch_f(filters, t, n, k + 4, last);
    sums = multiply(sums, 16 * down, across);
    sums = multiply(sums, 16 * down + 1, across + 4 * BN4);
    sums = multiply(sums, 16 * down + 2, across + 8 * BN4);
    sums = multiply(sums, 16 * down + 3, across + 12 * BN4);
  }

  let pixel = p + 4 * down;
  let channel = n + across;
  store(group.z, pixel, channel, sums.c00);
  if (COLUMNS4 > 1) { store(group.z, pixel, channel + ACROSS, sums.c01); }
  if (ROWS4 > 1) { store(group.z, pixel + 4 * DOWN, channel, sums.c10); }
  if (ROWS4 > 1 && COLUMNS4 > 1) { store(group.z, pixel + 4 * DOWN, channel + ACROSS, sums.c11); }
}

// Where an output pixel's window begins in x, and the row and column, which may lie outside.
struct Window { at: i32, i: i32, j: i32 }

// Past the end, the last pixel's. The images begin at vector `images`.
fn window(p: u32, images: i32) -> Window {
  let q = i32(min(p, s.P - 1));
  let i = q / OW % OH - TOP;
  let j = q % OW - LEFT;
  return Window(images + (q / (OH * OW) * (H * W) + i * W + j) * C4, i, j);
}

fn fetch_x(w0: Window, w1: Window, w2: Window, w3: Window, k: u32, last: u32) -> mat4x4<f32> {
  var loads = mat4x4<f32>();
  loads[0] = from_x(w0, k, last);
  if (X_LOADS > 1) { loads[1] = from_x(w1, k, last); }
  if (X_LOADS > 2) {
    loads[2] = from_x(w2, k, last);
    loads[3] = from_x(w3, k, last);
  }
  return loads;
}

// Vector k of a window.
fn from_x(w: Window, k: u32, last: u32) -> vec4<f32> {
  let u = i32(k / (KW * C4));
  let v = i32(k / C4 % KW);
  var inside = k < last;
  if (TOP + LEFT > 0) {
    inside &= w.i + u >= 0 && w.i + u < H && w.j + v >= 0 && w.j + v < W;
  }
  if (!inside) { return vec4<f32>(); }
  return x[w.at + (u * W + v) * C4 + i32(k % C4)];
}

fn fetch_f(filters: u32, t: u32, n: u32, k: u32, last: u32) -> mat4x4<f32> {
  var loads = mat4x4<f32>();
  loads[0] = from_f(filters, t, n, k, last);
  if (F_LOADS > 1) { loads[1] = from_f(filters, t + THREADS, n, k, last); }
  if (F_LOADS > 2) {
    loads[2] = from_f(filters, t + 2 * THREADS, n, k, last);
    loads[3] = from_f(filters, t + 3 * THREADS, n, k, last);
  }
  return loads;
}

// Vector `at` of the tile that begins at inner vector k and channel vector n; the filters begin at `filters`.
fn from_f(filters: u32, at: u32, n: u32, k: u32, last: u32) -> vec4<f32> {
  let inner = 4 * k + at / BN4;
  let channel = n + at % BN4;
  if (inner >= 4 * last || channel >= N4) { return vec4<f32>(); }
  return f[filters + inner * N4 + channel];
}

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

// c + a·b, column by column.
fn fma4(a: mat4x4<f32>, b: mat4x4<f32>, c: mat4x4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(
    fma1(a, b[0], c[0]), fma1(a, b[1], c[1]), fma1(a, b[2], c[2]), fma1(a, b[3], c[3]),
  );
}

fn fma1(a: mat4x4<f32>, b: vec4<f32>, c: vec4<f32>) -> vec4<f32> {
  let sum = fma(a[1], vec4<f32>(b.y), fma(a[0], vec4<f32>(b.x), c));
  return fma(a[3], vec4<f32>(b.w), fma(a[2], vec4<f32>(b.z), sum));
}

// Four channels of four pixels, where they exist.
fn store(split: u32, p: u32, n: u32, c: mat4x4<f32>) {
  if (n >= N4) { return; }
  let q = (split * s.P + p) * N4 + n;
  if (p < s.P) { y[q] = c[0] / SCALE; }
  if (p + 1 < s.P) { y[q + N4] = c[1] / SCALE; }
  if (p + 2 < s.P) { y[q + 2 * N4] = c[2] / SCALE; }
  if (p + 3 < s.P) { y[q + 3 * N4] = c[3] / SCALE; }
}
