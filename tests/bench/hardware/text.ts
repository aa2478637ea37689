/** The results of `deno task bench hardware` as lines of text. */

import type { CardPeaks, KernelTime, StepKernels, StepResult, Timed } from "./results.ts";

/** `6,133`, `43.6`, `0.54`; three digits at least, and nothing for what was not measured. */
export function figure(value: number | null): string {
  if (value === null) return "–";
  if (value >= 100) return Math.round(value).toLocaleString("en");
  return value.toFixed(value >= 10 ? 1 : 2);
}

/** A row of a table: a name and figures below their heads. */
function tableRow(name: string, cells: readonly string[], width = 13): string {
  return name.padEnd(38) + cells.map((cell) => cell.padStart(width)).join("");
}

/** Host time and calls of a step. */
export function hostLine({ name, kernels, hostMs, calls }: StepResult): string {
  const counts = Object.entries(calls ?? {}).map(([call, count]) => `${call} ${count}`);
  return `${name}, kernels for ${kernels}: host ${figure(hostMs)} ms a step; ${counts.join(", ")}`;
}

const STEP_HEADS = ["images/s", "of f32", "device ms", "host ms", "tuning s", "first step s"];

/** The ways to one size's steps beside each other, and the calls of ours. */
export function stepLines(name: string, results: readonly StepResult[]): string[] {
  const base = results.find(({ way }) => way === "PyTorch f32")?.imagesPerSecond ?? null;
  const rows = results.map((result) => {
    const { imagesPerSecond: rate } = result;
    const ratio = rate === null || base === null ? null : rate / base;
    const { way, deviceMs, hostMs, tuneSeconds, firstStepSeconds } = result;
    const cells = [deviceMs, hostMs, tuneSeconds, firstStepSeconds].map(figure);
    const ours = way.startsWith("PyTorch") ? "" : "ours on ";
    const of = ratio === null ? "–" : `${ratio.toFixed(2)}x`;
    return tableRow(`  ${ours}${way}`, [figure(rate), of, ...cells]);
  });
  const hosts = results.filter(({ calls }) => calls !== null)
    .map((result) => `  ${result.way}: ${hostLine(result)}`);
  return [tableRow(name, STEP_HEADS), ...rows, ...hosts];
}

const KERNEL_HEADS = ["ms", "of step", "MB each", "GFLOP/s", "of peak", "GB/s", "of bandwidth"];

/** The slowest kernels of a step, with what they make of the device. */
export function kernelLines(step: StepKernels, peaks: CardPeaks): string[] {
  const { name, ms, slowest } = step;
  const head = `${name}: all dispatches ${figure(ms)} ms`;
  return [tableRow(head, KERNEL_HEADS), ...slowest.map((kernel) => kernelRow(kernel, ms, peaks))];
}

function kernelRow({ name, count, ms, flops, bytes }: KernelTime, all: number, peaks: CardPeaks) {
  const perSecond = (amount: number) => 1000 * amount / ms;
  const share = (part: number) => `${(100 * part).toFixed(1)} %`;
  const arithmetic = flops === 0
    ? ["–", "–"]
    : [figure(perSecond(flops) / 1e9), share(perSecond(flops) / peaks.flops)];
  const traffic = bytes === 0
    ? ["–", "–"]
    : [figure(perSecond(bytes) / 1e9), share(perSecond(bytes) / peaks.bandwidth)];
  const cells = [ms.toFixed(3), share(ms / all), figure(bytes / count / 1e6)];
  return tableRow(`  ${count > 1 ? `${count} x ` : ""}${name}`, [
    ...cells,
    ...arithmetic,
    ...traffic,
  ]);
}

/** What was timed, a line each, in a unit. */
export function timedLines(title: string, unit: string, timed: readonly Timed[]): string[] {
  const rows = timed.map(({ name, value }) => tableRow(`  ${name}`, [figure(value)]));
  return [tableRow(title, [unit]), ...rows];
}
