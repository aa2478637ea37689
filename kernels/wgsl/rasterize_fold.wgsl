// Folds what `rasterize.wgsl` has drawn into one bit per polygon: the second of two steps.
//
// placements  [B]                     mask columns of the image that lie in the source
// bits, quads u32 [B, HEIGHT, WIDTH]  before: toggles below, boundary bits above; after: bit r says
//                                     whether polygon r covers the pixel
//
// Invocation (row, image) goes through one row. No barriers, no races.

struct Placement {
  dy: i32,
  origin: i32,
  step: i32,
  /// Mask columns first..<end lie in the source.
  first: i32,
  end: i32,
}

@group(0) @binding(0) var<storage, read> placements: array<Placement>;
@group(0) @binding(1) var<storage, read_write> bits: array<u32>;
/// The same, four pixels at a time.
@group(0) @binding(2) var<storage, read_write> quads: array<vec4<u32>>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if id.x >= HEIGHT { return; }
  let place = placements[id.y];
  let begin = (id.y * HEIGHT + id.x) * WIDTH;
  var inside = 0u;
  for (var column = 0u; column < WIDTH; column++) {
    let word = bits[begin + column];
    if (word | inside) == 0u { continue; }
    inside ^= word & 0xffffu;
    let within = i32(column) >= place.first && i32(column) < place.end;
    bits[begin + column] = select(0u, inside | (word >> 16u), within);
  }
}

/// As `main`, where WIDTH is a multiple of 4.
@compute @workgroup_size(WORKGROUP)
fn fold_quads(@builtin(global_invocation_id) id: vec3<u32>) {
  if id.x >= HEIGHT { return; }
  let place = placements[id.y];
  let begin = (id.y * HEIGHT + id.x) * (WIDTH / 4u);
  var inside = 0u;
  for (var quad = 0u; quad < WIDTH / 4u; quad++) {
    let words = quads[begin + quad];
    if (words.x | words.y | words.z | words.w | inside) == 0u { continue; }
    let toggles = words & vec4(0xffffu);
    let x = inside ^ toggles.x;
    let y = x ^ toggles.y;
    let z = y ^ toggles.z;
    inside = z ^ toggles.w;
    let columns = vec4<i32>(i32(4u * quad)) + vec4(0, 1, 2, 3);
    let within = columns >= vec4(place.first) & columns < vec4(place.end);
    quads[begin + quad] = select(vec4(0u), vec4(x, y, z, inside) | (words >> vec4(16u)), within);
  }
}
