// Appended to kernels that multiply 4x4 blocks.

// c + a·b, column by column.
fn fma4(a: mat4x4<f32>, b: mat4x4<f32>, c: mat4x4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(
    fma1(a, b[0], c[0]), fma1(a, b[1], c[1]), fma1(a, b[2], c[2]), fma1(a, b[3], c[3]),
  );
}

fn fma1(a: mat4x4<f32>, b: vec4<f32>, c: vec4<f32>) -> vec4<f32> {
  let sum = fma(a[1], vec4<f32>(b.y), fma(a[0], vec4<f32>(b.x), c));
  return fma(a[3], vec4<f32>(b.w), fma(a[2], vec4<f32>(b.z), sum));
}
