// Backward pass of batch normalisation, with the ReLU behind it if there is one: three entry points.
//
// x, dy           f32 [M, C]      input and the output's gradient
// scale, shift    f32 [C]
// stats           f32 [2, C]      mean, 1 / sqrt(variance + epsilon)
// parts           f32 [G, 2, C]   of each group of ROWS rows: Σ dz and Σ dz·x̂
// dshift, dscale  f32 [C]         gradients of shift and scale: the two sums over all rows
// dx              f32 [M, C]
//
// Here x̂ is the normalised x, and dz is dy where the ReLU let it through; that is asked of x̂ again, which
// costs less than reading the output.
// reduce: one invocation reduces one channel of one group. merge: one invocation adds one channel's
// groups; merge_wide: a workgroup does, as in batch_norm.wgsl. spread: one invocation makes RUN numbers of one channel of dx, so that it loads the channel's
// own once; neighbours write neighbouring numbers. No barriers but those of merge_wide; every
// element has one writer.
// Constants: RELU (0 or 1), RUN. T is vec4<f32> where the channels are a multiple of 4, and C then counts
// fours; else f32.

@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> dy: array<T>;
@group(0) @binding(2) var<storage, read> scale: array<T>;
@group(0) @binding(3) var<storage, read> shift: array<T>;
@group(0) @binding(4) var<storage, read> stats: array<T>;
@group(0) @binding(5) var<storage, read_write> parts: array<T>;
@group(0) @binding(6) var<storage, read_write> dshift: array<T>;
@group(0) @binding(7) var<storage, read_write> dscale: array<T>;
@group(0) @binding(8) var<storage, read_write> dx: array<T>;
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

// What of dy the ReLU lets through where the normalised x is `normal`.
fn through(dy: T, normal: T, by: T, plus: T) -> T {
  if (RELU != 0) { return select(T(), dy, fma(normal, by, plus) > T()); }
  return dy;
}

@compute @workgroup_size(64)
fn reduce(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64 + id.x;
  if (i >= s.G * s.C) { return; }
  let c = i % s.C;
  let mean = stats[c];
  let inverse = stats[s.C + c];
  let by = scale[c];
  let plus = shift[c];
  let first = i / s.C * s.ROWS;
  let last = min(first + s.ROWS, s.M);
  var plain = T();
  var scaled = T();
  for (var r = first; r < last; r++) {
    let normal = (x[r * s.C + c] - mean) * inverse;
    let dz = through(dy[r * s.C + c], normal, by, plus);
    plain += dz;
    scaled = fma(dz, normal, scaled);
  }
  let o = i / s.C * 2 * s.C + c;
  parts[o] = plain;
  parts[o + s.C] = scaled;
}

@compute @workgroup_size(64)
fn merge(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let c = id.y * groups.x * 64 + id.x;
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

var<workgroup> shares: array<array<T, 2>, 64>;

@compute @workgroup_size(64)
fn merge_wide(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let c = group.y * groups.x + group.x;
  if (c >= s.C) { return; }
  var plain = T();
  var scaled = T();
  for (var g = local; g < s.G; g += 64) {
    plain += parts[g * 2 * s.C + c];
    scaled += parts[(g * 2 + 1) * s.C + c];
  }
  shares[local] = array<T, 2>(plain, scaled);
  for (var half = 32u; half > 0; half /= 2) {
    workgroupBarrier();
    if (local < half) {
      let other = shares[local + half];
      shares[local] = array<T, 2>(shares[local][0] + other[0], shares[local][1] + other[1]);
    }
  }
  if (local > 0) { return; }
  dshift[c] = shares[0][0];
  dscale[c] = shares[0][1];
}

@compute @workgroup_size(64)
fn spread(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64 + id.x;
  let step = (s.M + RUN - 1) / RUN * s.C;
  if (i >= step) { return; }
  let c = i % s.C;
  let mean = stats[c];
  let inverse = stats[s.C + c];
  let by = scale[c];
  let plus = shift[c];
  let plain = dshift[c] / f32(s.ALL);
  let scaled = dscale[c] / f32(s.ALL);
  for (var j = i; j < s.M * s.C; j += step) {
    let normal = (x[j] - mean) * inverse;
    let dz = through(dy[j], normal, by, plus);
    dx[j] = by * inverse * (dz - fma(normal, scaled, plain));
  }
}
