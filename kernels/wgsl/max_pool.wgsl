// Max pooling by 2 x 2 without overlap or border, and its gradient.
//
// x, dx          f32 [B, H, W, C]
// y, largest     f32 [B, H/2, W/2, C]   halves rounded down; y is written by `main`, read by `grad`
// dy             f32 [B, H/2, W/2, C]
//
// A workgroup takes a row of windows, an invocation one T of a window at a time. `grad` gives dy to the first
// of a window's largest elements in row-major order and writes all of dx: where the height or the width is
// odd it has windows that lack a row or a column, which hold zeros. No barriers, no races. T is vec4<f32> where
// the channels are a multiple of 4, and C then counts fours; else f32.

@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;
@group(0) @binding(2) var<uniform> s: Sizes;
@group(0) @binding(3) var<storage, read> largest: array<T>;
@group(0) @binding(4) var<storage, read> dy: array<T>;
@group(0) @binding(5) var<storage, read_write> dx: array<T>;

struct Sizes { B: u32, H: u32, W: u32, C: u32 }

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let row = group.y * groups.x + group.x;
  let rows = s.H / 2;
  if (row >= s.B * rows) { return; }
  let wide = s.W / 2 * s.C;
  let first = (row / rows * s.H + row % rows * 2) * s.W * s.C;
  for (var i = local; i < wide; i += 64) {
    // Windows lie twice as far apart as their results.
    let a = first + i + i / s.C * s.C;
    let below = a + s.W * s.C;
    y[row * wide + i] = max(max(x[a], x[a + s.C]), max(x[below], x[below + s.C]));
  }
}

@compute @workgroup_size(64)
fn grad(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let row = group.y * groups.x + group.x;
  let rows = (s.H + 1) / 2;
  if (row >= s.B * rows) { return; }
  let image = row / rows;
  let i = row % rows;
  let has_below = 2 * i + 1 < s.H;
  let first = (image * s.H + 2 * i) * s.W * s.C;
  let pooled = (image * (s.H / 2) + i) * (s.W / 2) * s.C;
  for (var k = local; k < (s.W + 1) / 2 * s.C; k += 64) {
    let j = k / s.C;
    let a = first + k + j * s.C;
    let below = a + s.W * s.C;
    let has_right = 2 * j + 1 < s.W;
    var spread = Window();
    if (has_below && has_right) {
      spread = spread_of(vec4<u32>(a, a + s.C, below, below + s.C), largest[pooled + k], dy[pooled + k]);
    }
    dx[a] = spread.a;
    if (has_right) { dx[a + s.C] = spread.b; }
    if (has_below) { dx[below] = spread.c; }
    if (has_below && has_right) { dx[below + s.C] = spread.d; }
  }
}

// The elements of a window in row-major order.
struct Window { a: T, b: T, c: T, d: T }

// The gradient of a window at four places of x.
fn spread_of(at: vec4<u32>, best: T, gradient: T) -> Window {
  let a = x[at.x] == best;
  let b = x[at.y] == best;
  let c = x[at.z] == best;
  let d = x[at.w] == best;
  var left = gradient;
  let of_a = select(T(), left, a);
  left = select(left, T(), a);
  let of_b = select(T(), left, b);
  left = select(left, T(), b);
  let of_c = select(T(), left, c);
  left = select(left, T(), c);
  return Window(of_a, of_b, of_c, select(T(), left, d));
}
