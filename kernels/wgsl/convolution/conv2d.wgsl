// Convolution, stride 1, NHWC, as an implicit matrix product without an im2col buffer:
// y[b, i, j] = Σ over the taps (u, v) of x[b, i + u - TOP, j + v - LEFT] · f[u, v], where x is 0 outside.
//
// x  f32 [B, H, W, G, C]     as texels, C a multiple of 4, for each of G groups
// f  f32 [G, KH, KW, C, N]   as texels, N a multiple of 4
// y  f32 [B, OH, OW, G, N]
//
// One invocation holds a tile of 16 pixels by 8 channels (16 if WIDE) in registers, as 4x4 matrices whose
// columns are pixels: on a software adapter every load is a loop over the invocations, a texel's the
// cheapest of them, and a tile makes many multiplications of each. No barriers; every y element is
// written by exactly one invocation.
//
// Constants: WIDE (0 or 1); see texel.wgsl.

@group(0) @binding(0) var x: texture_storage_2d<rgba32float, read>;
@group(0) @binding(1) var f: texture_storage_2d<rgba32float, read>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> s: Sizes;

struct Sizes {
  H: u32,
  W: u32,
  C4: u32,  // C / 4
  N4: u32,  // N / 4
  KH: u32,
  KW: u32,
  OH: u32,
  OW: u32,
  P: u32,   // B·OH·OW
  TOP: u32,
  LEFT: u32,
  G: u32,
}

const TILE4 = 2u + 2u * u32(WIDE);

@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let tiles = (s.N4 + TILE4 - 1) / TILE4;
  let n = id.x % tiles * TILE4;
  let p = id.x / tiles * 16;
  if (p >= s.P) { return; }

  // c<pixels><channels>: the tile's 4x4 blocks.
  var c00 = mat4x4<f32>(); var c10 = mat4x4<f32>(); var c20 = mat4x4<f32>(); var c30 = mat4x4<f32>();
  var c01 = mat4x4<f32>(); var c11 = mat4x4<f32>(); var c21 = mat4x4<f32>(); var c31 = mat4x4<f32>();
  var c02 = mat4x4<f32>(); var c12 = mat4x4<f32>(); var c22 = mat4x4<f32>(); var c32 = mat4x4<f32>();
  var c03 = mat4x4<f32>(); var c13 = mat4x4<f32>(); var c23 = mat4x4<f32>(); var c33 = mat4x4<f32>();

  for (var tap = 0u; tap < s.KH * s.KW; tap++) {
    let a0 = windows(id.y, p, tap);
    let a1 = windows(id.y, p + 4, tap);
    let a2 = windows(id.y, p + 8, tap);
    let a3 = windows(id.y, p + 12, tap);
    let row = (id.y * s.KH * s.KW + tap) * s.C4;
    for (var k = 0u; k < s.C4; k++) {
      let x0 = pixels(a0 + k);
      let x1 = pixels(a1 + k);
      let x2 = pixels(a2 + k);
      let x3 = pixels(a3 + k);
      let w = (row + k) * 4 * s.N4 + n;
      let f0 = block(w); c00 = fma4(f0, x0, c00); c10 = fma4(f0, x1, c10); c20 = fma4(f0, x2, c20); c30 = fma4(f0, x3, c30);
      let f1 = block(w + 1); c01 = fma4(f1, x0, c01); c11 = fma4(f1, x1, c11); c21 = fma4(f1, x2, c21); c31 = fma4(f1, x3, c31);
      if (WIDE != 0) {
        let f2 = block(w + 2); c02 = fma4(f2, x0, c02); c12 = fma4(f2, x1, c12); c22 = fma4(f2, x2, c22); c32 = fma4(f2, x3, c32);
        let f3 = block(w + 3); c03 = fma4(f3, x0, c03); c13 = fma4(f3, x1, c13); c23 = fma4(f3, x2, c23); c33 = fma4(f3, x3, c33);
      }
    }
  }

  let q = (p * s.G + id.y) * s.N4;
  let left = s.P - p;
  store(q, n, left, c00, c10, c20, c30);
  store(q, n + 1, left, c01, c11, c21, c31);
  if (WIDE != 0) {
    store(q, n + 2, left, c02, c12, c22, c32);
    store(q, n + 3, left, c03, c13, c23, c33);
  }
}

// Where in x a tap of four neighbouring output pixels is; past the last pixel, the last one's.
fn windows(group: u32, p: u32, tap: u32) -> vec4<u32> {
  let o = min(vec4<u32>(p, p + 1, p + 2, p + 3), vec4<u32>(s.P - 1));
  let image = o / (s.OH * s.OW);
  let inside = o % (s.OH * s.OW);
  // Above and left of x these wrap around to more than any size.
  let i = inside / s.OW + tap / s.KW - s.TOP;
  let j = inside % s.OW + tap % s.KW - s.LEFT;
  let at = texelIndex((((image * s.H + i) * s.W + j) * s.G + group) * s.C4);
  return select(vec4<u32>(), at, (i < vec4<u32>(s.H)) & (j < vec4<u32>(s.W)));
}

// Four channels of four pixels.
fn pixels(at: vec4<u32>) -> mat4x4<f32> {
  return mat4x4<f32>(
    textureLoad(x, texel(at.x)), textureLoad(x, texel(at.y)),
    textureLoad(x, texel(at.z)), textureLoad(x, texel(at.w)),
  );
}

// Four inner rows of four channels of the filter.
fn block(w: u32) -> mat4x4<f32> {
  let at = texelIndex(vec4<u32>(w, w + s.N4, w + 2 * s.N4, w + 3 * s.N4));
  return mat4x4<f32>(
    textureLoad(f, texel(at.x)), textureLoad(f, texel(at.y)),
    textureLoad(f, texel(at.z)), textureLoad(f, texel(at.w)),
  );
}

// Four channels of up to 16 pixels; what lies past the last pixel or channel is dropped.
fn store(q: u32, n: u32, left: u32, c0: mat4x4<f32>, c1: mat4x4<f32>, c2: mat4x4<f32>, c3: mat4x4<f32>) {
  if (n >= s.N4) { return; }
  let step = s.G * s.N4;
  store4(q + n, step, left, c0);
  store4(q + 4 * step + n, step, left - min(left, 4), c1);
  store4(q + 8 * step + n, step, left - min(left, 8), c2);
  store4(q + 12 * step + n, step, left - min(left, 12), c3);
}

fn store4(q: u32, step: u32, left: u32, c: mat4x4<f32>) {
  if (left > 0) { y[q] = c[0]; }
  if (left > 1) { y[q + step] = c[1]; }
  if (left > 2) { y[q + 2 * step] = c[2]; }
  if (left > 3) { y[q + 3 * step] = c[3]; }
}
