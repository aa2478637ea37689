// Backward pass of batch normalisation, with the ReLU behind it if there is one: three entry points.
//
// x, y, dy        f32 [M, C]      input, output and the output's gradient
// scale           f32 [C]
// stats           f32 [2, C]      mean, 1 / sqrt(variance + epsilon)
// parts           f32 [G, 2, C]   of each group of ROWS rows: Σ dz and Σ dz·x̂
// dshift, dscale  f32 [C]         gradients of shift and scale: the two sums over all rows
// dx              f32 [M, C]
//
// Here x̂ is the normalised x, and dz is dy where the ReLU let it through (y > 0).
// reduce: one invocation reduces one channel of one group. merge: one invocation adds one channel's
// groups. spread: one invocation makes one number of dx. No barriers; every element has one writer.
// Constant: RELU (0 or 1). T is
// vec4<f32> where the channels are a multiple of 4, and C then counts fours; else f32.

@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> y: array<T>;
@group(0) @binding(2) var<storage, read> dy: array<T>;
@group(0) @binding(3) var<storage, read> scale: array<T>;
@group(0) @binding(4) var<storage, read> stats: array<T>;
@group(0) @binding(5) var<storage, read_write> parts: array<T>;
@group(0) @binding(6) var<storage, read_write> dshift: array<T>;
@group(0) @binding(7) var<storage, read_write> dscale: array<T>;
@group(0) @binding(8) var<storage, read_write> dx: array<T>;

fn through(i: u32) -> T {
  if (RELU != 0) { return select(T(), dy[i], y[i] > T()); }
  return dy[i];
}

fn normalised(i: u32, c: u32) -> T {
  return (x[i] - stats[c]) * stats[s.C + c];
}

@group(0) @binding(9) var<uniform> s: Settings;

struct Settings {
  M: u32,         // rows of the run at hand
  C: u32,
  ROWS: u32,
  G: u32,         // groups of the run at hand
  ALL: u32,       // rows of the batch
  EPSILON: f32,   // added to the variance
  MOMENTUM: f32,  // share of the moving statistics that is kept
}

@compute @workgroup_size(64)
fn reduce(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * 64 + local;
  if (i >= s.G * s.C) { return; }
  let c = i % s.C;
  let first = i / s.C * s.ROWS;
  let last = min(first + s.ROWS, s.M);
  var plain = T();
  var scaled = T();
  for (var r = first; r < last; r++) {
    let dz = through(r * s.C + c);
    plain += dz;
    scaled = fma(dz, normalised(r * s.C + c, c), scaled);
  }
  let o = i / s.C * 2 * s.C + c;
  parts[o] = plain;
  parts[o + s.C] = scaled;
}

@compute @workgroup_size(64)
fn merge(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let c = (group.y * groups.x + group.x) * 64 + local;
  if (c >= s.C) { return; }
  var plain = T();
  var scaled = T();
  for (var g = 0u; g < s.G; g++) {
    plain += parts[g * 2 * s.C + c];
    scaled += parts[(g * 2 + 1) * s.C + c];
  }
  dshift[c] = plain;
  dscale[c] = scaled;
}

@compute @workgroup_size(64)
fn spread(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * 64 + local;
  if (i >= s.M * s.C) { return; }
  let c = i % s.C;
  let mean = (dshift[c] + normalised(i, c) * dscale[c]) / f32(s.ALL);
  dx[i] = scale[c] * stats[s.C + c] * (through(i) - mean);
}
