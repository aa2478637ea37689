// A fully connected layer y = x · w for few rows x, and its gradients: one pass over the weights each.
//
// x   f32 [B, K]       as texels, K a multiple of 4
// dy  f32 [B, N]       as texels, N a multiple of 4
// w   f32 [K, N]
// y   f32 [S, B, N]    forward: S partial sums over k, to be added up; S = 1 is the result
//     f32 [B, K]       input_grad: dy · wᵀ
//     f32 [K, N]       weight_grad: xᵀ · dy
//
// forward: one invocation multiplies four rows by four columns of a split's part of w.
// input_grad: one invocation makes four numbers of four rows. weight_grad: one makes 4 x 4 weights.
// No barriers; every element has one writer. Constant: see texel.wgsl.

@group(0) @binding(0) var x: texture_storage_2d<rgba32float, read>;
@group(0) @binding(1) var dy: texture_storage_2d<rgba32float, read>;
@group(0) @binding(2) var<storage, read> w: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(4) var<uniform> s: Sizes;

struct Sizes {
  B: u32,
  K4: u32,    // K / 4
  N4: u32,    // N / 4
  STEP: u32,  // vectors of k in a split
}

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3<u32>) {
  let n = id.x % s.N4;
  let r = id.x / s.N4 * 4;
  if (r >= s.B) { return; }
  var sums = mat4x4<f32>();
  let first = id.y * s.STEP;
  let last = min(first + s.STEP, s.K4);
  for (var k = first; k < last; k++) {
    let at = rows(r, k, s.K4);
    let four = mat4x4<f32>(
      textureLoad(x, texel(at.x)), textureLoad(x, texel(at.y)),
      textureLoad(x, texel(at.z)), textureLoad(x, texel(at.w)),
    );
    sums = fma4(weights(k, n), four, sums);
  }
  store((id.y * s.B + r) * s.N4 + n, s.N4, s.B - r, sums);
}

@compute @workgroup_size(64)
fn input_grad(@builtin(global_invocation_id) id: vec3<u32>) {
  let k = id.x % s.K4;
  let r = id.x / s.K4 * 4;
  if (r >= s.B) { return; }
  var sums = mat4x4<f32>();
  for (var n = 0u; n < s.N4; n++) {
    sums = fma4(transpose(weights(k, n)), gradients(rows(r, n, s.N4)), sums);
  }
  store(r * s.K4 + k, s.K4, s.B - r, sums);
}

@compute @workgroup_size(64)
fn weight_grad(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64 + id.x;
  let n = i % s.N4;
  let k = i / s.N4;
  if (k >= s.K4) { return; }
  var sums = mat4x4<f32>();
  for (var r = 0u; r < s.B; r += 4) {
    let at = rows(r, k, s.K4);
    let four = mat4x4<f32>(
      textureLoad(x, texel(at.x)), textureLoad(x, texel(at.y)),
      textureLoad(x, texel(at.z)), textureLoad(x, texel(at.w)),
    );
    sums = fma4(gradients(rows(r, n, s.N4)), transpose(four), sums);
  }
  store(k * 4 * s.N4 + n, s.N4, 4, sums);
}

// Where column c of four rows of `columns` vectors is; past the last row, zeros.
fn rows(r: u32, c: u32, columns: u32) -> vec4<u32> {
  let row = vec4<u32>(r, r + 1, r + 2, r + 3);
  return select(vec4<u32>(), texelIndex(row * columns + c), row < vec4<u32>(s.B));
}

fn gradients(at: vec4<u32>) -> mat4x4<f32> {
  return mat4x4<f32>(
    textureLoad(dy, texel(at.x)), textureLoad(dy, texel(at.y)),
    textureLoad(dy, texel(at.z)), textureLoad(dy, texel(at.w)),
  );
}

// Four rows of four columns of w; the rows are the columns of the matrix.
fn weights(k: u32, n: u32) -> mat4x4<f32> {
  let i = k * 4 * s.N4 + n;
  return mat4x4<f32>(w[i], w[i + s.N4], w[i + 2 * s.N4], w[i + 3 * s.N4]);
}

// Up to four vectors, `step` apart.
fn store(i: u32, step: u32, left: u32, c: mat4x4<f32>) {
  y[i] = c[0];
  if (left > 1) { y[i + step] = c[1]; }
  if (left > 2) { y[i + 2 * step] = c[2]; }
  if (left > 3) { y[i + 3 * step] = c[3]; }
}
