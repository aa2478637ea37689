// Convolution, stride 1, no padding, NHWC, as an implicit matrix product without an im2col buffer.
//
// x  f32 [B, H, W, C]        C a multiple of 4
// f  f32 [KH, KW, C, N]      N a multiple of 4
// y  f32 [S, B, OH, OW, N]   S partial sums over the inner dimension, to be added up; S = 1 is the result
//
// The inner dimension is KH rows of KW·C numbers that lie side by side in x, so both loops below walk
// memory forwards. One invocation holds a tile of 16 pixels by 16 channels (32 if WIDE) in registers, as
// 4x4 matrices whose columns are pixels: that many multiplications per loaded number is what a software
// adapter needs. No barriers; every y element is written by exactly one invocation.
//
// Constant: WIDE (0 or 1).

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> f: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> s: Sizes;

struct Sizes {
  H: u32,
  W: u32,
  C4: u32,    // C / 4
  N4: u32,    // N / 4
  KH: u32,
  ROW4: u32,  // KW·C / 4
  OH: u32,
  OW: u32,
  P: u32,     // B·OH·OW
  STEP: u32,  // inner vectors of a split
}

const TILE4 = 4u + 4u * u32(WIDE);

@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let tiles = (s.N4 + TILE4 - 1) / TILE4;
  let n = id.x % tiles * TILE4;
  let p = id.x / tiles * 16;
  if (p >= s.P) { return; }

  let a0 = pixels(p);
  let a1 = pixels(p + 4);
  let a2 = pixels(p + 8);
  let a3 = pixels(p + 12);
  // c<pixels><channels>: the tile's 4x4 blocks.
  var c00 = mat4x4<f32>(); var c10 = mat4x4<f32>(); var c20 = mat4x4<f32>(); var c30 = mat4x4<f32>();
  var c01 = mat4x4<f32>(); var c11 = mat4x4<f32>(); var c21 = mat4x4<f32>(); var c31 = mat4x4<f32>();
  var c02 = mat4x4<f32>(); var c12 = mat4x4<f32>(); var c22 = mat4x4<f32>(); var c32 = mat4x4<f32>();
  var c03 = mat4x4<f32>(); var c13 = mat4x4<f32>(); var c23 = mat4x4<f32>(); var c33 = mat4x4<f32>();
  var c04 = mat4x4<f32>(); var c14 = mat4x4<f32>(); var c24 = mat4x4<f32>(); var c34 = mat4x4<f32>();
  var c05 = mat4x4<f32>(); var c15 = mat4x4<f32>(); var c25 = mat4x4<f32>(); var c35 = mat4x4<f32>();
  var c06 = mat4x4<f32>(); var c16 = mat4x4<f32>(); var c26 = mat4x4<f32>(); var c36 = mat4x4<f32>();
  var c07 = mat4x4<f32>(); var c17 = mat4x4<f32>(); var c27 = mat4x4<f32>(); var c37 = mat4x4<f32>();

  let first = id.y * s.STEP;
  let last = min(first + s.STEP, s.KH * s.ROW4);
  for (var k = first; k < last; k++) {
    // Row k / ROW4 of the window starts W·C numbers further on; within it the numbers are contiguous.
    let o = k / s.ROW4 * s.W * s.C4 + k % s.ROW4;
    let x0 = mat4x4<f32>(x[a0.x + o], x[a0.y + o], x[a0.z + o], x[a0.w + o]);
    let x1 = mat4x4<f32>(x[a1.x + o], x[a1.y + o], x[a1.z + o], x[a1.w + o]);
    let x2 = mat4x4<f32>(x[a2.x + o], x[a2.y + o], x[a2.z + o], x[a2.w + o]);
    let x3 = mat4x4<f32>(x[a3.x + o], x[a3.y + o], x[a3.z + o], x[a3.w + o]);
    let w = k * 4 * s.N4 + n;
    let f0 = block(w); c00 = fma4(f0, x0, c00); c10 = fma4(f0, x1, c10); c20 = fma4(f0, x2, c20); c30 = fma4(f0, x3, c30);
    let f1 = block(w + 1); c01 = fma4(f1, x0, c01); c11 = fma4(f1, x1, c11); c21 = fma4(f1, x2, c21); c31 = fma4(f1, x3, c31);
    let f2 = block(w + 2); c02 = fma4(f2, x0, c02); c12 = fma4(f2, x1, c12); c22 = fma4(f2, x2, c22); c32 = fma4(f2, x3, c32);
    let f3 = block(w + 3); c03 = fma4(f3, x0, c03); c13 = fma4(f3, x1, c13); c23 = fma4(f3, x2, c23); c33 = fma4(f3, x3, c33);
    if (WIDE != 0) {
      let f4 = block(w + 4); c04 = fma4(f4, x0, c04); c14 = fma4(f4, x1, c14); c24 = fma4(f4, x2, c24); c34 = fma4(f4, x3, c34);
      let f5 = block(w + 5); c05 = fma4(f5, x0, c05); c15 = fma4(f5, x1, c15); c25 = fma4(f5, x2, c25); c35 = fma4(f5, x3, c35);
      let f6 = block(w + 6); c06 = fma4(f6, x0, c06); c16 = fma4(f6, x1, c16); c26 = fma4(f6, x2, c26); c36 = fma4(f6, x3, c36);
      let f7 = block(w + 7); c07 = fma4(f7, x0, c07); c17 = fma4(f7, x1, c17); c27 = fma4(f7, x2, c27); c37 = fma4(f7, x3, c37);
    }
  }

  let q = (id.y * s.P + p) * s.N4;
  let left = s.P - p;
  store(q, n, left, c00, c10, c20, c30);
  store(q, n + 1, left, c01, c11, c21, c31);
  store(q, n + 2, left, c02, c12, c22, c32);
  store(q, n + 3, left, c03, c13, c23, c33);
  if (WIDE != 0) {
    store(q, n + 4, left, c04, c14, c24, c34);
    store(q, n + 5, left, c05, c15, c25, c35);
    store(q, n + 6, left, c06, c16, c26, c36);
    store(q, n + 7, left, c07, c17, c27, c37);
  }
}

