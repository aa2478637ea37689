import assert from "node:assert/strict";
import { join } from "node:path";
import { familyOf } from "../../../kernels/convolution.ts";
import { candidateFamilies } from "../../../kernels/tuning/families.ts";
import type { Gpu } from "../../../kernels/webgpu/gpu.ts";
import { type Backend, type BackendName, openBackend } from "../../../pipeline/compute/backend.ts";
import {
  type BackendWork,
  chooseOn,
  type Machine,
} from "../../../pipeline/compute/backend_choice.ts";
import { measurementPath, networkName } from "../../../pipeline/compute/backend_measurements.ts";
import { trainingJobs } from "../../../pipeline/compute/kernel_choices.ts";
import { PRESETS } from "../../../pipeline/network/presets.ts";
import { type StepWork, timeStep } from "../../../pipeline/compute/step_time.ts";
import { inCache } from "../../contexts/cache_context.ts";
import { gpuTest } from "../../contexts/gpu_test_context.ts";
import { smallConfig } from "../../contexts/train_context.ts";

const LITE = PRESETS.lite.network;
const PAPER = PRESETS.paper.network;

/** A machine whose backends compute nothing and take as long as they are told. */
class Pretended implements Machine {
  readonly isSoftware: boolean;
  readonly seconds: Record<BackendName, number>;
  /** What was timed: backend, images, and when to stop. */
  readonly timed: [name: BackendName, work: StepWork, enough: number | undefined][] = [];
  /** Backends that are open. */
  opened = 0;
  fails = false;
  threads: number | undefined;

  constructor(seconds: Record<BackendName, number>, isSoftware = false) {
    this.seconds = seconds;
    this.isSoftware = isSoftware;
  }

  readonly open = (choice: BackendName | "auto"): Promise<Backend> => {
    const name = choice === "auto" ? "webgpu" : choice;
    const gpu = { isFallback: this.isSoftware, info: { description: "a card" } } as unknown as Gpu;
    this.opened++;
    const close = () => void this.opened--;
    const reason = choice === "auto" ? "a hardware adapter" : "as asked for";
    return Promise.resolve({
      ...{ name, reason, gpu: name === "webgpu" ? gpu : null, threads: null },
      [Symbol.dispose]: close,
    });
  };

  readonly time = (backend: Backend, work: StepWork, enough?: number): Promise<number> => {
    this.timed.push([backend.name, work, enough]);
    if (this.fails) return Promise.reject(new Error("out of memory"));
    return Promise.resolve(this.seconds[backend.name]);
  };

  /** Chooses, sees to it that nothing else stays open, and tells what was said. */
  async choose(work?: BackendWork): Promise<{ name: string; reason: string; lines: string[] }> {
    const lines: string[] = [];
    const open = this.opened;
    const { name, reason } = await chooseOn(this, "auto", (line) => lines.push(line), work);
    assert.equal(this.opened, open + 1);
    return { name, reason, lines };
  }
}

Deno.test("auto measures both backends once on hardware, for the network and batch at hand", () =>
  inCache(async () => {
    const machine = new Pretended({ webgpu: 0.0042, wasm: 0.056 });
    const work = { network: LITE, batch: 16 };
    const first = await machine.choose(work);
    const expected = "a hardware adapter; measured 0.0042 s a step against 0.056 s on wasm";
    assert.deepEqual([first.name, first.reason], ["webgpu", expected]);
    assert.equal(first.lines.length, 1);
    assert.deepEqual(machine.timed.map(([name, step]) => [name, step]), [
      ["webgpu", work],
      ["wasm", work],
    ]);
    assert.deepEqual(await machine.choose(work), { ...first, lines: [] });
    assert.equal(machine.timed.length, 2, "the second time it is known");
    await machine.choose({ ...work, batch: 64 });
    await machine.choose({ ...work, network: PRESETS.residual.network });
    assert.equal(machine.timed.length, 6, "another batch and another network are measured");
    await machine.choose(work);
    assert.equal(machine.timed.length, 6, "and the first one is still known");
  }));

Deno.test("auto takes wasm on hardware only where tuning would not make webgpu the faster", () =>
  inCache(async () => {
    const work = { network: LITE, batch: 16 };
    const slow = await new Pretended({ webgpu: 0.093, wasm: 0.056 }).choose(work);
    assert.equal(slow.name, "wasm");
    assert.match(
      slow.reason,
      /^a hardware adapter; measured 0\.056 s a step against 0\.093 s on w/,
    );
    const near = await new Pretended({ webgpu: 0.07, wasm: 0.056 }).choose({ ...work, batch: 8 });
    assert.equal(near.name, "webgpu");
    assert.match(near.reason, /measured 0\.070 s a step, before tuning, against 0\.056 s on wasm$/);
  }));

Deno.test("auto measures anew for another number of threads on wasm", () =>
  inCache(async () => {
    const machine = new Pretended({ webgpu: 0.0042, wasm: 0.056 });
    const work = { network: LITE, batch: 16 };
    for (const threads of [undefined, 1, 2, 1, undefined]) {
      machine.threads = threads;
      await machine.choose(work);
    }
    assert.equal(machine.timed.length, 6, "three numbers, two backends");
  }));

Deno.test("auto measures few images on wasm where many would take long", () =>
  inCache(async () => {
    const machine = new Pretended({ webgpu: 0.2, wasm: 0.7 });
    const { reason } = await machine.choose({ network: PAPER, batch: 40 });
    assert.match(reason, /measured 0\.20 s a step against 28 s on wasm$/);
    const [webgpu, wasm] = machine.timed;
    assert.deepEqual([webgpu![1].batch, wasm![1].batch], [40, 1]);
    assert(Math.abs(wasm![2]! - 4 * 0.2 / 40) < 1e-9, "one that is hopeless is timed once");
  }));

