// Both gradients of a fully connected layer y = x · w for few rows x, for hardware: one pass over the weights
// each, in the order of memory.
//
// x   f32 [B, K]   K a multiple of 4
// dy  f32 [B, N]   N a multiple of 4
// w   f32 [K, N]
// dx  f32 [B, K]   input_grad: dy · wᵀ
// g   f32 [K, N]   weight_grad: xᵀ · dy
//
// input_grad: a workgroup makes 64 columns of all rows. It brings their 64 rows of w to workgroup memory,
// CHUNK4 vectors of each at a time, in the order of memory; a row there is an odd number of vectors, so that
// the eight invocations of a wide read need eight different banks. An invocation makes one column, eight rows
// at a time; dy is the same for all, one load. Two barriers a chunk: it is read by all before it is written
// again, and written before it is read.
// weight_grad: an invocation makes 4 x 4 weights; neighbours have neighbouring columns, so that what a
// workgroup writes is in one piece. No barriers.
// Every element has one writer.
//
// Constants: K4 = K / 4, N4 = N / 4, CHUNK4 (at most 15).

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> w: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;
@group(0) @binding(4) var<storage, read_write> g: array<vec4<f32>>;
@group(0) @binding(5) var<uniform> B: u32;

const ROW = u32(CHUNK4 | 1);

var<workgroup> chunk: array<vec4<f32>, 64 * ROW>;

@compute @workgroup_size(64)
fn input_grad(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let first = (group.y * groups.x + group.x) * 64;
  let k = first + local;
  for (var r = 0u; r < B; r += 8) {
    // Of each row four sums, over every fourth n.
    var a = mat4x4<f32>();
    var b = mat4x4<f32>();
    for (var n = 0u; n < N4; n += CHUNK4) {
      if (r == 0 || CHUNK4 < N4) {
        workgroupBarrier();
        bring(first, n, local);
        workgroupBarrier();
      }
      for (var c = 0u; c < min(CHUNK4, N4 - n); c++) {
        let four = chunk[local * ROW + c];
        a = scaled(four, gradients(r, n + c), a);
        b = scaled(four, gradients(r + 4, n + c), b);
      }
    }
    if (k < 4 * K4) {
      store(r, k, transpose(a));
      store(r + 4, k, transpose(b));
    }
  }
}

// Brings vectors n to n + CHUNK4 of 64 rows of w.
fn bring(first: u32, n: u32, local: u32) {
  for (var step = 0u; step < CHUNK4; step++) {
    let i = step * 64 + local;
    let k = first + i / CHUNK4;
    let c = i % CHUNK4;
    if (k < 4 * K4 && n + c < N4) { chunk[i / CHUNK4 * ROW + c] = w[k * N4 + n + c]; }
  }
}

// Vector n of four rows of dy; past the last row, the last one's, which nobody stores.
fn gradients(r: u32, n: u32) -> mat4x4<f32> {
  let at = min(vec4<u32>(r, r + 1, r + 2, r + 3), vec4<u32>(B - 1)) * N4 + n;
  return mat4x4<f32>(dy[at.x], dy[at.y], dy[at.z], dy[at.w]);
}

// sums + four · each row, number by number.
fn scaled(four: vec4<f32>, rows: mat4x4<f32>, sums: mat4x4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(
    fma(four, rows[0], sums[0]), fma(four, rows[1], sums[1]),
    fma(four, rows[2], sums[2]), fma(four, rows[3], sums[3]),
  );
}

// Column k of four rows, as far as there are rows from r on: the sum of their four sums.
fn store(r: u32, k: u32, parts: mat4x4<f32>) {
  let four = (parts[0] + parts[1]) + (parts[2] + parts[3]);
  let at = r * 4 * K4 + k;
  if (r < B) { dx[at] = four.x; }
  if (r + 1 < B) { dx[at + 4 * K4] = four.y; }
  if (r + 2 < B) { dx[at + 8 * K4] = four.z; }
  if (r + 3 < B) { dx[at + 12 * K4] = four.w; }
}

@compute @workgroup_size(256)
fn weight_grad(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 256 + id.x;
  let n = i % N4;
  let k = i / N4;
  if (k >= K4) { return; }
  var sums = mat4x4<f32>();
  for (var r = 0u; r < B; r++) {
    let four = x[r * K4 + k];
    let d = dy[r * N4 + n];
    sums = mat4x4<f32>(
      fma(d, vec4<f32>(four.x), sums[0]), fma(d, vec4<f32>(four.y), sums[1]),
      fma(d, vec4<f32>(four.z), sums[2]), fma(d, vec4<f32>(four.w), sums[3]),
    );
  }
  let at = k * 4 * N4 + n;
  g[at] = sums[0];
  g[at + N4] = sums[1];
  g[at + 2 * N4] = sums[2];
  g[at + 3 * N4] = sums[3];
}
