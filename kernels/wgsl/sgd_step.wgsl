// One step of stochastic gradient descent with momentum and weight decay, in place, as PyTorch does it:
// v = momentum·v + (scale·g + decay·w); w = w − rate·v.
//
// w, v      f32 [N]   parameters and their velocity, updated
// g         f32 [N]   gradient
// settings  f32 [4]   scale, learning rate, momentum, weight decay
//
// One invocation updates one T: vec4<f32> where N is a multiple of 4, and N then counts fours; else f32.
// No barriers, no races.

@group(0) @binding(0) var<storage, read_write> w: array<T>;
@group(0) @binding(1) var<storage, read_write> v: array<T>;
@group(0) @binding(2) var<storage, read> g: array<T>;
@group(0) @binding(3) var<storage, read> settings: array<f32>;
@group(0) @binding(4) var<uniform> N: u32;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64 + id.x;
  if (i >= N) { return; }
  let before = w[i];
  let gradient = settings[0] * g[i];
  let velocity = fma(T(settings[2]), v[i], fma(T(settings[3]), before, gradient));
  v[i] = velocity;
  w[i] = fma(T(-settings[1]), velocity, before);
}
