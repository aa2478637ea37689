/**
 * Training steps on random images: ours on webgpu and wasm, stock tfjs-webgpu, and PyTorch on the same
 * machine (on CUDA where it has that: f32 without TF32, and with automatic mixed precision). Each is a
 * process of its own; they take turns, and medians are printed with each one's peak of memory, and the
 * fastest step, which a busy machine disturbs less. Then the joint loss by itself, see `loss_bench.ts`.
 *
 * The network is the preset `lite`; `--full` takes images of 178 x 218 instead of half that, `--paper` the
 * preset `paper` without stock tfjs, which would take minutes a step. `--batch N` sets the batch (8, or 2
 * for `paper`), `--no-stock` leaves out stock tfjs.
 */

import { join } from "node:path";
import { forwardFlops, type NetworkConfig } from "../../pipeline/network/network.ts";
import { PRESETS } from "../../pipeline/network/presets.ts";
import { FRAME } from "../../pipeline/face/frame.ts";
import { findPython, peerArguments } from "../contexts/python_peer.ts";
import { LinePeer } from "./contenders/line_peer.ts";
import { compareLosses } from "./loss_bench.ts";
import { median, print } from "./measuring.ts";
import type { TrainedStep, TrainJob } from "./contenders/train_contender.ts";

/** Reading the peak of its own memory takes a process all permissions. */
const CONTENDER = [
  "run",
  "-A",
  join(import.meta.dirname ?? ".", "contenders", "train_contender.ts"),
];

/** One way to train, warmed up. */
interface Contender {
  readonly name: string;
  readonly peer: LinePeer;
  readonly steps: TrainedStep[];
}

/** What a contender says when it is ready. */
interface Ready {
  readonly name: string;
  /** Whether PyTorch computes on CUDA. */
  readonly cuda?: boolean;
}

/** What is measured. */
interface Plan {
  readonly preset: "lite" | "paper";
  readonly network: NetworkConfig;
  readonly batch: number;
  readonly rounds: number;
  readonly ways: readonly TrainJob["way"][];
}

function planOf(args: readonly string[]): Plan {
  const preset = args.includes("--paper") ? "paper" : "lite";
  const { network } = PRESETS[preset];
  const at = args.indexOf("--batch");
  const isPaper = preset === "paper";
  const withStock = !isPaper && !args.includes("--no-stock");
  return {
    preset,
    network: args.includes("--full") ? { ...network, input: FRAME } : network,
    batch: at >= 0 ? Number(args[at + 1]) : isPaper ? 2 : 8,
    rounds: isPaper ? 3 : 5,
    ways: withStock ? ["webgpu", "wasm", "stock"] : ["webgpu", "wasm"],
  };
}

/** Starts a contender and hears whether it can; without it if it cannot. */
async function start(peer: LinePeer, job: object): Promise<Contender & { ready: Ready } | null> {
  try {
    const ready = await peer.ask<Ready>(job);
    return { name: ready.name, peer, steps: [], ready };
  } catch {
    await peer[Symbol.asyncDispose]();
    return null;
  }
}

async function startAll({ network, batch, ways }: Plan): Promise<Contender[]> {
  const contenders: Contender[] = [];
  for (const way of ways) {
    const one = await start(new LinePeer(Deno.execPath(), CONTENDER), { way, network, batch });
    if (one) contenders.push(one);
    else print(`${way} is left out`);
  }
  const python = await findPython("torch");
  if (python === null) {
    print("No python3 has torch here: PyTorch is left out (Debian: python3-torch)");
    return contenders;
  }
  for (const amp of [false, true]) {
    const peer = new LinePeer(python, peerArguments("train_torch.py"));
    const job = { ...network.input, widths: network.widths, batch, amp };
    const one = await start(peer, job);
    if (one) contenders.push(one);
    if (!one?.ready.cuda) break;
  }
  return contenders;
}

/** A step of each in turn, so that whatever else the machine does hits all of them. */
async function takeTurns(contenders: readonly Contender[], rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const { peer, steps } of contenders) steps.push(await peer.ask<TrainedStep>({}));
  }
}

function load(): string {
  return Deno.loadavg().map((load) => load.toFixed(1)).join(" ");
}

function report({ preset, network, batch, rounds }: Plan, contenders: readonly Contender[]): void {
  const flops = 3 * batch * forwardFlops(network);
  const { height, width } = network.input;
  print(
    `${preset} at ${height}x${width}, batch ${batch}, ${(flops / 1e9).toFixed(1)} GFLOP a step, ` +
      `medians of ${rounds} rounds in turn, load average ${load()}`,
  );
  const seconds = contenders.map(({ steps }) => median(steps.map((step) => step.seconds)));
  const of = (start: string) => seconds[contenders.findIndex(({ name }) => name.startsWith(start))];
  const bases = [of("PyTorch"), of("stock")];
  const heads = [
    "s/step",
    "fastest",
    "images/s",
    "GFLOP/s",
    "of PyTorch",
    "of stock",
    "peak MiB",
    "on device",
  ];
  print("contender".padEnd(32) + heads.map((head) => head.padStart(11)).join(""));
  contenders.forEach(({ name, steps }, i) => {
    const time = seconds[i]!;
    const { processMiB, deviceMiB } = steps.at(-1)!;
    const cells = [
      time.toFixed(3),
      Math.min(...steps.map((step) => step.seconds)).toFixed(3),
      (batch / time).toPrecision(3),
      (flops / time / 1e9).toFixed(1),
      ...bases.map((base) => base === undefined ? "" : `${(base / time).toFixed(2)}x`),
      ...[processMiB, deviceMiB].map((size) => size === null ? "" : size.toFixed(0)),
    ];
    print(name.padEnd(32) + cells.map((cell) => cell.padStart(11)).join(""));
  });
}

if (import.meta.main) {
  const plan = planOf(Deno.args);
  const contenders = await startAll(plan);
  await takeTurns(contenders, plan.rounds);
  report(plan, contenders);
  for (const { peer } of contenders) await peer[Symbol.asyncDispose]();
  await compareLosses();
  Deno.exit();
}
