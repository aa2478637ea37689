// Gradient of a convolution's filter (stride 1, no padding, NHWC): g[u, m, n] = Σ x[window row u, m] · dy[n]
// over all output pixels, where m runs over the KW·C numbers of a window's row, which lie side by side in x.
//
// x   f32 [B, H, W, C]            C a multiple of 4
// dy  f32 [B, OH, OW, N]          N a multiple of 4
// g   f32 [S, KH, KW·C, N]        S partial sums over the rows of dy, to be added up; S = 1 is the result
//
// One invocation holds a tile of 16 m by 16 channels (32 if WIDE) in registers, as 4x4 matrices whose
// columns are m, and adds the outer product of every output pixel. No barriers; one writer for each element.
//
// Constant: WIDE (0 or 1).

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> dy: array<vec4<f32>>;
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

const TILE4 = 4u + 4u * u32(WIDE);

@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
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
  var c04 = mat4x4<f32>(); var c14 = mat4x4<f32>(); var c24 = mat4x4<f32>(); var c34 = mat4x4<f32>();
  var c05 = mat4x4<f32>(); var c15 = mat4x4<f32>(); var c25 = mat4x4<f32>(); var c35 = mat4x4<f32>();
  var c06 = mat4x4<f32>(); var c16 = mat4x4<f32>(); var c26 = mat4x4<f32>(); var c36 = mat4x4<f32>();
  var c07 = mat4x4<f32>(); var c17 = mat4x4<f32>(); var c27 = mat4x4<f32>(); var c37 = mat4x4<f32>();

  let last = min((id.y + 1) * s.STEP, s.ROWS);
  for (var r = id.y * s.STEP; r < last; r++) {
    var i = ((r / s.OH * s.H + r % s.OH + u) * s.W) * s.C4 + m;
    var j = r * s.OW * s.N4 + n;
    for (var o = 0u; o < s.OW; o++) {
      let x0 = x[i]; let x1 = x[i + 1]; let x2 = x[i + 2]; let x3 = x[i + 3];
      let d0 = dy[j]; c00 = outer(d0, x0, c00); c10 = outer(d0, x1, c10); c20 = outer(d0, x2, c20); c30 = outer(d0, x3, c30);
      let d1 = dy[j + 1]; c01 = outer(d1, x0, c01); c11 = outer(d1, x1, c11); c21 = outer(d1, x2, c21); c31 = outer(d1, x3, c31);
      let d2 = dy[j + 2]; c02 = outer(d2, x0, c02); c12 = outer(d2, x1, c12); c22 = outer(d2, x2, c22); c32 = outer(d2, x3, c32);
      let d3 = dy[j + 3]; c03 = outer(d3, x0, c03); c13 = outer(d3, x1, c13); c23 = outer(d3, x2, c23); c33 = outer(d3, x3, c33);
      if (WIDE != 0) {
        let d4 = dy[j + 4]; c04 = outer(d4, x0, c04); c14 = outer(d4, x1, c14); c24 = outer(d4, x2, c24); c34 = outer(d4, x3, c34);
        let d5 = dy[j + 5]; c05 = outer(d5, x0, c05); c15 = outer(d5, x1, c15); c25 = outer(d5, x2, c25); c35 = outer(d5, x3, c35);
        let d6 = dy[j + 6]; c06 = outer(d6, x0, c06); c16 = outer(d6, x1, c16); c26 = outer(d6, x2, c26); c36 = outer(d6, x3, c36);
        let d7 = dy[j + 7]; c07 = outer(d7, x0, c07); c17 = outer(d7, x1, c17); c27 = outer(d7, x2, c27); c37 = outer(d7, x3, c37);
      }
      i += s.C4;
      j += s.N4;
    }
  }

  let q = ((id.y * s.KH + u) * s.ROW4 + m) * 4 * s.N4;
  let left = s.ROW4 - m;
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

// c + d·xᵀ: column m of the block grows by x[m]·d.
fn outer(d: vec4<f32>, x: vec4<f32>, c: mat4x4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(
    fma(d, vec4<f32>(x.x), c[0]), fma(d, vec4<f32>(x.y), c[1]),
    fma(d, vec4<f32>(x.z), c[2]), fma(d, vec4<f32>(x.w), c[3]),
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
