// The transformations of Winograd's F(4x4, 3x3): 4x4 outputs of a 3x3 filter by 36 multiplications in
// place of 144. A tile is 6x6 numbers of the image, 4 apart, so that neighbours overlap by 2.
//
//   image        Bᵀ·d·B    6x6 tiles of x [I, H, W, C], zeros outside     -> [I, TH, TW, 36, C]
//   taps         G·f·Gᵀ    f [3, 3, M, N]                                 -> [36, M, N]
//   result       Aᵀ·m·A    [I, TH, TW, 36, N]                             -> 4x4 tiles of y [I, H, W, N]
//   gradient     A·dy·Aᵀ   4x4 tiles of dy [I, H, W, N], zeros outside    -> [I, TH, TW, 36, N]
//   taps_grad    Gᵀ·g·G    [36, M, N]                                     -> f [3, 3, M, N]
//
// What is read is `given`, by winograd_texels.wgsl or winograd_buffer.wgsl; what is written a buffer; both f32
// with channels by fours. One invocation transforms four channels of a tile, whose 36 numbers lie STEP vectors
// apart: with STEP = C4 as above, with STEP = P as [36, I, TH, TW, C], a matrix for each of the 36. Neighbours
// have neighbouring channels on both sides. No barriers; every element has one writer.

@group(0) @binding(1) var<storage, read_write> out: array<vec4<f32>>;
@group(0) @binding(2) var<uniform> s: Sizes;

struct Sizes {
  P: u32,      // invocations: vectors of all tiles
  C4: u32,     // channels of the images / 4
  H: u32,      // height of the images
  W: u32,
  TH: u32,     // tiles along the height
  TW: u32,
  TOP: u32,    // rows of the border
  LEFT: u32,
  FIRST: u32,  // tile that the first invocation has
  STEP: u32,   // vectors between two of the 36 numbers
}

struct Three { a: vec4<f32>, b: vec4<f32>, c: vec4<f32> }
struct Four { a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32> }
struct Six { a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>, e: vec4<f32>, f: vec4<f32> }

@compute @workgroup_size(64)
fn image(@builtin(global_invocation_id) id: vec3<u32>) {
  let p = id.x;
  if (p >= s.P) { return; }
  let r0 = imageRow(p, 0); let r1 = imageRow(p, 1); let r2 = imageRow(p, 2);
  let r3 = imageRow(p, 3); let r4 = imageRow(p, 4); let r5 = imageRow(p, 5);
  storeColumn(p, 0, spreadImage(Six(r0.a, r1.a, r2.a, r3.a, r4.a, r5.a)));
  storeColumn(p, 1, spreadImage(Six(r0.b, r1.b, r2.b, r3.b, r4.b, r5.b)));
  storeColumn(p, 2, spreadImage(Six(r0.c, r1.c, r2.c, r3.c, r4.c, r5.c)));
  storeColumn(p, 3, spreadImage(Six(r0.d, r1.d, r2.d, r3.d, r4.d, r5.d)));
  storeColumn(p, 4, spreadImage(Six(r0.e, r1.e, r2.e, r3.e, r4.e, r5.e)));
  storeColumn(p, 5, spreadImage(Six(r0.f, r1.f, r2.f, r3.f, r4.f, r5.f)));
}

@compute @workgroup_size(64)
fn taps(@builtin(global_invocation_id) id: vec3<u32>) {
  let p = id.x;
  if (p >= s.P) { return; }
  let r0 = spreadFilter(Three(load(p), load(p + s.P), load(p + 2 * s.P)));
  let r1 = spreadFilter(Three(load(p + 3 * s.P), load(p + 4 * s.P), load(p + 5 * s.P)));
  let r2 = spreadFilter(Three(load(p + 6 * s.P), load(p + 7 * s.P), load(p + 8 * s.P)));
  storeColumn(p, 0, spreadFilter(Three(r0.a, r1.a, r2.a)));
  storeColumn(p, 1, spreadFilter(Three(r0.b, r1.b, r2.b)));
  storeColumn(p, 2, spreadFilter(Three(r0.c, r1.c, r2.c)));
  storeColumn(p, 3, spreadFilter(Three(r0.d, r1.d, r2.d)));
  storeColumn(p, 4, spreadFilter(Three(r0.e, r1.e, r2.e)));
  storeColumn(p, 5, spreadFilter(Three(r0.f, r1.f, r2.f)));
}

