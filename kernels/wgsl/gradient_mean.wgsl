// The mean of the gradients of several batches: mean = (1 − share)·mean + share·g.
//
// mean   f32 [N]   updated; not read where the share is 1
// g      f32 [N]   gradient of a batch
// share  f32 [1]   the batch's share of all images so far
//
// One invocation updates one T: vec4<f32> where N is a multiple of 4, and N then counts fours; else f32.
// No barriers, no races.

@group(0) @binding(0) var<storage, read_write> mean: array<T>;
@group(0) @binding(1) var<storage, read> g: array<T>;
@group(0) @binding(2) var<storage, read> share: array<f32>;
@group(0) @binding(3) var<uniform> N: u32;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64 + id.x;
  if (i >= N) { return; }
  if (share[0] == 1) {
    mean[i] = g[i];
  } else {
    mean[i] = fma(T(share[0]), g[i], (1 - share[0]) * mean[i]);
  }
}
