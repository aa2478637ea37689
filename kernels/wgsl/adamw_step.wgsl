// One step of AdamW, in place, as PyTorch does it: with x = scale·g
// m = beta1·m + (1 − beta1)·x; v = beta2·v + (1 − beta2)·x²; w = keep·w − size·m / (root·√v + epsilon).
//
// w, m, v   f32 [N]   parameters, mean of their gradients and of those squared, updated
// g         f32 [N]   gradient
// settings  f32 [9]   scale, keep, beta1, 1 − beta1, beta2, 1 − beta2, size, root, epsilon
//
// One invocation updates one T: vec4<f32> where N is a multiple of 4, and N then counts fours; else f32.
// No barriers, no races.

@group(0) @binding(0) var<storage, read_write> w: array<T>;
@group(0) @binding(1) var<storage, read_write> m: array<T>;
@group(0) @binding(2) var<storage, read_write> v: array<T>;
@group(0) @binding(3) var<storage, read> g: array<T>;
@group(0) @binding(4) var<storage, read> settings: array<f32>;
@group(0) @binding(5) var<uniform> N: u32;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64 + id.x;
  if (i >= N) { return; }
  let x = settings[0] * g[i];
  let mean = fma(T(settings[2]), m[i], settings[3] * x);
  let square = fma(T(settings[4]), v[i], settings[5] * x * x);
  m[i] = mean;
  v[i] = square;
  w[i] = settings[1] * w[i] - settings[6] * mean / (settings[7] * sqrt(square) + settings[8]);
}