@compute @workgroup_size(64)
fn result(@builtin(global_invocation_id) id: vec3<u32>) {
  let p = id.x;
  if (p >= s.P) { return; }
  let r0 = foldResult(loadRow(p, 0)); let r1 = foldResult(loadRow(p, 1));
  let r2 = foldResult(loadRow(p, 2)); let r3 = foldResult(loadRow(p, 3));
  let r4 = foldResult(loadRow(p, 4)); let r5 = foldResult(loadRow(p, 5));
  storeResult(p, 0, foldResult(Six(r0.a, r1.a, r2.a, r3.a, r4.a, r5.a)));
  storeResult(p, 1, foldResult(Six(r0.b, r1.b, r2.b, r3.b, r4.b, r5.b)));
  storeResult(p, 2, foldResult(Six(r0.c, r1.c, r2.c, r3.c, r4.c, r5.c)));
  storeResult(p, 3, foldResult(Six(r0.d, r1.d, r2.d, r3.d, r4.d, r5.d)));
}

@compute @workgroup_size(64)
fn gradient(@builtin(global_invocation_id) id: vec3<u32>) {
  let p = id.x;
  if (p >= s.P) { return; }
  let r0 = gradientRow(p, 0); let r1 = gradientRow(p, 1);
  let r2 = gradientRow(p, 2); let r3 = gradientRow(p, 3);
  storeColumn(p, 0, spreadGradient(Four(r0.a, r1.a, r2.a, r3.a)));
  storeColumn(p, 1, spreadGradient(Four(r0.b, r1.b, r2.b, r3.b)));
  storeColumn(p, 2, spreadGradient(Four(r0.c, r1.c, r2.c, r3.c)));
  storeColumn(p, 3, spreadGradient(Four(r0.d, r1.d, r2.d, r3.d)));
  storeColumn(p, 4, spreadGradient(Four(r0.e, r1.e, r2.e, r3.e)));
  storeColumn(p, 5, spreadGradient(Four(r0.f, r1.f, r2.f, r3.f)));
}

@compute @workgroup_size(64)
fn taps_grad(@builtin(global_invocation_id) id: vec3<u32>) {
  let p = id.x;
  if (p >= s.P) { return; }
  let r0 = foldFilter(loadRow(p, 0)); let r1 = foldFilter(loadRow(p, 1));
  let r2 = foldFilter(loadRow(p, 2)); let r3 = foldFilter(loadRow(p, 3));
  let r4 = foldFilter(loadRow(p, 4)); let r5 = foldFilter(loadRow(p, 5));
  storeTaps(p, 0, foldFilter(Six(r0.a, r1.a, r2.a, r3.a, r4.a, r5.a)));
  storeTaps(p, 1, foldFilter(Six(r0.b, r1.b, r2.b, r3.b, r4.b, r5.b)));
  storeTaps(p, 2, foldFilter(Six(r0.c, r1.c, r2.c, r3.c, r4.c, r5.c)));
}

// Bᵀ·d for one column d.
fn spreadImage(d: Six) -> Six {
  let even = d.e - 4 * d.c;
  let odd = d.d - 4 * d.b;
  let evens = d.e - d.c;
  let odds = 2 * (d.d - d.b);
  return Six(
    4 * d.a - 5 * d.c + d.e, even + odd, even - odd, evens + odds, evens - odds, 4 * d.b - 5 * d.d + d.f,
  );
}

// G·f for one column f.
fn spreadFilter(f: Three) -> Six {
  let outer = (f.a + f.c) / -6;
  let wide = f.a / 24 + f.c / 6;
  return Six(f.a / 4, outer - f.b / 6, outer + f.b / 6, wide + f.b / 12, wide - f.b / 12, f.c);
}

