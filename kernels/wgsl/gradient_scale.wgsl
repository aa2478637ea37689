// The factor that brings gradients down to a norm, without reading them back.
//
// g         f32 [N]   gradient of one variable
// parts     f32 [P]   sums of squares; those of this variable begin at FIRST
// settings  f32 [1…]  written at 0: min(1, CLIP / (√(sum of all parts) + 10⁻⁶)), NaN where that sum is
//
// A workgroup of `squares` adds up the squares of 64 · RUN numbers, one of `total` all parts. Both fold the
// shares of their invocations behind barriers; no races.

@group(0) @binding(0) var<storage, read> g: array<f32>;
@group(0) @binding(1) var<storage, read_write> parts: array<f32>;
@group(0) @binding(2) var<storage, read_write> settings: array<f32>;
@group(0) @binding(3) var<uniform> sizes: vec2<u32>;  // squares: N, FIRST; total: P

var<workgroup> shares: array<f32, 64>;

// The sum over the workgroup, in its first invocation.
fn fold(local: u32, share: f32) -> f32 {
  shares[local] = share;
  for (var half = 32u; half > 0; half /= 2) {
    workgroupBarrier();
    if (local < half) { shares[local] += shares[local + half]; }
  }
  return shares[0];
}

@compute @workgroup_size(64)
fn squares(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let index = group.y * groups.x + group.x;
  let first = index * 64 * RUN;
  var sum = 0f;
  for (var i = first + local; i < min(first + 64 * RUN, sizes.x); i += 64) {
    let x = g[i];
    sum = fma(x, x, sum);
  }
  let all = fold(local, sum);
  // A grid of several rows may have a group too many.
  if (local == 0 && first < sizes.x) { parts[sizes.y + index] = all; }
}

@compute @workgroup_size(64)
fn total(@builtin(local_invocation_index) local: u32) {
  var sum = 0f;
  for (var i = local; i < sizes.x; i += 64) { sum += parts[i]; }
  let norm = sqrt(fold(local, sum));
  if (local > 0) { return; }
  let factor = CLIP / (norm + 1e-6);
  // Larger than 1, by the bits of a positive number up to ∞: min(1, factor) may make 1 of a NaN.
  let bits = bitcast<u32>(factor);
  settings[0] = select(factor, 1, bits > 0x3f800000 && bits <= 0x7f800000);
}