Deno.test("auto looks up for a network that is not trained, and measures nothing", () =>
  inCache(async () => {
    const machine = new Pretended({ webgpu: 2, wasm: 1 });
    assert.equal((await machine.choose({ network: LITE })).reason, "a hardware adapter");
    assert.equal((await machine.choose()).reason, "a hardware adapter");
    assert.equal(machine.timed.length, 0);
    await machine.choose({ network: LITE, batch: 16 });
    assert.equal((await machine.choose({ network: LITE })).name, "wasm");
    assert.equal((await machine.choose({ network: PAPER })).name, "webgpu");
    assert.equal(machine.timed.length, 2);
  }));

Deno.test("auto takes webgpu where half precision is asked for", () =>
  inCache(async () => {
    const machine = new Pretended({ webgpu: 2, wasm: 1 });
    const { name, reason } = await machine.choose({ network: LITE, batch: 16, f16: true });
    assert.deepEqual([name, machine.timed.length], ["webgpu", 0]);
    assert.equal(reason, "a hardware adapter; half precision needs it");
  }));

Deno.test("auto leaves it to training to say why a step on hardware fails", () =>
  inCache(async () => {
    const machine = new Pretended({ webgpu: 1, wasm: 1 });
    machine.fails = true;
    const { name, reason } = await machine.choose({ network: LITE, batch: 16 });
    assert.deepEqual([name, reason], [
      "webgpu",
      "a hardware adapter; it could not be measured",
    ]);
    machine.fails = false;
    await machine.choose({ network: LITE, batch: 16 });
    assert.equal(machine.timed.length, 3, "and measures the next time");
  }));

Deno.test("auto measures anew where nothing can be kept, and after an older version", () =>
  inCache(async (folder) => {
    const machine = new Pretended({ webgpu: 1, wasm: 2 });
    const work = { network: LITE, batch: 16 };
    const old = { adapter: "a card", kernels: 3, seconds: { webgpu: 3, wasm: 1 } };
    await Deno.mkdir(join(folder, "attparsenet"));
    for (const text of [JSON.stringify(old), '{"measurements":[null,7,{}]}', "null", "{"]) {
      await Deno.writeTextFile(measurementPath()!, text);
      assert.equal((await machine.choose(work)).name, "webgpu", text);
    }
    assert.equal(machine.timed.length, 8);
    // A file where the folder should be: nothing can be written or read.
    await Deno.remove(join(folder, "attparsenet"), { recursive: true });
    await Deno.writeTextFile(join(folder, "attparsenet"), "");
    for (let round = 0; round < 2; round++) await machine.choose(work);
    assert.equal(machine.timed.length, 12);
  }));

Deno.test("auto measures at most a batch of lite on a software adapter", () =>
  inCache(async () => {
    const machine = new Pretended({ webgpu: 1, wasm: 0.5 }, true);
    const { name, reason, lines } = await machine.choose({ network: PAPER, batch: 40 });
    assert.equal(name, "wasm");
    assert.equal(reason, "a software adapter; measured 0.50 s a step against 1.0 s on webgpu");
    assert.match(lines[0]!, /software adapter …$/);
    const works = () => machine.timed.map(([, { network, batch }]) => [network, batch]);
    assert.deepEqual(works(), [[LITE, 8], [LITE, 8]]);
    for (const work of [undefined, { network: LITE }, { network: LITE, batch: 16 }]) {
      assert.equal((await machine.choose(work)).name, "wasm");
    }
    assert.equal(machine.timed.length, 2, "that was all lite's");
    await machine.choose({ network: PRESETS.residual.network, batch: 4 });
    assert.deepEqual(works().slice(2), Array(2).fill([PRESETS.residual.network, 4]));
  }));

gpuTest("auto trains on what it chose on hardware", () =>
  inCache(async () => {
    const { network } = smallConfig();
    const seconds: number[] = [];
    const machine: Machine = {
      async open(name) {
        const backend = await openBackend(name);
        if (backend.gpu) Object.assign(backend.gpu, { isFallback: false });
        return backend;
      },
      async time(...work) {
        seconds.push(await timeStep(...work));
        // Whatever this machine's times are: webgpu first, then wasm.
        return seconds.length;
      },
    };
    using backend = await chooseOn(machine, "auto", () => {}, { network, batch: 2 });
    assert.equal(backend.name, "webgpu");
    assert(seconds.length === 2 && seconds.every((time) => time > 0 && time < 60), `${seconds}`);
    for (const { operation, shape } of trainingJobs(network, 2)) {
      const [likeliest] = candidateFamilies(backend.gpu!, operation, shape);
      assert.deepEqual(familyOf(backend.gpu!, operation, shape), likeliest);
    }
    const again = await timeStep(backend, { network, batch: 2 });
    assert(again > 0 && again < 60, `${again} seconds`);
  }));

gpuTest("timeStep() does not time again what is too slow", async () => {
  const { network } = smallConfig();
  using backend = await openBackend("wasm");
  const start = performance.now();
  const first = await timeStep(backend, { network, batch: 1 }, 0);
  assert(first > 0 && first <= (performance.now() - start) / 1000);
});

Deno.test("networkName() tells what decides the time of a step", () => {
  const names = [LITE, PAPER, { ...LITE, input: PAPER.input }, PRESETS.residual.network, {
    ...LITE,
    maskHead: "separate" as const,
  }].map(networkName);
  assert.equal(new Set(names).size, names.length);
  assert.equal(names[0], "plain 109x89, widths 8-24-40-64-64, masks shared");
});
