/**
 * Training steps of all sizes: ours on webgpu, with `--f16` and on wasm beside PyTorch's. All ways to one
 * size are warm before they take turns, and their medians count.
 */

import { median } from "../../measuring.ts";
import { type Bench, messageOf, type Part } from "./part.ts";
import type { SteppingWay, StepResult } from "../results.ts";
import { type Size, SIZES, stepFlops } from "../sizes.ts";
import { OWN_WAYS, OwnWay } from "../own_way.ts";
import { stepLines } from "../text.ts";
import { TorchWays } from "../torch_ways.ts";

const ROUNDS = 3;
const SECONDS_A_ROUND = 0.5;

/** Most seconds in which wasm, whose steps of `paper` take that long, takes the two that it needs. */
const WASM_LIMIT = 30;

/** Steps of all sizes. */
export const STEPS: Part = {
  name: "steps",
  limit: 230,
  async run(bench) {
    await using torch = await TorchWays.find(bench);
    for (const size of SIZES) {
      bench.signal.throwIfAborted();
      await measureSize(bench, size, torch);
    }
  },
};

async function measureSize(bench: Bench, size: Size, torch: TorchWays | null): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const ways: SteppingWay[] = [];
  /** Notes what goes wrong with a way, with which it then is over. */
  const attempt = async <T>(way: string, work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (error) {
      bench.fail(`${size.name} on ${way}: ${messageOf(error)}`);
      return null;
    }
  };
  for (const way of OWN_WAYS) {
    if (way === "webgpu f16" && size.preset !== "paper") continue;
    if (way === "wasm" && isTooMuch(bench, size)) continue;
    const own = await attempt(way, () => OwnWay.start(bench, size, way));
    if (own) ways.push(stack.use(own));
  }
  ways.push(...await attempt("PyTorch", () => torch?.waysTo(size) ?? Promise.resolve([])) ?? []);
  const rates = new Map(ways.map((way) => [way, [] as number[]]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [way, measured] of rates) {
      const rate = await attempt(way.way, () => way.rate(SECONDS_A_ROUND));
      if (rate === null) rates.delete(way);
      else measured.push(rate);
    }
  }
  const results: StepResult[] = [];
  for (const [way, measured] of rates) {
    const rest = await attempt(way.way, () => way.result());
    const imagesPerSecond = median(measured);
    if (rest) results.push({ name: size.name, way: way.way, imagesPerSecond, ...rest });
  }
  bench.results.steps.push(...results);
  if (results.length === 0) return;
  for (const line of stepLines(size.name, results)) bench.print(line);
}

/** Whether wasm would not get through its steps, by what it did before; says so. */
function isTooMuch({ results, fail }: Bench, size: Size): boolean {
  const { batch } = size;
  const known = results.steps.filter(({ way }) => way === "wasm").map((step) => {
    const other = SIZES.find(({ name }) => name === step.name)!;
    return step.imagesPerSecond! * stepFlops(other) / other.batch;
  });
  const seconds = 2 * stepFlops(size) / Math.max(...known);
  if (!(seconds > WASM_LIMIT)) return false;
  fail(`${size.name} on wasm: left out, two steps of ${batch} would take ${seconds.toFixed(0)} s`);
  return true;
}
