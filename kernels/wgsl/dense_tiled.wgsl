// A fully connected layer y = x · w for few rows x, for hardware: one pass over the weights, in the order of
// memory, by as many workgroups as a large device has room for.
//
// x   f32 [B, K]       K a multiple of 4
// w   f32 [K, N]       N a multiple of 4
// y   f32 [S, B, N]    S partial sums over k, to be added up; S = 1 is the result
//
// A workgroup makes 8·GROUPS rows by 4·COLUMNS4 columns of a split. An invocation makes eight rows by four
// columns of every LANES-th vector of k. Neighbours have neighbouring columns, so that they read w in runs of
// whole rows, and the same of x, which is one load for all of them. The lanes' sums are folded in halves.
//
// Two barriers a round of folding: half the lanes hand over what the other half then adds. One writer for
// each y element, and one order of each sum.
//
// Constants: K4 = K / 4, N4 = N / 4; COLUMNS4, LANES (a power of two), GROUPS: at most 256 invocations.

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> w: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> s: Sizes;

struct Sizes {
  B: u32,
  STEP: u32,  // vectors of k in a split
}

const THREADS = u32(COLUMNS4 * LANES * GROUPS);
// Invocations that hand over their sums in the first round.
const HALF = (THREADS + 1) / 2;

// Eight rows of four columns; the rows are the columns of the matrices.
struct Eight { a: mat4x4<f32>, b: mat4x4<f32> }

var<workgroup> shares: array<vec4<f32>, 8 * HALF>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let column = local % COLUMNS4;
  let lane = local / COLUMNS4 % LANES;
  let r = local / (COLUMNS4 * LANES) * 8;
  let n = group.x * COLUMNS4 + column;
  var sums = Eight();
  let first = group.y * s.STEP;
  let last = min(first + s.STEP, u32(K4));
  for (var k = first + lane; k < last; k += LANES) {
    let four = weights(k, min(n, N4 - 1));
    sums.a = fma4(four, inputs(r, k), sums.a);
    sums.b = fma4(four, inputs(r + 4, k), sums.b);
  }
  for (var half = u32(LANES / 2); half > 0; half /= 2) {
    let slot = (r / 8 * half + lane % half) * COLUMNS4 + column;
    if (lane >= half && lane < 2 * half) {
      hand_over(slot, sums.a);
      hand_over(slot + 4 * HALF, sums.b);
    }
    workgroupBarrier();
    if (lane < half) { sums = Eight(sums.a + handed(slot), sums.b + handed(slot + 4 * HALF)); }
    workgroupBarrier();
  }
  if (lane > 0 || n >= N4) { return; }
  let at = (group.y * s.B + r) * N4 + n;
  store(at, r, sums.a);
  store(at + 4 * N4, r + 4, sums.b);
}

fn hand_over(slot: u32, c: mat4x4<f32>) {
  shares[slot] = c[0];
  shares[slot + HALF] = c[1];
  shares[slot + 2 * HALF] = c[2];
  shares[slot + 3 * HALF] = c[3];
}

fn handed(slot: u32) -> mat4x4<f32> {
  return mat4x4<f32>(
    shares[slot], shares[slot + HALF], shares[slot + 2 * HALF], shares[slot + 3 * HALF],
  );
}

// Vector k of four rows of x; past the last row, the last one's, which nobody stores.
fn inputs(r: u32, k: u32) -> mat4x4<f32> {
  let at = min(vec4<u32>(r, r + 1, r + 2, r + 3), vec4<u32>(s.B - 1)) * K4 + k;
  return mat4x4<f32>(x[at.x], x[at.y], x[at.z], x[at.w]);
}

// Four rows of four columns of w; the rows are the columns of the matrix.
fn weights(k: u32, n: u32) -> mat4x4<f32> {
  let i = k * 4 * N4 + n;
  return mat4x4<f32>(w[i], w[i + N4], w[i + 2 * N4], w[i + 3 * N4]);
}

// Four rows of four columns, as far as there are rows from r on.
fn store(i: u32, r: u32, c: mat4x4<f32>) {
  if (r < s.B) { y[i] = c[0]; }
  if (r + 1 < s.B) { y[i + N4] = c[1]; }
  if (r + 2 < s.B) { y[i + 2 * N4] = c[2]; }
  if (r + 3 < s.B) { y[i + 3 * N4] = c[3]; }
}
