// Draws the edges of polygons: the first of two steps from polygons to region bits.
//
// polygons    i32 [B, REGIONS, VERTICES, 2]  x, y of each vertex in source pixels, within ±32767
// counts      u32 [B, REGIONS]               vertices used
// placements  [B]                            how the image's mask lies in the source
// grid        i32 [h + WH + 1 + WW + 1]      source row of each mask row; mask rows before each
//                                            window row; mask columns before each window column
// bits        u32 [B, HEIGHT, WIDTH]         zero before; after, two bits per polygon in each word
//
// Invocation (image, edge) draws one edge in all the mask rows that it meets. In the low half of a
// word, a polygon's bit is toggled where the edge is crossed: a pixel is inside if an odd number of
// toggles lie at or before it in its row. In the high half it is set under the boundary line.
// `rasterize_fold.wgsl` makes one of the two. Edges share words, hence atomics; no barriers.
// Neighbouring invocations draw the same edge of different faces: equally long, and never in one word.
//
// No product of two coordinate differences exceeds 32 bits unsigned.

/// How the mask of an image lies in the source; x of the source meets the grid at origin + step·x.
struct Placement {
  dy: i32,
  origin: i32,
  /// 1, or -1 if flipped.
  step: i32,
  /// Mask columns first..<end lie in the source.
  first: i32,
  end: i32,
}

@group(0) @binding(0) var<storage, read> polygons: array<vec2<i32>>;
@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read> placements: array<Placement>;
@group(0) @binding(3) var<storage, read> grid: array<i32>;
@group(0) @binding(4) var<storage, read_write> bits: array<atomic<u32>>;

/// Where an edge is drawn.
struct Target {
  /// Word of the image's first pixel.
  base: u32,
  /// The polygon's bit.
  bit: u32,
  dy: i32,
  origin: i32,
  step: i32,
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let image = id.x;
  if image >= arrayLength(&placements) { return; }
  let region = id.y / VERTICES;
  let vertex = id.y % VERTICES;
  let slot = image * REGIONS + region;
  let count = counts[slot];
  if vertex >= count { return; }
  let previous = select(vertex, count, vertex == 0u) - 1u;
  let p0 = polygons[slot * VERTICES + previous];
  let p1 = polygons[slot * VERTICES + vertex];
  let place = placements[image];
  let to = Target(
    image * u32(HEIGHT * WIDTH),
    1u << region,
    place.dy,
    place.origin,
    place.step,
  );
  let upward = p1.y < p0.y;
  if p0.y != p1.y { toggle_edge(to, select(p0, p1, upward), select(p1, p0, upward)); }
  draw_line(to, p0, p1);
}

/// Toggles all pixels right of an edge, from its upper end to above its lower end. Its slope has 16
/// fraction bits, truncated toward zero: `whole` and `fraction` are its magnitude. A pixel that is
/// crossed exactly counts as inside; if no end lies outside the image the boundary line covers it.
fn toggle_edge(to: Target, top: vec2<i32>, bottom: vec2<i32>) {
  let rows = range_of_rows(to, top.y, bottom.y);
  if rows.x >= rows.y { return; }
  let down = u32(bottom.y - top.y);
  let across = u32(abs(bottom.x - top.x));
  let leftward = bottom.x < top.x;
  let corner = vec2(SOURCE_WIDTH - 1, SOURCE_HEIGHT - 1);
  let outside = any(min(top, bottom) < vec2(0)) || any(max(top, bottom) > corner);
  let whole = quotient(across, down);
  let rest = (across - whole * down) << 8u;
  let high = quotient(rest, down);
  let fraction = (high << 8u) | quotient((rest - high * down) << 8u, down);
  for (var row = rows.x; row < rows.y; row++) {
    let steps = u32(grid[row] + to.dy - top.y);
    let sum = steps * fraction;
    let pixels = i32(steps * whole + (sum >> 16u));
    let exact = (sum & 0xffffu) == 0u;
    let x = select(top.x + pixels, top.x - pixels - select(1, 0, exact), leftward);
    let column = column_of(to, clamp(x + 1, 0, SOURCE_WIDTH));
    if column < WIDTH { atomicXor(&bits[to.base + u32(row * WIDTH + column)], to.bit); }
    if outside && exact && x >= 0 && x < SOURCE_WIDTH { cover(to, row, x, x); }
  }
}

