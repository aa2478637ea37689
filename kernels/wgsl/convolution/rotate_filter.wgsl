// Turns a filter by 180 degrees and swaps its channels, which makes a convolution of the gradient the
// gradient of the input: g[u, v, n, c] = f[KH - 1 - u, KW - 1 - v, c, n], 0 where f has none.
//
// f  f32 [KH, KW, C, N]
// g  f32 [KH, KW, GN, GC]    GN >= N, GC >= C: padded to multiples of 4
//
// main: one invocation writes one number of g. by_fours: one invocation transposes 4 x 4 numbers, where
// nothing is padded; a number at a time, either the loads or the stores would all be far apart.
// No barriers, no races.

@group(0) @binding(0) var<storage, read> f: array<f32>;
@group(0) @binding(1) var<storage, read_write> g: array<f32>;
@group(0) @binding(2) var<uniform> s: Sizes;
// f and g for by_fours.
@group(0) @binding(3) var<storage, read> f4: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> g4: array<vec4<f32>>;

struct Sizes { KH: u32, KW: u32, C: u32, N: u32, GN: u32, GC: u32 }

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let o = id.y * groups.x * 64 + id.x;
  if (o >= s.KH * s.KW * s.GN * s.GC) { return; }
  let c = o % s.GC;
  let n = o / s.GC % s.GN;
  // Reversing u and v together reverses their common index.
  let tap = s.KH * s.KW - 1 - o / (s.GC * s.GN);
  var value = 0.0;
  if (c < s.C && n < s.N) { value = f[(tap * s.C + c) * s.N + n]; }
  g[o] = value;
}

@compute @workgroup_size(64)
fn by_fours(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64 + id.x;
  let c4 = s.C / 4;
  let n4 = s.N / 4;
  if (i >= s.KH * s.KW * c4 * n4) { return; }
  let n = i % n4;
  let c = i / n4 % c4;
  let tap = i / (c4 * n4);
  let at = (tap * s.C + 4 * c) * n4 + n;
  let block = transpose(mat4x4<f32>(f4[at], f4[at + n4], f4[at + 2 * n4], f4[at + 3 * n4]));
  let to = ((s.KH * s.KW - 1 - tap) * s.N + 4 * n) * c4 + c;
  g4[to] = block[0];
  g4[to + c4] = block[1];
  g4[to + 2 * c4] = block[2];
  g4[to + 3 * c4] = block[3];
}