// Where the windows of four neighbouring output pixels begin in x; past the end, the last pixel's.
fn pixels(p: u32) -> vec4<u32> {
  let i = min(vec4<u32>(p, p + 1, p + 2, p + 3), vec4<u32>(s.P - 1));
  let image = i / (s.OH * s.OW);
  let inside = i % (s.OH * s.OW);
  return (image * s.H * s.W + inside / s.OW * s.W + inside % s.OW) * s.C4;
}

// Four inner rows of four channels of the filter.
fn block(w: u32) -> mat4x4<f32> {
  return mat4x4<f32>(f[w], f[w + s.N4], f[w + 2 * s.N4], f[w + 3 * s.N4]);
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

// Four channels of up to 16 pixels; what lies past the last pixel or channel is dropped.
fn store(q: u32, n: u32, left: u32, c0: mat4x4<f32>, c1: mat4x4<f32>, c2: mat4x4<f32>, c3: mat4x4<f32>) {
  if (n >= s.N4) { return; }
  store4(q + n, left, c0);
  store4(q + 4 * s.N4 + n, left - min(left, 4), c1);
  store4(q + 8 * s.N4 + n, left - min(left, 8), c2);
  store4(q + 12 * s.N4 + n, left - min(left, 12), c3);
}

fn store4(q: u32, left: u32, c: mat4x4<f32>) {
  if (left > 0) { y[q] = c[0]; }
  if (left > 1) { y[q + s.N4] = c[1]; }
  if (left > 2) { y[q + 2 * s.N4] = c[2]; }
  if (left > 3) { y[q + 3 * s.N4] = c[3]; }
}
