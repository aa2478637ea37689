// Copies matrices into frames of another size: y[b, i, j] = x[b, i, j], 0 where x has none; what y has no room
// for is dropped.
//
// x  f32 [B, R, C]
// y  f32 [B, YR, YC]
//
// One invocation writes one T of y. No barriers, no races. T is vec4<f32> where C and YC are multiples of 4,
// and then count fours; else f32.

@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;
@group(0) @binding(2) var<uniform> s: Sizes;

struct Sizes { B: u32, R: u32, C: u32, YR: u32, YC: u32 }

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let o = id.y * groups.x * 64 + id.x;
  let j = o % s.YC;
  let i = o / s.YC % s.YR;
  let b = o / (s.YC * s.YR);
  if (b >= s.B) { return; }
  var value = T();
  if (i < s.R && j < s.C) { value = x[(b * s.R + i) * s.C + j]; }
  y[o] = value;
}
