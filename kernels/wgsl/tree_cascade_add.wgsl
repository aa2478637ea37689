// Adds to the points of faces what the trees of one stage of a cascade hold for them: the last step after
// those of `tree_cascade.wgsl`.
//
// picks   u32 [B, WORDS]               leaf of each tree, PER_WORD trees in a word, DEPTH bits each
// shapes  f32 [B, 136]                 points as shares of the box; read and written
// leaves  f32 [S, T, SPLITS + 1, 136]  four numbers a texel, TREES_PER_ROW trees a row
//
// Invocation (face, half) of `add_half` adds up half of a face's points, (quad, face) of `add_quad` two
// of them: a software adapter wants many sums in one invocation, hardware many invocations. Leaves lie in
// a texture because a software adapter fetches texels in half the time of storage loads. No barriers.
//
// Constants: T, DEPTH, PER_WORD, TREES_PER_ROW.

struct Sizes { faces: u32, stage: u32 }

@group(0) @binding(0) var<uniform> s: Sizes;
@group(0) @binding(1) var<storage, read> picks: array<u32>;
@group(0) @binding(2) var<storage, read_write> shapes: array<vec4<f32>>;
@group(0) @binding(3) var leaves: texture_2d<f32>;

const QUADS = 34u;
const HALF = 17u;
const SPLITS = (1u << DEPTH) - 1u;
const WORDS = (T + PER_WORD - 1u) / PER_WORD;

@compute @workgroup_size(8)
fn add_half(@builtin(global_invocation_id) id: vec3<u32>) {
  if id.x >= s.faces { return; }
  let half = id.y * HALF;
  let to = id.x * QUADS + half;
  var a = four_shapes(to);
  var b = four_shapes(to + 4u);
  var c = four_shapes(to + 8u);
  var d = four_shapes(to + 12u);
  var e = shapes[to + 16u];
  for (var i = 0u; i < WORDS; i++) {
    var word = picks[id.x * WORDS + i];
    for (var tree = i * PER_WORD; tree < min((i + 1u) * PER_WORD, T); tree++) {
      let at = texel(tree, word) + vec2(half, 0u);
      a += four_leaves(at);
      b += four_leaves(at + vec2(4u, 0u));
      c += four_leaves(at + vec2(8u, 0u));
      d += four_leaves(at + vec2(12u, 0u));
      e += textureLoad(leaves, at + vec2(16u, 0u), 0);
      word >>= DEPTH;
    }
  }
  store_four(to, a);
  store_four(to + 4u, b);
  store_four(to + 8u, c);
  store_four(to + 12u, d);
  shapes[to + 16u] = e;
}

@compute @workgroup_size(QUADS)
fn add_quad(@builtin(global_invocation_id) id: vec3<u32>) {
  let face = id.y;
  var sum = shapes[face * QUADS + id.x];
  for (var i = 0u; i < WORDS; i++) {
    var word = picks[face * WORDS + i];
    for (var tree = i * PER_WORD; tree < min((i + 1u) * PER_WORD, T); tree++) {
      sum += textureLoad(leaves, texel(tree, word) + vec2(id.x, 0u), 0);
      word >>= DEPTH;
    }
  }
  shapes[face * QUADS + id.x] = sum;
}

/// Where the leaf lies that the lowest bits of `word` name.
fn texel(tree: u32, word: u32) -> vec2<u32> {
  let index = s.stage * T + tree;
  let leaf = index % TREES_PER_ROW * (SPLITS + 1u) + (word & SPLITS);
  return vec2(leaf * QUADS, index / TREES_PER_ROW);
}

fn four_leaves(at: vec2<u32>) -> mat4x4<f32> {
  return mat4x4(
    textureLoad(leaves, at, 0), textureLoad(leaves, at + vec2(1u, 0u), 0),
    textureLoad(leaves, at + vec2(2u, 0u), 0), textureLoad(leaves, at + vec2(3u, 0u), 0),
  );
}

fn four_shapes(at: u32) -> mat4x4<f32> {
  return mat4x4(shapes[at], shapes[at + 1u], shapes[at + 2u], shapes[at + 3u]);
}

fn store_four(at: u32, m: mat4x4<f32>) {
  shapes[at] = m[0]; shapes[at + 1u] = m[1]; shapes[at + 2u] = m[2]; shapes[at + 3u] = m[3];
}
