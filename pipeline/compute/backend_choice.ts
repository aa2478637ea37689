/**
 * Choosing the backend on a machine that has an adapter: which one is faster depends on the processor, the
 * adapter, its driver and the network, so it is measured once and written down.
 */

import { type Backend, type BackendName, BACKENDS, openBackend } from "./backend.ts";
import {
  adapterName,
  type BackendMeasurement,
  KERNELS,
  networkName,
  readMeasurement,
  writeMeasurement,
} from "./backend_measurements.ts";
import { useLikelyKernels } from "./kernel_choices.ts";
import { forwardFlops, type NetworkConfig } from "../network/network.ts";
import { PRESETS } from "../network/presets.ts";
import { type StepWork, timeStep } from "./step_time.ts";

/** What a backend is chosen for. */
export interface BackendWork {
  /** The network's sizes. */
  readonly network: NetworkConfig;
  /** Images a batch in training; absent where the network only runs forward. */
  readonly batch?: number;
  /** Whether products are to be computed in half precision, which only webgpu can. */
  readonly f16?: boolean;
}

/** What opens backends and times steps; tests have their own. */
export interface Machine {
  readonly open: (name: BackendName | "auto") => Promise<Backend>;
  readonly time: typeof timeStep;
  /** Threads that it has been told to compute with on wasm. */
  readonly threads?: number | undefined;
}

const THIS_MACHINE: Machine = { open: openBackend, time: timeStep };

/** Most images of a step that is timed on a software adapter: enough to keep the kernels busy. */
const SOFTWARE_BATCH = 8;
/**
 * Multiplications and additions of a measured step on wasm: 0.2 s on 16 cores (284 images a second of
 * `lite`), a second on two. Of a larger batch as many images are measured, and their time is scaled.
 */
const WASM_FLOPS = 5e10;
/** A training step takes about three times the arithmetic of its forward pass. */
const STEP_PASSES = 3;
/** If the first step on wasm is this many times slower than on webgpu, no second one is timed. */
const HOPELESS = 4;
/** Share of webgpu's time that tuning may save, over the kernels that are likely by shape. */
const TUNING_GAIN = 0.3;

/**
 * Opens the backend that a choice stands for. `auto` is the faster of webgpu and wasm for the work at
 * hand, and wasm where there is no adapter. On a hardware adapter it is webgpu where the work is not known,
 * or no training and never measured.
 *
 * @param log Called before something is measured.
 * @param work What the backend is for; decides nothing unless the choice is `auto`.
 * @param threads Threads that compute on wasm: see {@linkcode openBackend}.
 */
export async function chooseBackend(
  choice: BackendName | "auto",
  log: (line: string) => void = () => {},
  work?: BackendWork,
  threads?: number,
): Promise<Backend> {
  const open = (name: BackendName | "auto") => openBackend(name, threads);
  return await chooseOn({ ...THIS_MACHINE, open, threads }, choice, log, work);
}

/** As {@linkcode chooseBackend}, on a given machine. */
export async function chooseOn(
  machine: Machine,
  choice: BackendName | "auto",
  log: (line: string) => void,
  work?: BackendWork,
): Promise<Backend> {
  const backend = await machine.open(choice);
  const { gpu } = backend;
  if (choice !== "auto" || !gpu) return backend;
  if (work?.f16) return { ...backend, reason: `${backend.reason}; half precision needs it` };
  const choosing = { backend, adapter: adapterName(gpu.info), log, work };
  return await (gpu.isFallback ? onSoftware : onHardware)(machine, choosing);
}

/** The backend that a measurement speaks for; on hardware, webgpu's kernels have yet to be tuned. */
export function fasterBackend({ seconds }: BackendMeasurement, isSoftware: boolean): BackendName {
  const webgpu = isSoftware ? seconds.webgpu : (1 - TUNING_GAIN) * seconds.webgpu;
  return webgpu <= seconds.wasm ? "webgpu" : "wasm";
}

/** Seconds for a person: `0.0042 s`, `27 s`. */
export function secondsText(seconds: number): string {
  return `${seconds < 10 ? seconds.toPrecision(2) : seconds.toFixed(0)} s`;
}

interface Choosing {
  /** Opened on the adapter; handed over. */
  readonly backend: Backend;
  readonly adapter: string;
  readonly log: (line: string) => void;
  readonly work: BackendWork | undefined;
}

