// Batch normalisation in training: the three steps of the forward pass, one entry point each.
//
// x                f32 [M, C]       M rows (pixels of images), C channels
// scale, shift     f32 [C]
// parts            f32 [G, 2, C]    mean and sum of squared deviations of each group of ROWS rows
// stats            f32 [2, C]       mean, 1 / sqrt(variance + EPSILON)
// moving_*         f32 [C]          moving mean and variance, updated in place
// y                f32 [M, C]       max(0, ·) of the normalised x if RELU, else the normalised x
//
// reduce: one invocation reduces one channel of one group, in two sweeps, so that nothing cancels.
// merge: one invocation merges the groups of one channel (Chan's update). merge_wide: a workgroup does, for
// hardware, where one invocation would wait for one group after the other; its lanes fold in halves.
// normalise: one invocation makes RUN numbers of one channel, so that it loads the channel's own once;
// neighbours read neighbouring numbers.
// No barriers but those of merge_wide; every element has one writer. Constants: RELU (0 or 1), RUN. T is vec4<f32> where the
// channels are a multiple of 4, and C then counts fours; else f32. I is the same of i32.

@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> scale: array<T>;
@group(0) @binding(2) var<storage, read> shift: array<T>;
@group(0) @binding(3) var<storage, read_write> parts: array<T>;
@group(0) @binding(4) var<storage, read_write> stats: array<T>;
@group(0) @binding(5) var<storage, read_write> moving_mean: array<T>;
@group(0) @binding(6) var<storage, read_write> moving_variance: array<T>;
@group(0) @binding(7) var<storage, read_write> y: array<T>;

@group(0) @binding(8) var<uniform> s: Settings;

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
fn reduce(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64 + id.x;
  if (i >= s.G * s.C) { return; }
  let c = i % s.C;
  let first = i / s.C * s.ROWS;
  let last = min(first + s.ROWS, s.M);
  var sum = T();
  for (var r = first; r < last; r++) { sum += x[r * s.C + c]; }
  let mean = sum / f32(last - first);
  var squares = T();
  for (var r = first; r < last; r++) {
    let d = x[r * s.C + c] - mean;
    squares = fma(d, d, squares);
  }
  let o = i / s.C * 2 * s.C + c;
  parts[o] = mean;
  parts[o + s.C] = squares;
}

@compute @workgroup_size(64)
fn merge(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let c = id.y * groups.x * 64 + id.x;
  if (c >= s.C) { return; }
  var all = Part();
  for (var g = 0u; g < s.G; g++) { all = together(all, part_of(g, c)); }
  finish(c, all);
}

var<workgroup> shares: array<Part, 64>;

@compute @workgroup_size(64)
fn merge_wide(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let c = group.y * groups.x + group.x;
  if (c >= s.C) { return; }
  var all = Part();
  for (var g = local; g < s.G; g += 64) { all = together(all, part_of(g, c)); }
  shares[local] = all;
  for (var half = 32u; half > 0; half /= 2) {
    workgroupBarrier();
    if (local < half) { shares[local] = together(shares[local], shares[local + half]); }
  }
  if (local == 0) { finish(c, shares[0]); }
}

// Rows, with their mean and the sum of the squares of what differs from it.
struct Part { rows: f32, mean: T, squares: T }

fn part_of(g: u32, c: u32) -> Part {
  let rows = f32(min(s.ROWS, s.M - g * s.ROWS));
  return Part(rows, parts[g * 2 * s.C + c], parts[(g * 2 + 1) * s.C + c]);
}

// Chan's update.
fn together(a: Part, b: Part) -> Part {
  if (b.rows == 0) { return a; }
  let d = b.mean - a.mean;
  let share = b.rows / (a.rows + b.rows);
  return Part(a.rows + b.rows, a.mean + d * share, a.squares + (b.squares + d * d * a.rows * share));
}

fn finish(c: u32, all: Part) {
  stats[c] = all.mean;
  stats[s.C + c] = inverseSqrt(all.squares / f32(s.M) + T(s.EPSILON));
  // The moving variance is the unbiased one, as in PyTorch.
  let unbiased = all.squares / max(1.0, f32(s.M) - 1.0);
  moving_mean[c] = mix(all.mean, moving_mean[c], s.MOMENTUM);
  moving_variance[c] = mix(unbiased, moving_variance[c], s.MOMENTUM);
}

@compute @workgroup_size(64)
fn normalise(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64 + id.x;
  let step = (s.M + RUN - 1) / RUN * s.C;
  if (i >= step) { return; }
  let c = i % s.C;
  let mean = stats[c];
  let inverse = stats[s.C + c];
  let by = scale[c];
  let plus = shift[c];
  for (var j = i; j < s.M * s.C; j += step) {
    let z = fma((x[j] - mean) * inverse, by, plus);
    if (RELU != 0) { y[j] = relu(z); } else { y[j] = z; }
  }
}

// 0 for −0, what is negative and −∞, whose bits are 0xff800000, or −8388608; a NaN stays one. A comparison of
// floats would not do: a driver may assume that there is no NaN and make max(z, 0) of it.
fn relu(z: T) -> T {
  return select(z, T(), bitcast<I>(z) <= I(-8388608));
}
