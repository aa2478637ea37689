/** How often WebGPU is called, for those calls that cost a step of training its time. */

/** Calls by the names of their methods. */
export type GpuCalls = Record<typeof COUNTED[number][1], number>;

type Methods = Record<string, (...args: unknown[]) => unknown>;

const COUNTED = [
  ["GPUDevice", "createBuffer"],
  ["GPUDevice", "createBindGroup"],
  ["GPUBuffer", "getMappedRange"],
  ["GPUQueue", "submit"],
  ["GPUQueue", "writeBuffer"],
] as const;

/** What gives the device work: without it there is nothing to wait for. */
const WORK = [
  ["GPUComputePassEncoder", "dispatchWorkgroups"],
  ["GPUCommandEncoder", "copyBufferToTexture"],
] as const;

function prototypeOf(name: string): Methods {
  return (globalThis as unknown as Record<string, { prototype: Methods }>)[name]!.prototype;
}

/** Puts other methods in the place of some while `work` goes on. */
async function replacing(
  methods: readonly (readonly [name: string, method: string])[],
  replace: (own: Methods[string], method: string) => Methods[string],
  work: () => Promise<void>,
): Promise<void> {
  const own = methods.map(([name, method]) => prototypeOf(name)[method]!);
  methods.forEach(([name, method], i) => prototypeOf(name)[method] = replace(own[i]!, method));
  try {
    await work();
  } finally {
    methods.forEach(([name, method], i) => prototypeOf(name)[method] = own[i]!);
  }
}

/** How often calls are made that cost a step time. */
export async function countCalls(work: () => Promise<void>): Promise<GpuCalls> {
  const counts = Object.fromEntries(COUNTED.map(([, method]) => [method, 0])) as GpuCalls;
  await replacing(
    COUNTED,
    (own, method) =>
      function (this: unknown, ...args) {
        counts[method as keyof GpuCalls]++;
        return own.apply(this, args);
      },
    work,
  );
  return counts;
}

/** Does work with dispatches and copies to textures left out, so that the host's part of it remains. */
export async function withoutDispatches(work: () => Promise<void>): Promise<void> {
  await replacing(WORK, () => () => {}, work);
}
