// Adds partial sums: y[i] = Σ over s of parts[s, i], on top of what y holds if ADD.
//
// parts  f32 [S, N]
// y      f32 [N]
//
// main: one invocation makes one T. No barriers, no races.
// many: a workgroup makes 8 T, each by 32 lanes that take every 32nd part; neighbours read neighbouring
// numbers. The lanes' sums are folded in halves behind barriers, in one order; no races. Few sums of many
// parts would leave a large device idle but for a few invocations, each waiting for one part after the other.
// T is vec4<f32> where N is a multiple of 4, and N then counts fours; else f32. Constant: ADD (0 or 1).

@group(0) @binding(0) var<storage, read> parts: array<T>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;
@group(0) @binding(2) var<uniform> s: Sizes;

struct Sizes { N: u32, S: u32 }

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64 + id.x;
  if (i >= s.N) { return; }
  var sum = parts[i];
  for (var part = 1u; part < s.S; part++) { sum += parts[part * s.N + i]; }
  if (ADD != 0) { sum += y[i]; }
  y[i] = sum;
}

var<workgroup> shares: array<T, 256>;

@compute @workgroup_size(256)
fn many(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * 8 + local % 8;
  var sum = T();
  if (i < s.N) {
    for (var part = local / 8; part < s.S; part += 32) { sum += parts[part * s.N + i]; }
  }
  shares[local] = sum;
  for (var half = 128u; half >= 8; half /= 2) {
    workgroupBarrier();
    if (local < half) { shares[local] += shares[local + half]; }
  }
  if (local >= 8 || i >= s.N) { return; }
  sum = shares[local];
  if (ADD != 0) { sum += y[i]; }
  y[i] = sum;
}
