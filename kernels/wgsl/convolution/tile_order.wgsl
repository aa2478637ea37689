// Appended to kernels that make a product of matrices by blocks: which column and row of blocks a workgroup
// makes. GROUP rows of blocks go through the columns together, all of them one column after the other, so that
// what a column has loaded serves GROUP rows while it is in the cache; with 1, each row goes through all columns
// by itself.
//
// Constant: GROUP.

fn block_of(index: u32, rows: u32, columns: u32) -> vec2<u32> {
  let first = index / (GROUP * columns) * GROUP;
  if (first >= rows) { return vec2<u32>(0, rows); }
  let height = min(GROUP, rows - first);
  let within = index - first * columns;
  return vec2<u32>(within / height, first + within % height);
}
