// Batch normalisation with given statistics, a ReLU and max pooling by 2 x 2: the maps before the pool are
// never stored.
//
// x             f32 [B, H, W, C]
// scale, shift  f32 [C]
// stats         f32 [2, C]              mean, 1 / sqrt(variance + epsilon)
// y             f32 [B, H/2, W/2, C]    halves rounded down: an odd last row or column has no window
//
// One invocation makes one T of y. No barriers, no races. T is vec4<f32> where the channels are a multiple
// of 4, and C then counts fours; else f32. I is the same of i32.

@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> scale: array<T>;
@group(0) @binding(2) var<storage, read> shift: array<T>;
@group(0) @binding(3) var<storage, read> stats: array<T>;
@group(0) @binding(4) var<storage, read_write> y: array<T>;
@group(0) @binding(5) var<uniform> s: Sizes;

struct Sizes { B: u32, H: u32, W: u32, C: u32 }

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let o = id.y * groups.x * 64 + id.x;
  let high = s.H / 2;
  let wide = s.W / 2;
  if (o >= s.B * high * wide * s.C) { return; }
  let c = o % s.C;
  let p = o / s.C;
  let row = p / (high * wide) * s.H + p / wide % high * 2;
  let at = (row * s.W + p % wide * 2) * s.C + c;
  let below = at + s.W * s.C;
  let mean = stats[c];
  let inverse = stats[s.C + c];
  let by = scale[c];
  let plus = shift[c];
  let z0 = fma((x[at] - mean) * inverse, by, plus);
  let z1 = fma((x[at + s.C] - mean) * inverse, by, plus);
  let z2 = fma((x[below] - mean) * inverse, by, plus);
  let z3 = fma((x[below + s.C] - mean) * inverse, by, plus);
  // max may drop one NaN of four. In training there is no such one: a NaN in x makes all of its channel NaN
  // through the mean.
  y[o] = relu(max(max(z0, z1), max(z2, z3)));
}

// As in batch_norm.wgsl: by the bits, since a driver may assume that there is no NaN.
fn relu(z: T) -> T {
  return select(z, T(), bitcast<I>(z) <= I(-8388608));
}
