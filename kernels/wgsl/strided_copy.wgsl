// Copies a view of x, with zeros where x has nothing: parts of it, frames around it, other orders of its axes.
//
// x  f32 [..]              of BOUNDS along its axes, STRIDES apart
// y  f32 [A, B, C, RUN]    begins STARTS into x
//
// LANES invocations, of which a workgroup has 64 / LANES times as many, write one row of y, RUN T's; its place
// in x is worked out once for all of them. No barriers, no races. T is vec4<f32> where the runs, their starts and all strides are multiples of 4, and
// the innermost axis and all strides then count fours; else f32.

@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;
@group(0) @binding(2) var<uniform> s: View;

struct View {
  SIZES: vec4<i32>,
  STARTS: vec4<i32>,
  BOUNDS: vec4<i32>,
  STRIDES: vec4<i32>,
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let row = i32((group.y * groups.x + group.x) * (64 / LANES) + local / LANES);
  let sizes = s.SIZES;
  if (row >= sizes.x * sizes.y * sizes.z) { return; }
  let at = s.STARTS.xyz + vec3<i32>(row / (sizes.y * sizes.z), row / sizes.z % sizes.y, row % sizes.z);
  let inside = all(at >= vec3<i32>(0)) && all(at < s.BOUNDS.xyz);
  let steps = at * s.STRIDES.xyz;
  let first = steps.x + steps.y + steps.z;
  for (var i = i32(local % LANES); i < sizes.w; i += LANES) {
    let c = i + s.STARTS.w;
    var value = T();
    if (inside && c >= 0 && c < s.BOUNDS.w) { value = x[first + c]; }
    y[row * sizes.w + i] = value;
  }
}