async function onSoftware(machine: Machine, choosing: Choosing): Promise<Backend> {
  const { backend, adapter, log, work } = choosing;
  backend[Symbol.dispose]();
  const step = softwareStep(work);
  const { threads } = machine;
  const batch = work?.batch && step.batch;
  let measured = await readMeasured({ adapter, threads }, step.network, batch);
  if (!measured) {
    log("Measuring once which backend trains faster on this software adapter …");
    const seconds = {} as Record<BackendName, number>;
    for (const name of BACKENDS) {
      using backend = await machine.open(name);
      seconds[name] = await machine.time(backend, step);
    }
    measured = await keep({ adapter, threads }, step, seconds);
  }
  const name = fasterBackend(measured, true);
  return { ...await machine.open(name), reason: reasonOf(measured, name, "a software adapter") };
}

/** The work at hand where a step of it takes no longer than one of `lite`, else that. */
function softwareStep(work: BackendWork | undefined): StepWork {
  const { network } = PRESETS.lite;
  if (!work || forwardFlops(work.network) > forwardFlops(network)) {
    return { network, batch: SOFTWARE_BATCH };
  }
  const { batch = SOFTWARE_BATCH } = work;
  return { network: work.network, batch: Math.min(batch, SOFTWARE_BATCH) };
}

/** The device that is measured stays open, for its kernels are compiled then. */
async function onHardware(machine: Machine, choosing: Choosing): Promise<Backend> {
  const { backend, adapter, log, work } = choosing;
  if (!work) return backend;
  const { network, batch } = work;
  const { threads } = machine;
  let measured = await readMeasured({ adapter, threads }, network, batch);
  if (!measured) {
    if (batch === undefined) return backend;
    log("Measuring once which backend trains this network faster …");
    const seconds = await timeBoth(machine, backend, { network, batch }).catch(() => null);
    if (!seconds) {
      // Training says what is wrong, such as a batch that is too large.
      backend[Symbol.dispose]();
      const reason = "a hardware adapter; it could not be measured";
      return { ...await machine.open("webgpu"), reason };
    }
    measured = await keep({ adapter, threads }, { network, batch }, seconds);
  }
  const name = fasterBackend(measured, false);
  const reason = reasonOf(measured, name, "a hardware adapter");
  if (name === "webgpu") return { ...backend, reason };
  backend[Symbol.dispose]();
  return { ...await machine.open(name), reason };
}

/** Seconds of a step on the device, and of one on wasm, by fewer images where it would take long. */
async function timeBoth(
  machine: Machine,
  backend: Backend,
  step: StepWork,
): Promise<BackendMeasurement["seconds"]> {
  await useLikelyKernels(backend, step);
  const webgpu = await machine.time(backend, step);
  using wasm = await machine.open("wasm");
  const affordable = Math.floor(WASM_FLOPS / (STEP_PASSES * forwardFlops(step.network)));
  const images = Math.min(step.batch, Math.max(1, affordable));
  const scale = step.batch / images;
  const few = { network: step.network, batch: images };
  return { webgpu, wasm: scale * await machine.time(wasm, few, HOPELESS * webgpu / scale) };
}

/** What the two backends run on. */
type Computers = Pick<BackendMeasurement, "adapter" | "threads">;

/** What is known of a network on an adapter, for any batch unless one is given. */
async function readMeasured(
  computers: Computers,
  network: NetworkConfig,
  batch: number | undefined,
): Promise<BackendMeasurement | null> {
  const wanted = { ...computers, network: networkName(network) };
  return await readMeasurement(batch === undefined ? wanted : { ...wanted, batch });
}

async function keep(
  computers: Computers,
  { network, batch }: StepWork,
  seconds: BackendMeasurement["seconds"],
): Promise<BackendMeasurement> {
  const measured = {
    ...computers,
    network: networkName(network),
    batch,
    kernels: KERNELS,
    seconds,
  };
  await writeMeasurement(measured);
  return measured;
}

/** Why it is a backend, in a few words for the user. */
function reasonOf({ seconds }: BackendMeasurement, name: BackendName, kind: string): string {
  const other = name === "webgpu" ? "wasm" : "webgpu";
  const untuned = seconds[name] > seconds[other] ? ", before tuning," : "";
  return `${kind}; measured ${secondsText(seconds[name])} a step${untuned} against ` +
    `${secondsText(seconds[other])} on ${other}`;
}
