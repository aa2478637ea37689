// Both losses of AttParseNet and both gradients in one pass over the feature maps.
//
// logits      f32 [B, A]              before the sigmoid
// maps        f32 [COUNT, CELLS, A]   predicted masks (KIND 0), or their logits
// bits        u32 [B, CELLS]          region bits of each mask pixel
// targets     f32 [B, 4, A]           four rows an image: the label (0 to 1); the bits (u32) of the regions in
//                                     which the map is to be 1; the weights of both losses
// dlogits     f32 [B, A]              gradient of the total
// dmaps       f32 [COUNT, CELLS, A]   gradient of the total
// parts       f32 [I, 2]              each invocation's share of the two sums; with Dice, its shares behind
//
// KIND is what the maps are measured by: 0 by squares, 1 by cross entropy, 2 by cross entropy and Dice, whose
// passes are in joint_loss_dice.wgsl and take the place of `main`.
// The target of a map is 1 where the pixel lies in a wanted region, else 0; it is made here from bits and
// never stored. maps and dmaps are bound by runs of images, COUNT of them
// from FIRST on; the others whole. One invocation of `main` takes RUN pixels of one image and
// four attributes; those past the maps take four logits each. `total` adds the shares in one workgroup and
// writes losses f32 [3]: total, attribute loss, mask loss. One barrier chain in `total`, no races.

@group(0) @binding(0) var<storage, read> logits: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> maps: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> bits: array<u32>;
@group(0) @binding(3) var<storage, read> targets: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> dlogits: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> dmaps: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> parts: array<vec2<f32>>;
@group(0) @binding(7) var<storage, read_write> losses: array<f32>;

@group(0) @binding(8) var<uniform> s: Settings;

struct Settings {
  B: u32,       // images of the batch
  FIRST: u32,   // first image of the run at hand
  COUNT: u32,   // images of the run at hand
  A4: u32,      // A / 4
  CELLS: u32,
  RUN: u32,
  RUNS: u32,    // ceil(CELLS / RUN)
  WEIGHT: f32,  // of the mask loss
}

// Invocations, and parts, of so many images: first those of their maps, then those of their logits.
fn map_items(images: u32) -> u32 { return images * s.RUNS * s.A4; }
fn items(images: u32) -> u32 { return map_items(images) + images * s.A4; }

// Numbers that a mean over all maps is divided by.
fn map_numbers() -> f32 { return f32(s.B) * f32(s.CELLS) * f32(4 * s.A4); }

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = id.x;
  let maps = map_items(s.COUNT);
  if (i < maps) { map_run(i); } else if (i < items(s.COUNT)) { four_logits(i - maps); }
}

// A row of an image's targets: label, wanted regions, weight of the label's loss, weight of the map's.
fn row(image: u32, which: u32, a: u32) -> vec4<f32> {
  return targets[(image * 4 + which) * s.A4 + a];
}

// The pixels of one invocation, counted through the run's images, and what is wanted in them.
struct Pixels {
  a: u32,             // which four attributes
  first: u32,
  last: u32,          // the one behind
  wanted: vec4<u32>,
  weight: vec4<f32>,
}

fn pixels_of(i: u32) -> Pixels {
  let a = i % s.A4;
  let image = i / s.A4 / s.RUNS;
  let first = i / s.A4 % s.RUNS * s.RUN;
  let start = image * s.CELLS;
  let wanted = bitcast<vec4<u32>>(row(s.FIRST + image, 1, a));
  let weight = row(s.FIRST + image, 3, a);
  return Pixels(a, start + first, start + min(first + s.RUN, s.CELLS), wanted, weight);
}

// 1 where a pixel lies in a wanted region, else 0.
fn target_of(cell: u32, wanted: vec4<u32>) -> vec4<f32> {
  let inside = (vec4<u32>(bits[s.FIRST * s.CELLS + cell]) & wanted) != vec4<u32>(0);
  return select(vec4<f32>(0), vec4<f32>(1), inside);
}

fn map_run(i: u32) {
  let run = pixels_of(i);
  var sum: vec4<f32>;
  if (KIND == 0) { sum = squares(run); } else { sum = entropies(run); }
  parts[map_items(s.FIRST) + i] = vec2<f32>(0, dot(sum, run.weight));
}

fn squares(run: Pixels) -> vec4<f32> {
  let scale = run.weight * (2 * s.WEIGHT / map_numbers());
  var sum = vec4<f32>();
  for (var cell = run.first; cell < run.last; cell++) {
    let d = maps[cell * s.A4 + run.a] - target_of(cell, run.wanted);
    sum = fma(d, d, sum);
    dmaps[cell * s.A4 + run.a] = scale * d;
  }
  return sum;
}

// The sum of log(1 + e) is the logarithm of a product: of at most RUN = 64 factors up to 2, so below 2^65.
fn entropies(run: Pixels) -> vec4<f32> {
  let scale = run.weight * (s.WEIGHT / map_numbers());
  var sum = vec4<f32>();
  var product = vec4<f32>(1);
  for (var cell = run.first; cell < run.last; cell++) {
    let x = maps[cell * s.A4 + run.a];
    let z = target_of(cell, run.wanted);
    let e = exp(-abs(x));
    sum += max(x, vec4<f32>(0)) - x * z;
    product *= 1 + e;
    dmaps[cell * s.A4 + run.a] = scale * (sigmoid(x, e) - z);
  }
  return sum + log(product);
}

// Of x, by e = exp(-|x|), which never overflows.
fn sigmoid(x: vec4<f32>, e: vec4<f32>) -> vec4<f32> {
  return select(e, vec4<f32>(1), x >= vec4<f32>(0)) / (1 + e);
}

fn four_logits(i: u32) {
  let j = s.FIRST * s.A4 + i;
  let x = logits[j];
  let z = row(j / s.A4, 0, j % s.A4);
  let weight = row(j / s.A4, 2, j % s.A4);
  // log(1 + e) loses nothing that a mean over B·A in f32 would keep.
  let e = exp(-abs(x));
  // max may make 0 of a NaN, but the other terms keep it.
  let loss = max(x, vec4<f32>(0)) - x * z + log(1 + e);
  dlogits[j] = weight * (sigmoid(x, e) - z) / (f32(s.B) * f32(4 * s.A4));
  parts[map_items(s.B) + j] = vec2<f32>(dot(loss, weight), 0);
}

var<workgroup> shares: array<vec2<f32>, 256>;

@compute @workgroup_size(256)
fn total(@builtin(local_invocation_index) local: u32) {
  var sum = vec2<f32>();
  let shares_of_dice = select(0u, s.A4, KIND == 2);
  for (var i = local; i < items(s.B) + shares_of_dice; i += 256) { sum += parts[i]; }
  shares[local] = sum;
  for (var half = 128u; half > 0; half /= 2) {
    workgroupBarrier();
    if (local < half) { shares[local] += shares[local + half]; }
  }
  if (local == 0) {
    let cross_entropy = shares[0].x / (f32(s.B) * f32(4 * s.A4));
    let mask_loss = shares[0].y / map_numbers();
    losses[0] = cross_entropy + s.WEIGHT * mask_loss;
    losses[1] = cross_entropy;
    losses[2] = mask_loss;
  }
}
