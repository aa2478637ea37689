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
// are read. One writer for each y element. The order of the blocks is that of tile_order.wgsl; what an
// invocation makes of its part of the tiles is in conv2d_tiled_block.wgsl.
//
// Of POINTS products at once, for convolutions of single pixels, each has x, f and y of its own, one behind
// the other: x [POINTS, B, C], f [POINTS, C, N], y [S, POINTS, B, N].
//
// All convolutions of a tile share a few programs: their sizes are uniforms, since inside of the loop nothing
// is divided by them. Constants: BORDER (whether there is one); FEW (whether C4 < 4); ACROSS, DOWN invocations
// (powers of two); ROWS4, COLUMNS4 (1 or 2). S is what the tiles hold: f32 or f16. Sums are f32. SCALE, a
// power of two, lifts x into the range of f16 where x is a gradient; 1 otherwise.

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> f: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> s: Sizes;

struct Sizes {
  P: u32,       // B·OH·OW
  STEP: u32,    // inner vectors of a split; a multiple of 4
  POINTS: u32,
  N4: u32,      // N / 4
  K4: u32,      // KH·KW·C / 4
  KW: u32,
  C4: u32,      // C / 4
  H: i32,
  W: i32,
  OH: i32,
  OW: i32,
  TOP: i32,
  LEFT: i32,
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
  let block = block_of(group.y * groups.x + group.x, (s.P + BM - 1) / BM, (s.N4 + BN4 - 1) / BN4);
  let n = block.x * BN4;
  let p = block.y * BM;
  if (p >= s.P) { return; }
  // The remainders tell the compiler what an index cannot exceed, so that it need not check.
  let t = local % THREADS;
  let across = t % ACROSS;
  let down = t / ACROSS % DOWN;

  let point = group.z % s.POINTS;
  let images = i32(point * s.P * s.C4);
  let row = p + t / 4;
  let w0 = window(row, images);
  let w1 = window(row + THREADS / 4, images);
  let w2 = window(row + THREADS / 2, images);
  let w3 = window(row + 3 * THREADS / 4, images);
  let filters = point * 4 * s.K4 * s.N4;

  let first = group.z / s.POINTS * s.STEP;
  let last = min(first + s.STEP, s.K4);
  var place = place_of(first + t % 4);
  var next_x = fetch_x(w0, w1, w2, w3, place, first + t % 4 < last);
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
    place = four_further(place, k + 4 + t % 4);
    next_x = fetch_x(w0, w1, w2, w3, place, k + 4 + t % 4 < last);
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
  let i = q / s.OW % s.OH - s.TOP;
  let j = q % s.OW - s.LEFT;
  return Window(images + (q / (s.OH * s.OW) * (s.H * s.W) + i * s.W + j) * i32(s.C4), i, j);
}

// Where a vector of the inner dimension lies in every window: row, column, vector of the pixel.
struct Place { u: u32, v: u32, c: u32 }

fn place_of(k: u32) -> Place {
  let row = s.KW * s.C4;
  return Place(k / row, k % row / s.C4, k % s.C4);
}

// The place of vector k, four behind the one at `p`. With four vectors or more a pixel ends once at most.
fn four_further(p: Place, k: u32) -> Place {
  if (FEW != 0) { return place_of(k); }
  let c = p.c + 4;
  let next = c >= s.C4;
  let v = p.v + u32(next);
  let below = v >= s.KW;
  return Place(p.u + u32(below), select(v, 0, below), c - select(0, s.C4, next));
}

// 0 past the last vector.
fn fetch_x(w0: Window, w1: Window, w2: Window, w3: Window, p: Place, live: bool) -> mat4x4<f32> {
  var loads = mat4x4<f32>();
  if (!live) { return loads; }
  loads[0] = from_x(w0, p);
  if (X_LOADS > 1) { loads[1] = from_x(w1, p); }
  if (X_LOADS > 2) {
    loads[2] = from_x(w2, p);
    loads[3] = from_x(w3, p);
  }
  return loads;
}

// A vector of a window; 0 outside of the image.
fn from_x(w: Window, p: Place) -> vec4<f32> {
  let u = i32(p.u);
  let v = i32(p.v);
  if (BORDER != 0) {
    let inside = w.i + u >= 0 && w.i + u < s.H && w.j + v >= 0 && w.j + v < s.W;
    if (!inside) { return vec4<f32>(); }
  }
  return x[w.at + (u * s.W + v) * i32(s.C4) + i32(p.c)];
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
  if (inner >= 4 * last || channel >= s.N4) { return vec4<f32>(); }
  return f[filters + inner * s.N4 + channel];
}
