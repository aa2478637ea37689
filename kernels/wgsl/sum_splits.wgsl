// Adds partial sums: y[i] = Σ over s of parts[s, i].
//
// parts  f32 [S, 4·N4]
// y      f32 [4·N4]
//
// One invocation makes four numbers. No barriers, no races.

@group(0) @binding(0) var<storage, read> parts: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(2) var<uniform> s: Sizes;

struct Sizes {
  N4: u32,  // vectors of a part
  S: u32,
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * 64 + local;
  if (i >= s.N4) { return; }
  var sum = parts[i];
  for (var part = 1u; part < s.S; part++) { sum += parts[part * s.N4 + i]; }
  y[i] = sum;
}
