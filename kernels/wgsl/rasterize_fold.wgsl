// Folds what `rasterize.wgsl` has drawn into one bit per polygon: the second of two steps.
//
// placements  [B]                     mask columns of the image that lie in the source
// bits        u32 [B, HEIGHT, WIDTH]  before: toggles below, boundary bits above; after: bit r says
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

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if id.x >= HEIGHT { return; }
  let first = u32(placements[id.y].first);
  let end = u32(placements[id.y].end);
  let begin = (id.y * HEIGHT + id.x) * WIDTH;
  var inside = 0u;
  for (var column = 0u; column < WIDTH; column++) {
    let word = bits[begin + column];
    inside ^= word & 0xffffu;
    let within = column >= first && column < end;
    bits[begin + column] = select(0u, inside | (word >> 16u), within);
  }
}
