// Appended to kernels that read numbers as texels: where texel i of a buffer's copy lies. The copy begins in
// the second row of the texture; the first is 0, for what lies outside.
//
// Constant: TEXEL_ROW, texels in a row, a power of two.

fn texelIndex(i: vec4<u32>) -> vec4<u32> {
  return i + TEXEL_ROW;
}

fn texel(i: u32) -> vec2<u32> {
  return vec2<u32>(i % TEXEL_ROW, i / TEXEL_ROW);
}
