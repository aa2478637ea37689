// What a device can do: arithmetic in registers, and a copy.
//
// numbers    f32 [N] as vec4f   read; its first numbers are the factors of `multiply`
// results    f32 [N] as vec4f   written
// ROUNDS     rounds of `multiply`, each of CHAINS multiply-adds of four numbers
//
// multiply: each invocation takes eight chains of multiply-adds, none of which waits for another, and leaves
// one vec4f, so that nothing can be left out. copy: each invocation copies vec4fs that lie a whole dispatch
// apart. No races: nobody else writes what an invocation does.

@group(0) @binding(0) var<storage, read> numbers: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> results: array<vec4f>;

@compute @workgroup_size(256)
fn multiply(@builtin(global_invocation_id) id: vec3u) {
  let a = numbers[0];
  let b = numbers[1];
  let start = vec4f(f32(id.x));
  var s0 = start;
  var s1 = start + 1.0;
  var s2 = start + 2.0;
  var s3 = start + 3.0;
  var s4 = start + 4.0;
  var s5 = start + 5.0;
  var s6 = start + 6.0;
  var s7 = start + 7.0;
  for (var round = 0u; round < ROUNDS; round++) {
    s0 = fma(s0, a, b);
    s1 = fma(s1, a, b);
    s2 = fma(s2, a, b);
    s3 = fma(s3, a, b);
    s4 = fma(s4, a, b);
    s5 = fma(s5, a, b);
    s6 = fma(s6, a, b);
    s7 = fma(s7, a, b);
  }
  results[id.x] = s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7;
}

@compute @workgroup_size(256)
fn copy(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < arrayLength(&numbers); i += 256u * groups.x) {
    results[i] = numbers[i];
  }
}