/// Draws the boundary line from p0 to p1, clipped to the image: rows first, then columns.
fn draw_line(to: Target, p0: vec2<i32>, p1: vec2<i32>) {
  let corner = vec2(SOURCE_WIDTH - 1, SOURCE_HEIGHT - 1);
  if any(max(p0, p1) < vec2(0)) || any(min(p0, p1) > corner) { return; }
  var a = p0;
  var b = p1;
  let ya = clamp(a.y, 0, corner.y);
  if ya != a.y { a = vec2(a.x + scaled(ya - a.y, b.x - a.x, b.y - a.y), ya); }
  let yb = clamp(b.y, 0, corner.y);
  if yb != b.y { b = vec2(b.x + scaled(yb - b.y, b.x - a.x, b.y - a.y), yb); }
  if max(a.x, b.x) < 0 || min(a.x, b.x) > corner.x { return; }
  let xa = clamp(a.x, 0, corner.x);
  if xa != a.x { a = vec2(xa, a.y + scaled(xa - a.x, b.y - a.y, b.x - a.x)); }
  let xb = clamp(b.x, 0, corner.x);
  if xb != b.x { b = vec2(xb, b.y + scaled(xb - b.x, b.y - a.y, b.x - a.x)); }
  let leftward = b.x < a.x;
  draw_runs(to, select(a, b, leftward), select(b, a, leftward));
}

/// Draws a line inside the image from its left to its right end: one run of pixels in each row.
fn draw_runs(to: Target, left: vec2<i32>, right: vec2<i32>) {
  let across = u32(right.x - left.x);
  let down = u32(abs(right.y - left.y));
  let rows = range_of_rows(to, min(left.y, right.y), max(left.y, right.y) + 1);
  for (var row = rows.x; row < rows.y; row++) {
    let step = u32(abs(grid[row] + to.dy - left.y));
    var first = 0u;
    var last = across;
    if down > across {
      first = quotient(2u * across * step + down - 1u, 2u * down);
      last = first;
    } else {
      if step > 0u { first = quotient(across * (2u * step - 1u), 2u * down) + 1u; }
      if step < down { last = quotient(across * (2u * step + 1u), 2u * down); }
    }
    cover(to, row, left.x + i32(first), left.x + i32(last));
  }
}

/// Sets the boundary bit in a mask row from source column `first` to `last`.
fn cover(to: Target, row: i32, first: i32, last: i32) {
  let a = column_of(to, first);
  let b = column_of(to, last + 1);
  let begin = to.base + u32(row * WIDTH + min(a, b));
  let end = to.base + u32(row * WIDTH + max(a, b));
  for (var pixel = begin; pixel < end; pixel++) { atomicOr(&bits[pixel], to.bit << 16u); }
}

/// The mask rows whose source rows lie in first..<end of the image.
fn range_of_rows(to: Target, first: i32, end: i32) -> vec2<i32> {
  let rows = clamp(vec2(first, end), vec2(0), vec2(SOURCE_HEIGHT)) - to.dy;
  let inside = clamp(rows, vec2(0), vec2(WINDOW_HEIGHT));
  return vec2(grid[HEIGHT + inside.x], grid[HEIGHT + inside.y]);
}

/// The mask column at which source column x begins, counted from the right if flipped. A row has an
/// even number of crossings, so toggling on either side of them folds to the same.
fn column_of(to: Target, x: i32) -> i32 {
  let column = clamp(to.origin + to.step * x, 0, WINDOW_WIDTH);
  return grid[HEIGHT + WINDOW_HEIGHT + 1 + column];
}

/// part · length / total, truncated toward zero, where |part| <= |total|.
fn scaled(part: i32, length: i32, total: i32) -> i32 {
  let magnitude = i32(quotient(u32(abs(part)) * u32(abs(length)), u32(abs(total))));
  return select(magnitude, -magnitude, ((part ^ length) ^ total) < 0);
}

/// a / b, where the result is below 2^16 and b below 2^17: the f32 quotient is then off by less than
/// 1, and the remainder tells in which direction. Integer division is many times slower.
fn quotient(a: u32, b: u32) -> u32 {
  let near = u32(f32(a) / f32(b));
  let rest = i32(a - near * b);
  return near + select(0u, 1u, rest >= i32(b)) - select(0u, 1u, rest < 0);
}
