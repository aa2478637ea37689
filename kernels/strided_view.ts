/**
 * Views of a tensor that leave its innermost numbers side by side: parts of it, the tensor in a frame of
 * zeros, other orders of its axes. One kernel copies them all.
 */

/** An axis of a view y of x. */
interface ViewAxis {
  /** Numbers of y along it. */
  readonly size: number;
  /** Where y begins in x; before 0 and from `bound` on y is 0. */
  readonly start: number;
  /** Numbers of x along it. */
  readonly bound: number;
  /** From one number of x along it to the next. */
  readonly stride: number;
}

/** A view as its axes, outermost first: three, and the runs of numbers side by side, whose stride is 1. */
export type StridedView = readonly [ViewAxis, ViewAxis, ViewAxis, ViewAxis];

const AXES = 4;

/** Fewest numbers side by side; of fewer a copy would be all arithmetic on places. */
const SHORTEST_RUN = 16;

/**
 * x [..] from `begin` on, `size` numbers along each axis; beyond x it is 0. Null if runs of it are short, or if
 * it has more axes than a view.
 */
export function windowOf(
  shape: readonly number[],
  begin: readonly number[],
  size: readonly number[],
): StridedView | null {
  const strides = stridesOf(shape);
  return viewOf(shape.map((bound, i) => (
    { size: size[i]!, start: begin[i]!, bound, stride: strides[i]! }
  )));
}

/** x [..] with axis `order[i]` as the i-th. Null as for {@linkcode windowOf}, or if the last axis moves. */
export function transposedView(
  shape: readonly number[],
  order: readonly number[],
): StridedView | null {
  const strides = stridesOf(shape);
  return viewOf(order.map((axis) => {
    const bound = shape[axis]!;
    return { size: bound, start: 0, bound, stride: strides[axis]! };
  }));
}

function stridesOf(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * shape[i + 1]!;
  return strides;
}

/** Joins axes from the innermost on, but for the first: a batch is taken by parts where it has to be. */
function viewOf(axes: ViewAxis[]): StridedView | null {
  const joined = axes.slice(-1);
  for (const axis of axes.slice(0, -1).reverse()) {
    const inner = joined[0]!;
    const isWhole = inner.start === 0 && inner.size === inner.bound;
    const follows = axis.stride === inner.bound * inner.stride;
    if (axis !== axes[0] && isWhole && follows) joined[0] = join(axis, inner);
    else joined.unshift(axis);
  }
  const run = joined.at(-1);
  if (!run || run.stride !== 1 || run.size < SHORTEST_RUN || joined.length > AXES) return null;
  const single = { size: 1, start: 0, bound: 1, stride: 0 };
  while (joined.length < AXES) joined.unshift(single);
  return joined as unknown as StridedView;
}

function join(outer: ViewAxis, inner: ViewAxis): ViewAxis {
  const { size } = inner;
  return {
    size: outer.size * size,
    start: outer.start * size,
    bound: outer.bound * size,
    stride: inner.stride,
  };
}
