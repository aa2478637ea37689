// Gradient of a convolution's filter (stride 1, no padding, NHWC): g[u, m, n] = Σ x[window row u, m] · dy[n]
// over all output pixels, where m runs over the KW·C numbers of a window's row, which lie side by side in x.
//
// x   f32 [B, H, W, G, C]        as texels, C a multiple of 4, for each of G groups; one if KW > 1
// dy  f32 [B, OH, OW, G, N]      as texels, N a multiple of 4
// g   f32 [S, G, KH, KW·C, N]    S partial sums over the rows of dy, to be added up; S = 1 is the result
//
// One invocation holds a tile of 16 m by 8 channels (16 if WIDE) in registers, as 4x4 matrices whose
// columns are m, and adds the products of four output pixels at a time. No barriers; one writer for each
// element.
//
// Constants: WIDE (0 or 1); see texel.wgsl.

@group(0) @binding(0) var x: texture_storage_2d<rgba32float, read>;
@group(0) @binding(1) var dy: texture_storage_2d<rgba32float, read>;
@group(0) @binding(2) var<storage, read_write> g: array<vec4<f32>>;
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
  ROWS: u32,  // B·OH
  STEP: u32,  // rows of a split
}

const TILE4 = 2u + 2u * u32(WIDE);

@compute @workgroup_size(8)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
) {
  let n_tiles = (s.N4 + TILE4 - 1) / TILE4;
  let m_tiles = (s.ROW4 + 3) / 4;
  let n = id.x % n_tiles * TILE4;
  let m = id.x / n_tiles % m_tiles * 4;
  let u = id.x / n_tiles / m_tiles;
  if (u >= s.KH) { return; }

  // c<m><channels>: the tile's 4x4 blocks.
  var c00 = mat4x4<f32>(); var c10 = mat4x4<f32>(); var c20 = mat4x4<f32>(); var c30 = mat4x4<f32>();
  var c01 = mat4x4<f32>(); var c11 = mat4x4<f32>(); var c21 = mat4x4<f32>(); var c31 = mat4x4<f32>();
  var c02 = mat4x4<f32>(); var c12 = mat4x4<f32>(); var c22 = mat4x4<f32>(); var c32 = mat4x4<f32>();
  var c03 = mat4x4<f32>(); var c13 = mat4x4<f32>(); var c23 = mat4x4<f32>(); var c33 = mat4x4<f32>();

  let last = min((id.y + 1) * s.STEP, s.ROWS);
  for (var r = id.y * s.STEP; r < last; r++) {
    let row = (r / s.OH * s.H + r % s.OH + u) * s.W;
    for (var o = 0u; o < s.OW; o += 4) {
      let j = vec4<u32>(o, o + 1, o + 2, o + 3);
      let inside = j < vec4<u32>(s.OW);
      let at = select(vec4<u32>(), texelIndex(((row + j) * groups.z + id.z) * s.C4 + m), inside);
      let x0 = transpose(windows(at));
      let x1 = transpose(windows(at + 1));
      let x2 = transpose(windows(at + 2));
      let x3 = transpose(windows(at + 3));
      let to = select(vec4<u32>(), texelIndex(((r * s.OW + j) * groups.z + id.z) * s.N4 + n), inside);
      let d0 = gradients(to); c00 = fma4(d0, x0, c00); c10 = fma4(d0, x1, c10); c20 = fma4(d0, x2, c20); c30 = fma4(d0, x3, c30);
      let d1 = gradients(to + 1); c01 = fma4(d1, x0, c01); c11 = fma4(d1, x1, c11); c21 = fma4(d1, x2, c21); c31 = fma4(d1, x3, c31);
      if (WIDE != 0) {
        let d2 = gradients(to + 2); c02 = fma4(d2, x0, c02); c12 = fma4(d2, x1, c12); c22 = fma4(d2, x2, c22); c32 = fma4(d2, x3, c32);
        let d3 = gradients(to + 3); c03 = fma4(d3, x0, c03); c13 = fma4(d3, x1, c13); c23 = fma4(d3, x2, c23); c33 = fma4(d3, x3, c33);
      }
    }
  }

  let q = (((id.y * groups.z + id.z) * s.KH + u) * s.ROW4 + m) * 4 * s.N4;
  let left = s.ROW4 - m;
  store(q, n, left, c00, c10, c20, c30);
  store(q, n + 1, left, c01, c11, c21, c31);
  if (WIDE != 0) {
    store(q, n + 2, left, c02, c12, c22, c32);
    store(q, n + 3, left, c03, c13, c23, c33);
  }
}

// Four m of four output pixels, which are the columns.
fn windows(at: vec4<u32>) -> mat4x4<f32> {
  return mat4x4<f32>(
    textureLoad(x, texel(at.x)), textureLoad(x, texel(at.y)),
    textureLoad(x, texel(at.z)), textureLoad(x, texel(at.w)),
  );
}

// Four channels of the gradient at four output pixels.
fn gradients(at: vec4<u32>) -> mat4x4<f32> {
  return mat4x4<f32>(
    textureLoad(dy, texel(at.x)), textureLoad(dy, texel(at.y)),
    textureLoad(dy, texel(at.z)), textureLoad(dy, texel(at.w)),
  );
}

// Four channels of up to 16 m; what lies past the row or the channels is dropped.
fn store(q: u32, n: u32, left: u32, c0: mat4x4<f32>, c1: mat4x4<f32>, c2: mat4x4<f32>, c3: mat4x4<f32>) {
  if (n >= s.N4) { return; }
  store4(q + n, c0);
  if (left > 1) { store4(q + 4 * s.N4 + n, c1); }
  if (left > 2) { store4(q + 8 * s.N4 + n, c2); }
  if (left > 3) { store4(q + 12 * s.N4 + n, c3); }
}

fn store4(q: u32, c: mat4x4<f32>) {
  g[q] = c[0];
  g[q + s.N4] = c[1];
  g[q + 2 * s.N4] = c[2];
  g[q + 3 * s.N4] = c[3];
}
