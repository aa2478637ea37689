// The passes of the joint loss whose masks are measured by cross entropy and soft Dice; appended to
// joint_loss.wgsl, whose bindings and settings they share.
//
// sums  f32 [3·B·RUNS + 2, A]   three rows for each run of pixels: Σ w·p·z, Σ w·p and Σ w·z, p = σ(x); then
//                               two rows of what the gradient is made of (lead and slope)
//
// `dice_sums` takes RUN pixels and four attributes an invocation, or four logits, as `main` does. Into dmaps
// it writes p, so that the exponential is taken once. `dice_fold` adds up one image's sums of four attributes
// an invocation, into its first rows; `dice_factors` adds those of four attributes an invocation and writes
// their share of the loss behind the others in `parts`. In both COUNT is B; loops up to B itself took 20 ms on
// lavapipe, where it is also used as an f32. `dice_grad` makes gradients of p where they lie. Runs of
// images are bound as for `main`, sums as a whole. No barriers; no races: who reads a number that the same
// dispatch writes is who writes it.

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
  let weighted = Sums(run.weight * overlap, run.weight * found, run.weight * wanted);
  keep(s.FIRST * s.RUNS + i / s.A4, run.a, weighted);
}

// Three sums of four attributes.
struct Sums {
  overlap: vec4<f32>,
  found: vec4<f32>,
  wanted: vec4<f32>,
}

// Adds up `count` threes of rows, every `stride`-th from the first on.
fn added(first: u32, count: u32, stride: u32, a: u32) -> Sums {
  var sum = Sums();
  for (var i = 0u; i < count; i++) {
    let at = (first + i * stride) * 3 * s.A4 + a;
    sum.overlap += sums[at];
    sum.found += sums[at + s.A4];
    sum.wanted += sums[at + 2 * s.A4];
  }
  return sum;
}

fn keep(run: u32, a: u32, sum: Sums) {
  let at = run * 3 * s.A4 + a;
  sums[at] = sum.overlap;
  sums[at + s.A4] = sum.found;
  sums[at + 2 * s.A4] = sum.wanted;
}

@compute @workgroup_size(64)
fn dice_fold(@builtin(global_invocation_id) id: vec3<u32>) {
  let image = id.x / s.A4;
  let a = id.x % s.A4;
  if (image < s.B) { keep(image * s.RUNS, a, added(image * s.RUNS, s.RUNS, 1, a)); }
}

// 1 for each of four attributes that weighs anything in some image, else 0.
fn counted(a: u32) -> vec4<f32> {
  var weight = vec4<f32>();
  for (var image = 0u; image < s.COUNT; image++) { weight += row(image, 3, a); }
  return select(vec4<f32>(0), vec4<f32>(1), weight != vec4<f32>(0));
}

@compute @workgroup_size(64)
fn dice_factors(@builtin(global_invocation_id) id: vec3<u32>) {
  let a = id.x;
  if (a >= s.A4) { return; }
  let sum = added(0, s.COUNT, s.RUNS, a);
  var count = 0.0;
  for (var other = 0u; other < s.A4; other++) { count += dot(counted(other), vec4<f32>(1)); }
  let numerator = 2 * sum.overlap + 1;
  let denominator = sum.found + sum.wanted + 1;
  // Without any attribute, all shares are 0.
  let share = counted(a) / max(count, 1);
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
