import assert from "node:assert/strict";
import { OnDemand } from "../../../pipeline/streams/on_demand.ts";

Deno.test("OnDemand opens once, anew after a failure of the work or of the opening, and disposes each", async () => {
  const said: string[] = [];
  let count = 0;
  let isRefused = false;
  const demand = new OnDemand(async () => {
    await Promise.resolve();
    if (isRefused) throw new Error("no room");
    const id = ++count;
    return { id, [Symbol.dispose]: () => void said.push(`${id} ended`) };
  });
  await demand[Symbol.asyncDispose]();
  const [first, second] = await Promise.all([
    demand.use(({ id }) => Promise.resolve(id)),
    demand.use(({ id }) => Promise.resolve(id)),
  ]);
  assert.deepEqual([first, second, said], [1, 1, []], "both by one");
  const failing = () => Promise.reject(new Error("broken"));
  const failed = await Promise.allSettled([demand.use(failing), demand.use(failing)]);
  assert(failed.every(({ status }) => status === "rejected"));
  assert.deepEqual(said, ["1 ended"], "once");
  isRefused = true;
  await assert.rejects(demand.use(() => Promise.resolve()), /no room/);
  isRefused = false;
  assert.equal(await demand.use(({ id }) => Promise.resolve(id)), 2);
  await demand[Symbol.asyncDispose]();
  assert.deepEqual(said, ["1 ended", "2 ended"]);
});
