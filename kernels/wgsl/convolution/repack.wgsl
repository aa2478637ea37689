// Copies images into a frame of another size: y[b, i, j, c] = x[b, i - TOP, j - LEFT, c], 0 where x has none.
// It pads with a border, cuts one off, and adds or drops channels at the end.
//
// x  f32 [B, H, W, C]
// y  f32 [B, YH, YW, YC]
//
// One invocation writes one T of y. No barriers, no races. T is vec4<f32> where both channel counts are
// multiples of 4, and C and YC then count fours; else f32.

@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;
@group(0) @binding(2) var<uniform> s: Sizes;

struct Sizes { B: i32, H: i32, W: i32, C: i32, YH: i32, YW: i32, YC: i32, TOP: i32, LEFT: i32 }

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let o = i32((group.y * groups.x + group.x) * 64 + local);
  if (o >= s.B * s.YH * s.YW * s.YC) { return; }
  let c = o % s.YC;
  let j = o / s.YC % s.YW - s.LEFT;
  let i = o / (s.YC * s.YW) % s.YH - s.TOP;
  let b = o / (s.YC * s.YW * s.YH);
  var value = T();
  if (c < s.C && j >= 0 && j < s.W && i >= 0 && i < s.H) {
    value = x[((b * s.H + i) * s.W + j) * s.C + c];
  }
  y[o] = value;
}
