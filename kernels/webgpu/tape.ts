/**
 * Tapes: dispatches and copies as they were recorded once, to be recorded again without whoever made them.
 *
 * WebGPU takes a command buffer once; what can be kept is the list of its commands. A tape holds bind
 * groups, so its buffers must belong to it for as long as it is played; what changes from one time to the
 * next is written into them before.
 */

import type { PassHost } from "./passes.ts";

interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: readonly [x: number, y: number, z: number];
}

/** A copy or clear, which stands between two passes. */
type Copy = (encoder: GPUCommandEncoder) => void;

/** Commands in their order. */
export class Tape {
  readonly #commands: (Dispatch | Copy)[] = [];

  /** The dispatches alone, in their order. */
  get dispatches(): readonly Dispatch[] {
    return this.#commands.filter((command) => typeof command !== "function");
  }

  add(command: Dispatch | Copy): void {
    this.#commands.push(command);
  }

  /** Records all commands again: one pass as far as no copy needs a second one. */
  play(host: PassHost): void {
    let pass: GPUComputePassEncoder | null = null;
    let last: GPUComputePipeline | null = null;
    for (const command of this.#commands) {
      if (typeof command === "function") {
        command(host.copies());
        pass = last = null;
        continue;
      }
      const { pipeline, bindGroup, workgroups: [x, y, z] } = command;
      pass ??= host.pass();
      if (pipeline !== last) pass.setPipeline(last = pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(x, y, z);
    }
  }

  /** As {@linkcode play}, each dispatch in a pass of its own, for whoever measures them one by one. */
  playEach(host: PassHost, passOf: (dispatch: number) => GPUComputePassDescriptor): void {
    let dispatch = 0;
    for (const command of this.#commands) {
      const encoder = host.copies();
      if (typeof command === "function") {
        command(encoder);
        continue;
      }
      const pass = encoder.beginComputePass(passOf(dispatch++));
      pass.setPipeline(command.pipeline);
      pass.setBindGroup(0, command.bindGroup);
      pass.dispatchWorkgroups(...command.workgroups);
      pass.end();
    }
  }
}

/** The commands between passes that tapes know. */
const COPIES = ["clearBuffer", "copyBufferToBuffer", "copyBufferToTexture"] as const;

/** An encoder that hands on what it is told, and writes it on a tape. It has no other commands. */
export function tapedEncoder(encoder: GPUCommandEncoder, tape: Tape): GPUCommandEncoder {
  const copies = COPIES.map((name) => [name, (...args: unknown[]) => {
    const copy: Copy = (encoder) => Reflect.apply(encoder[name], encoder, args);
    tape.add(copy);
    copy(encoder);
  }]);
  const taped: Pick<GPUCommandEncoder, "beginComputePass" | "finish"> = {
    beginComputePass: (descriptor) => tapedPass(encoder.beginComputePass(descriptor), tape),
    finish: (descriptor) => encoder.finish(descriptor),
  };
  return { ...taped, ...Object.fromEntries(copies) } as GPUCommandEncoder;
}

function tapedPass(pass: GPUComputePassEncoder, tape: Tape): GPUComputePassEncoder {
  let pipeline: GPUComputePipeline;
  let bindGroup: GPUBindGroup;
  const taped = {
    setPipeline: (given: GPUComputePipeline) => pass.setPipeline(pipeline = given),
    setBindGroup: (_: 0, given: GPUBindGroup) => pass.setBindGroup(0, bindGroup = given),
    dispatchWorkgroups: (x: number, y = 1, z = 1) => {
      tape.add({ pipeline, bindGroup, workgroups: [x, y, z] });
      pass.dispatchWorkgroups(x, y, z);
    },
    end: () => pass.end(),
  };
  return taped as unknown as GPUComputePassEncoder;
}
