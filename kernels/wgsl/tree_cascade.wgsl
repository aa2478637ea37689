// Places 68 points on faces by a cascade of regression trees: the first three steps of a stage, which
// find the leaf of every tree. `tree_cascade_add.wgsl` adds the leaves up.
//
// pixels    u8  [ , ]        windows of gray pixels, row by row, four in a word
// windows   [B]              first pixel, width, height
// boxes     [B]              corner and edges of the face's box, in pixels of its window
// shapes    f32 [B, 136]     points as shares of the box
// turns     f32 [B, 2]       scaled rotation from the initial shape to the present one
// values    f32 [B, F]       brightness at the stage's features
// picks     u32 [B, WORDS]   leaf of each tree, PER_WORD trees in a word, DEPTH bits each
// features  [S, F]           point that a feature moves with, and its distance from there
// splits    [S, T, SPLITS]   two features (16 bits each) and a threshold
//
// Entry points in their order: `turn` (a face), `sample` (a feature of a face), `descend` (the trees of a
// word of a face). No barriers, no shared writes.
//
// Constants: F, T, DEPTH, PER_WORD.

struct Sizes { faces: u32, stage: u32 }
struct Window { first: u32, width: u32, height: u32 }
struct Box { corner: vec2<f32>, right: vec2<f32>, down: vec2<f32> }
struct Feature { anchor: u32, dx: f32, dy: f32 }
struct Split { pair: u32, threshold: f32 }

@group(0) @binding(0) var<uniform> s: Sizes;
@group(0) @binding(1) var<storage, read> pixels: array<u32>;
@group(0) @binding(2) var<storage, read> windows: array<Window>;
@group(0) @binding(3) var<storage, read> boxes: array<Box>;
@group(0) @binding(4) var<storage, read> shapes: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> turns: array<vec2<f32>>;
@group(0) @binding(6) var<storage, read_write> values: array<f32>;
@group(0) @binding(7) var<storage, read_write> picks: array<u32>;
@group(0) @binding(8) var<storage, read> features: array<Feature>;
@group(0) @binding(9) var<storage, read> splits: array<Split>;
/// The initial shape around its mean, over the sum of its squares.
@group(0) @binding(10) var<uniform> reference: array<vec4<f32>, 34>;

const QUADS = 34u;
const SPLITS = (1u << DEPTH) - 1u;
const WORDS = (T + PER_WORD - 1u) / PER_WORD;

@compute @workgroup_size(64)
fn turn(@builtin(global_invocation_id) id: vec3<u32>) {
  let face = id.x;
  if face >= s.faces { return; }
  var sum = vec2<f32>();
  for (var i = 0u; i < QUADS; i++) {
    let a = reference[i];
    let b = shapes[face * QUADS + i];
    sum += vec2(dot(a, b), a.x * b.y - a.y * b.x + a.z * b.w - a.w * b.z);
  }
  turns[face] = sum;
}

@compute @workgroup_size(64)
fn sample(@builtin(global_invocation_id) id: vec3<u32>) {
  let face = id.y;
  if id.x >= F { return; }
  let feature = features[s.stage * F + id.x];
  let quad = shapes[face * QUADS + feature.anchor / 2u];
  let anchor = select(quad.xy, quad.zw, feature.anchor % 2u == 1u);
  let t = turns[face];
  let u = anchor + vec2(t.x * feature.dx - t.y * feature.dy, t.y * feature.dx + t.x * feature.dy);
  let box = boxes[face];
  let at = vec2<i32>(floor(box.corner + u.x * box.right + u.y * box.down + 0.5));
  let window = windows[face];
  var value = 0.0;
  if all(at >= vec2(0)) && all(at < vec2(i32(window.width), i32(window.height))) {
    let pixel = window.first + u32(at.y) * window.width + u32(at.x);
    value = f32(pixels[pixel / 4u] >> (pixel % 4u * 8u) & 0xffu);
  }
  values[face * F + id.x] = value;
}

@compute @workgroup_size(64)
fn descend(@builtin(global_invocation_id) id: vec3<u32>) {
  if id.x >= WORDS { return; }
  let of_face = id.y * F;
  let first = id.x * PER_WORD;
  var word = 0u;
  for (var k = 0u; k < min(PER_WORD, T - first); k++) {
    let tree = (s.stage * T + first + k) * SPLITS;
    var node = 0u;
    for (var level = 0u; level < DEPTH; level++) {
      let split = splits[tree + node];
      let a = values[of_face + (split.pair & 0xffffu)];
      let b = values[of_face + (split.pair >> 16u)];
      node = 2u * node + select(2u, 1u, a - b > split.threshold);
    }
    word |= (node - SPLITS) << (k * DEPTH);
  }
  picks[id.y * WORDS + id.x] = word;
}
