// Backward pass of batch normalisation with a ReLU and max pooling by 2 x 2 behind it: two entry points; the
// sums of the first are merged by batch_norm_grad's `merge` in between.
//
// x               f32 [B, H, W, C]
// dy              f32 [B, H/2, W/2, C]   gradient of the pooled result; halves rounded down
// scale, shift    f32 [C]
// stats           f32 [2, C]             mean, 1 / sqrt(variance + epsilon)
// parts           f32 [B, G, 2, C]       of each group of GROUP windows of an image: Σ dz and Σ dz·x̂
// dshift, dscale  f32 [C]                the two sums over all windows
// dx              f32 [B, H, W, C]
//
// Here x̂ is the normalised x, and dz is dy at the first of a window's largest elements (in row-major order)
// where the ReLU let it through, else 0. Which one that is is asked of x again, which has to be read anyway.
//
// reduce: one invocation reduces one channel of one group. spread: one invocation makes one channel of one
// window of dx; past an odd height or width the windows lack a row or column and have no dy.
// No barriers; every element has one writer. T is vec4<f32> where the channels are a multiple of 4, and C
// then counts fours; else f32.

@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> dy: array<T>;
@group(0) @binding(2) var<storage, read> scale: array<T>;
@group(0) @binding(3) var<storage, read> shift: array<T>;
@group(0) @binding(4) var<storage, read> stats: array<T>;
@group(0) @binding(5) var<storage, read_write> parts: array<T>;
@group(0) @binding(6) var<storage, read> dshift: array<T>;
@group(0) @binding(7) var<storage, read> dscale: array<T>;
@group(0) @binding(8) var<storage, read_write> dx: array<T>;
@group(0) @binding(9) var<uniform> s: Sizes;

struct Sizes {
  B: u32,      // images of the run at hand
  H: u32,
  W: u32,
  C: u32,
  GROUP: u32,
  G: u32,
  ALL: u32,    // rows (images times pixels) of the batch
}

// The elements of a window in row-major order.
struct Window { a: T, b: T, c: T, d: T }

// Four numbers of x, normalised.
fn normalised(a: u32, b: u32, c: u32, d: u32, mean: T, inverse: T) -> Window {
  return Window(
    (x[a] - mean) * inverse, (x[b] - mean) * inverse, (x[c] - mean) * inverse, (x[d] - mean) * inverse,
  );
}

// dz of a window.
fn through(dy: T, normal: Window, by: T, plus: T) -> Window {
  let a = fma(normal.a, by, plus);
  let b = fma(normal.b, by, plus);
  let c = fma(normal.c, by, plus);
  let d = fma(normal.d, by, plus);
  let best = max(max(a, b), max(c, d));
  let live = select(T(), dy, best > T());
  let with_b = max(a, b);
  let with_c = max(with_b, c);
  return Window(
    select(T(), live, a == best),
    select(T(), live, (b == best) & (a < best)),
    select(T(), live, (c == best) & (with_b < best)),
    select(T(), live, (d == best) & (with_c < best)),
  );
}

@compute @workgroup_size(64)
fn reduce(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64 + id.x;
  if (i >= s.B * s.G * s.C) { return; }
  let c = i % s.C;
  let image = i / s.C / s.G;
  let mean = stats[c];
  let inverse = stats[s.C + c];
  let by = scale[c];
  let plus = shift[c];
  let high = s.H / 2;
  let wide = s.W / 2;
  let first = i / s.C % s.G * s.GROUP;
  let last = min(first + s.GROUP, high * wide);
  var plain = T();
  var scaled = T();
  for (var p = first; p < last; p++) {
    let row = image * s.H + p / wide * 2;
    let at = (row * s.W + p % wide * 2) * s.C + c;
    let below = at + s.W * s.C;
    let normal = normalised(at, at + s.C, below, below + s.C, mean, inverse);
    let dz = through(dy[(image * high * wide + p) * s.C + c], normal, by, plus);
    plain += dz.a + dz.b + dz.c + dz.d;
    scaled += dz.a * normal.a + dz.b * normal.b + dz.c * normal.c + dz.d * normal.d;
  }
  let o = i / s.C * 2 * s.C + c;
  parts[o] = plain;
  parts[o + s.C] = scaled;
}

@compute @workgroup_size(64)
fn spread(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64 + id.x;
  let high = (s.H + 1) / 2;
  let wide = (s.W + 1) / 2;
  if (i >= s.B * high * wide * s.C) { return; }
  let c = i % s.C;
  let p = i / s.C;
  let image = p / (high * wide);
  let row = p / wide % high;
  let column = p % wide;
  let right = 2 * column + 1 < s.W;
  let under = 2 * row + 1 < s.H;
  let at = ((image * s.H + 2 * row) * s.W + 2 * column) * s.C + c;
  // Where the window lacks an element, its neighbour's place is read and nothing written.
  let b = select(at, at + s.C, right);
  let below = select(0, s.W * s.C, under);

  let inverse = stats[s.C + c];
  let by = scale[c];
  let normal = normalised(at, b, at + below, b + below, stats[c], inverse);
  var given = T();
  if (right && under) { given = dy[((image * (s.H / 2) + row) * (s.W / 2) + column) * s.C + c]; }
  let dz = through(given, normal, by, shift[c]);
  let plain = dshift[c] / f32(s.ALL);
  let scaled = dscale[c] / f32(s.ALL);
  let factor = by * inverse;
  dx[at] = factor * (dz.a - fma(normal.a, scaled, plain));
  if (right) { dx[b] = factor * (dz.b - fma(normal.b, scaled, plain)); }
  if (under) { dx[at + below] = factor * (dz.c - fma(normal.c, scaled, plain)); }
  if (right && under) { dx[b + below] = factor * (dz.d - fma(normal.d, scaled, plain)); }
}