// Aᵀ·m for one column m.
fn foldResult(m: Six) -> Four {
  let sum = m.b + m.c;
  let difference = m.b - m.c;
  let sums = m.d + m.e;
  let differences = m.d - m.e;
  return Four(
    m.a + sum + sums, difference + 2 * differences, sum + 4 * sums, difference + 8 * differences + m.f,
  );
}

// A·y for one column y.
fn spreadGradient(y: Four) -> Six {
  let even = y.a + y.c;
  let odd = y.b + y.d;
  let evens = y.a + 4 * y.c;
  let odds = 2 * y.b + 8 * y.d;
  return Six(y.a, even + odd, even - odd, evens + odds, evens - odds, y.d);
}

// Gᵀ·g for one column g.
fn foldFilter(g: Six) -> Three {
  let sum = (g.b + g.c) / -6;
  let sums = g.d + g.e;
  return Three(g.a / 4 + sum + sums / 24, (g.c - g.b) / 6 + (g.d - g.e) / 12, sum + sums / 6 + g.f);
}

// Row i of the 36 numbers.
fn loadRow(p: u32, i: u32) -> Six {
  let at = points(p) + i * 6 * s.STEP;
  return Six(
    load(at), load(at + s.STEP), load(at + 2 * s.STEP),
    load(at + 3 * s.STEP), load(at + 4 * s.STEP), load(at + 5 * s.STEP),
  );
}

// Column j of the 36 numbers.
fn storeColumn(p: u32, j: u32, v: Six) {
  let at = points(p) + j * s.STEP;
  out[at] = v.a;
  out[at + 6 * s.STEP] = v.b;
  out[at + 12 * s.STEP] = v.c;
  out[at + 18 * s.STEP] = v.d;
  out[at + 24 * s.STEP] = v.e;
  out[at + 30 * s.STEP] = v.f;
}

// Where the 36 numbers of a tile's channel begin; they are STEP apart.
fn points(p: u32) -> u32 {
  return p / s.STEP * 36 * s.STEP + p % s.STEP;
}

// Column v of the nine taps.
fn storeTaps(p: u32, v: u32, f: Three) {
  out[v * s.P + p] = f.a;
  out[(3 + v) * s.P + p] = f.b;
  out[(6 + v) * s.P + p] = f.c;
}

// The tile's image and its first row and column there, wrapped around where that is in the border.
fn origin(p: u32) -> vec3<u32> {
  let t = s.FIRST + p / s.C4;
  let i = t / s.TW % s.TH;
  return vec3<u32>(t / (s.TW * s.TH), 4 * i - s.TOP, 4 * (t % s.TW) - s.LEFT);
}

// A number of the tile's image, 0 outside.
fn pixel(p: u32, o: vec3<u32>, i: u32, j: u32) -> vec4<f32> {
  let at = ((o.x * s.H + o.y + i) * s.W + o.z + j) * s.C4 + p % s.C4;
  return load_inside(at, o.y + i < s.H && o.z + j < s.W);
}

// Row i of the image's tile times B.
fn imageRow(p: u32, i: u32) -> Six {
  let o = origin(p);
  return spreadImage(Six(
    pixel(p, o, i, 0), pixel(p, o, i, 1), pixel(p, o, i, 2),
    pixel(p, o, i, 3), pixel(p, o, i, 4), pixel(p, o, i, 5),
  ));
}

// Row i of the gradient's tile times Aᵀ.
fn gradientRow(p: u32, i: u32) -> Six {
  let o = origin(p);
  return spreadGradient(Four(
    pixel(p, o, i, 0), pixel(p, o, i, 1), pixel(p, o, i, 2), pixel(p, o, i, 3),
  ));
}

// Column j of the result's tile; what lies past the image is dropped.
fn storeResult(p: u32, j: u32, y: Four) {
  let o = origin(p);
  if (o.z + j >= s.W) { return; }
  let at = ((o.x * s.H + o.y) * s.W + o.z + j) * s.C4 + p % s.C4;
  let row = s.W * s.C4;
  out[at] = y.a;
  if (o.y + 1 < s.H) { out[at + row] = y.b; }
  if (o.y + 2 < s.H) { out[at + 2 * row] = y.c; }
  if (o.y + 3 < s.H) { out[at + 3 * row] = y.d; }
}
