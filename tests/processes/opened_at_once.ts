/**
 * A process that opens backends at the same time, trains on each, and closes and opens them again:
 * `deno run … opened_at_once.ts wasm webgpu`. A process, since tfjs starts a backend once in each.
 */

import assert from "node:assert/strict";
import "../../pipeline/cli/environment.ts";
import { type Backend, type BackendName, openBackend } from "../../pipeline/compute/backend.ts";
import { train } from "../../pipeline/train.ts";
import { inFolder } from "../fixtures/face_records.ts";
import { smallConfig, someFaces } from "../contexts/train_context.ts";

/** The loss of two steps. */
async function lossOn(backend: Backend): Promise<number> {
  let loss = NaN;
  await inFolder(async (out) => {
    const config = smallConfig({ epochs: 1, batch: 2 });
    const { last } = await train({ records: someFaces(4), config, backend, out: `${out}/run` });
    loss = last!.train.loss;
  });
  return loss;
}

if (import.meta.main) {
  const names = Deno.args as BackendName[];
  const opened = await Promise.all(names.map((name) => openBackend(name)));
  assert.deepEqual(opened.map(({ name }) => name), names);
  const losses: number[] = [];
  for (const backend of opened) losses.push(await lossOn(backend));
  // Closed while the next is being opened, and twice.
  const again = names.map((name) => openBackend(name));
  for (const backend of [...opened, ...opened]) backend[Symbol.dispose]();
  for (const backend of await Promise.all(again)) losses.push(await lossOn(backend));
  for (const backend of await Promise.all(again)) backend[Symbol.dispose]();
  for (const loss of losses) assert(Math.abs(loss - losses[0]!) < 1e-3, `${losses}`);
}
