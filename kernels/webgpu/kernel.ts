/**
 * What a kernel is: shader text and the values and types declared around it; and the arithmetic of its
 * dispatch.
 */

/** A compute shader: WGSL text, a name for diagnostics, and the constants baked into it. */
export interface Kernel {
  /** File name of the shader without its extension. */
  readonly label: string;
  /** WGSL. */
  readonly source: string;
  /** The entry point; `main` unless the file holds several steps. */
  readonly entry?: string;
  /**
   * Values for the names that the source uses but does not declare. They are appended as `const`
   * lines after the source, so that line numbers in the compiler's messages stay those of the file.
   * A number stays an abstract one; `{ float: x }` becomes an f32.
   */
  readonly constants?: Readonly<Record<string, number | { readonly float: number }>>;
  /** Types for the names that the source uses but does not declare, appended as `alias` lines. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** WGSL extensions that the source uses, enabled on its first line. */
  readonly features?: readonly string[];
  /** Multiplications and additions of the dispatch at hand, for whoever holds its time against the device. */
  readonly flops?: number;
}

/** A buffer, the part of one, or a texture bound to a kernel. */
export type Binding = GPUBuffer | GPUBufferBinding | GPUTextureView;

/** The bits of an f32, to pass one among the u32 values of {@linkcode Gpu.uniforms}. */
export function floatBits(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0]!;
}

/** Most workgroups along one side of a dispatch; WebGPU's default limit. */
const MAX_WORKGROUPS = 65535;

/**
 * Iterations that all loops of one invocation may take together: after as many, Mesa's software adapter
 * ends them without a word (`LP_MAX_TGSI_LOOP_ITERATIONS`).
 */
export const MOST_ITERATIONS = 65535;

/** Lays `workgroups` (rounded up) out in rows and columns where they are too many for one row. */
export function grid(workgroups: number): [x: number, y: number] {
  const count = Math.ceil(workgroups);
  const rows = Math.ceil(count / MAX_WORKGROUPS);
  return [Math.ceil(count / rows), rows];
}

/**
 * The numbers that one load takes where a row is a multiple of four long, and where it is not; and the type of
 * their bits as i32.
 */
export function numbersAtOnce(
  ...lengths: readonly number[]
): { type: string; bits: string; size: number } {
  const fours = lengths.every((length) => length % 4 === 0);
  return fours
    ? { type: "vec4<f32>", bits: "vec4<i32>", size: 4 }
    : { type: "f32", bits: "i32", size: 1 };
}

/** The shader text with its extensions at the start and its constants and aliases at the end. */
export function withDeclarations(
  { source, constants = {}, aliases = {}, features = [] }: Kernel,
): string {
  const lines = Object.entries(constants).map(([name, value]) =>
    typeof value === "number" ? `const ${name} = ${value};` : `const ${name} = f32(${value.float});`
  );
  const types = Object.entries(aliases).map(([name, type]) => `alias ${name} = ${type};`);
  const enables = features.map((feature) => `enable ${feature}; `).join("");
  return [enables + source, ...lines, ...types].join("\n");
}
