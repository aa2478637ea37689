// Appended to winograd.wgsl for hardware: what it reads is a buffer, f32 with channels by fours.

@group(0) @binding(0) var<storage, read> given: array<vec4<f32>>;

fn load(i: u32) -> vec4<f32> {
  return given[i];
}

fn load_inside(i: u32, inside: bool) -> vec4<f32> {
  if (!inside) { return vec4<f32>(); }
  return given[i];
}
