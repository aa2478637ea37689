// Appended to winograd.wgsl for software: what it reads is texels, whose first row is 0. See texel.wgsl.

@group(0) @binding(0) var given: texture_storage_2d<rgba32float, read>;

fn load(i: u32) -> vec4<f32> {
  return textureLoad(given, texel(i + TEXEL_ROW));
}

fn load_inside(i: u32, inside: bool) -> vec4<f32> {
  return textureLoad(given, texel(select(0, i + TEXEL_ROW, inside)));
}
