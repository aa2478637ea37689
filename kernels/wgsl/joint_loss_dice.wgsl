// The passes of the joint loss whose masks are measured by cross entropy and soft Dice; appended to
// joint_loss.wgsl, whose bindings and settings they share.
//
// sums  f32 [3·B·RUNS + 2, A]   three rows for each run of pixels: Σ w·p·z, Σ w·p and Σ w·z, p = σ(x); then
//                               two rows of what the gradient is made of (lead and slope)
//
// `dice_sums` takes RUN pixels and four attributes an invocation, or four logits, as `main` does. Into dmaps
// it writes p, so that the exponential is taken once. `dice_factors` adds up the sums of four attributes a
// workgroup and writes their share of the loss behind the others in `parts`; COUNT is B. `dice_grad` makes
// gradients of p where they lie. Runs of images are bound as for `main`, sums as a whole. One barrier chain
// in `dice_factors`; no races: who reads a number that the same dispatch writes is who writes it.

@group(0) @binding(9) var<storage, read_write> sums: array<vec4<f32>>;

@compute @workgroup_size(64)
fn dice_sums(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = id.x;
  let maps = map_items(s.COUNT);
  if (i < maps) { dice_run(i); } else if (i < items(s.COUNT)) { four_logits(i - maps); }
}

fn dice_run(i: u32) {
  let run = pixels_of(i);
  var sum = vec4<f32>();
  var product = vec4<f32>(1);
  var overlap = vec4<f32>();
  var found = vec4<f32>();
  var wanted = vec4<f32>();
  for (var cell = run.first; cell < run.last; cell++) {
    let x = maps[cell * s.A4 + run.a];
    let z = target_of(cell, run.wanted);
    let e = exp(-abs(x));
    let p = sigmoid(x, e);
    sum += max(x, vec4<f32>(0)) - x * z;
    product *= 1 + e;
    overlap = fma(p, z, overlap);
    found += p;
    wanted += z;
    dmaps[cell * s.A4 + run.a] = p;
  }
  parts[map_items(s.FIRST) + i] = vec2<f32>(0, dot(sum + log(product), run.weight));
  let at = (s.FIRST * s.RUNS + i / s.A4) * 3 * s.A4 + run.a;
  sums[at] = run.weight * overlap;
  sums[at + s.A4] = run.weight * found;
  sums[at + 2 * s.A4] = run.weight * wanted;
}

// What an invocation of `dice_factors` adds up, and what all do.
struct Sums {
  overlap: vec4<f32>,
  found: vec4<f32>,
  wanted: vec4<f32>,
  weight: vec4<f32>,   // of the four attributes
  counted: f32,        // attributes that weigh anything
}

var<workgroup> sums_of: array<Sums, 64>;

fn weight_of(a: u32, first: u32, step: u32) -> vec4<f32> {
  var weight = vec4<f32>();
  for (var image = first; image < s.COUNT; image += step) { weight += row(image, 3, a); }
  return weight;
}

// 1 where a weight is not 0.
fn counted(weight: vec4<f32>) -> vec4<f32> {
  return select(vec4<f32>(0), vec4<f32>(1), weight != vec4<f32>(0));
}

@compute @workgroup_size(64)
fn dice_factors(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let a = group.x;
  var sum = Sums();
  for (var run = local; run < s.COUNT * s.RUNS; run += 64) {
    let at = run * 3 * s.A4 + a;
    sum.overlap += sums[at];
    sum.found += sums[at + s.A4];
    sum.wanted += sums[at + 2 * s.A4];
  }
  sum.weight = weight_of(a, local, 64);
  for (var other = local; other < s.A4; other += 64) {
    sum.counted += dot(counted(weight_of(other, 0, 1)), vec4<f32>(1));
  }
  sums_of[local] = sum;
  for (var half = 32u; half > 0; half /= 2) {
    workgroupBarrier();
    if (local < half) {
      let other = sums_of[local + half];
      sum.overlap += other.overlap;
      sum.found += other.found;
      sum.wanted += other.wanted;
      sum.weight += other.weight;
      sum.counted += other.counted;
      sums_of[local] = sum;
    }
  }
  if (local > 0) { return; }
  let numerator = 2 * sum.overlap + 1;
  let denominator = sum.found + sum.wanted + 1;
  // Without any attribute, all shares are 0.
  let share = counted(sum.weight) / max(sum.counted, 1);
  let dice = share * (1 - numerator / denominator);
  // `total` divides by this number.
  parts[items(s.B) + a] = vec2<f32>(0, map_numbers() * dot(dice, vec4<f32>(1)));
  let at = s.B * s.RUNS * 3 * s.A4 + a;
  sums[at] = s.WEIGHT * share * numerator / (denominator * denominator);
  sums[at + s.A4] = s.WEIGHT * share * 2 / denominator;
}

@compute @workgroup_size(64)
fn dice_grad(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= map_items(s.COUNT)) { return; }
  let run = pixels_of(id.x);
  let at = s.B * s.RUNS * 3 * s.A4 + run.a;
  let scale = run.weight * (s.WEIGHT / map_numbers());
  let lead = run.weight * sums[at];
  let slope = run.weight * sums[at + s.A4];
  for (var cell = run.first; cell < run.last; cell++) {
    let p = dmaps[cell * s.A4 + run.a];
    let z = target_of(cell, run.wanted);
    dmaps[cell * s.A4 + run.a] = scale * (p - z) + p * (1 - p) * (lead - z * slope);
  }
}
