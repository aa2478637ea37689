// The network's input of images in bytes: shifted, mirrored and scaled.
//
// images   u32 [COUNT, WORDS]      u8 [H, W, 3] each, four bytes a word, lowest first
// changes  vec4<i32> [B]           place among all images, dy, dx, 1 where mirrored
// scaled   f32 [256]               the input for each byte
// y        f32 [RUN, H, W, 3]      images FIRST … FIRST + RUN of the batch
//
// Output pixel (i, j) shows image pixel (i + dy, j' + dx), where j' is j counted from the right if the image
// is mirrored; beyond the border it repeats the border. `images` holds the places from LEAST on; an image
// that is kept elsewhere is left to another dispatch. One invocation makes one pixel. No barriers, no races.

@group(0) @binding(0) var<storage, read> images: array<u32>;
@group(0) @binding(1) var<storage, read> changes: array<vec4<i32>>;
@group(0) @binding(2) var<storage, read> scaled: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<uniform> s: Sizes;

struct Sizes {
  FIRST: u32,
  RUN: u32,
  LEAST: u32,
  COUNT: u32,
  H: u32,
  W: u32,
  WORDS: u32,
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let p = id.y * groups.x * 64 + id.x;
  let image = p / (s.H * s.W);
  if (image >= s.RUN) { return; }
  let change = changes[s.FIRST + image];
  let at = u32(change.x) - s.LEAST;
  if (u32(change.x) < s.LEAST || at >= s.COUNT) { return; }
  let i = i32(p / s.W % s.H);
  let j = i32(p % s.W);
  let row = clamp(i + change.y, 0, i32(s.H) - 1);
  let column = clamp(select(j, i32(s.W) - 1 - j, change.w != 0) + change.z, 0, i32(s.W) - 1);
  let first = 3 * u32(row * i32(s.W) + column);
  for (var c = 0u; c < 3; c++) {
    let byte = images[at * s.WORDS + (first + c) / 4] >> (first + c) % 4 * 8;
    y[3 * p + c] = scaled[byte & 255];
  }
}
