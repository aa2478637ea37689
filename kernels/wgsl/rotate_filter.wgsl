// Turns a filter by 180 degrees and swaps its channels, which makes a convolution of the gradient the
// gradient of the input: g[u, v, n, c] = f[KH - 1 - u, KW - 1 - v, c, n], 0 where f has none.
//
// f  f32 [KH, KW, C, N]
// g  f32 [KH, KW, GN, GC]    GN >= N, GC >= C: padded to multiples of 4
//
// One invocation writes one number of g. No barriers, no races.

@group(0) @binding(0) var<storage, read> f: array<f32>;
@group(0) @binding(1) var<storage, read_write> g: array<f32>;
@group(0) @binding(2) var<uniform> s: Sizes;

struct Sizes { KH: u32, KW: u32, C: u32, N: u32, GN: u32, GC: u32 }

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let o = (group.y * groups.x + group.x) * 64 + local;
  if (o >= s.KH * s.KW * s.GN * s.GC) { return; }
  let c = o % s.GC;
  let n = o / s.GC % s.GN;
  // Reversing u and v together reverses their common index.
  let tap = s.KH * s.KW - 1 - o / (s.GC * s.GN);
  var value = 0.0;
  if (c < s.C && n < s.N) { value = f[(tap * s.C + c) * s.N + n]; }
  g[o] = value;
}
