import assert from "node:assert/strict";
import { Autosave } from "../../../../pipeline/view/corrections/autosave.ts";
import { Heard, until } from "../../../contexts/view_context.ts";

/** A file that is written as `results` say, each time by the next one, and whole when they are used up. */
function saving(results: (Error | null)[], saveAfter = 5) {
  const events = new Heard();
  const faults: string[] = [];
  let [writings, atOnce] = [0, 0];
  const save = new Autosave({
    ...{ path: "folder/faces.csv", events, saveAfter },
    write: async () => {
      writings++;
      assert.equal(++atOnce, 1, "one after the other");
      await new Promise((resolve) => setTimeout(resolve, 5));
      atOnce--;
      const error = results.shift();
      if (error) throw error;
    },
    onFault: (fault) => void faults.push(fault),
  });
  return { save, events, faults, writings: () => writings };
}

Deno.test("Autosave writes once for changes that follow each other, and again for one during the writing", async () => {
  const { save, events, writings } = saving([]);
  save.changed();
  save.changed();
  await until("it is written", () => events.states.at(-1) === "saved");
  assert.equal(writings(), 1);
  save.changed();
  await until("it is being written", () => writings() === 2);
  save.changed();
  await save[Symbol.asyncDispose]();
  assert.equal(writings(), 3);
  await save[Symbol.asyncDispose]();
  assert.equal(writings(), 3, "nothing is left to write");
});

Deno.test("Autosave tries again until the file can be written, and tells a fault once and nothing of others' work", async () => {
  const full = () => new Error("the disk is full");
  const busy = new Deno.errors.Busy("another process is writing it");
  const { save, events, faults } = saving([busy, full(), full(), null, full()]);
  save.changed();
  await until("it is written", () => events.states.includes("saved"));
  const states = ["waiting", "journal", "journal", "journal", "saved"];
  assert.deepEqual(events.states, states);
  assert.deepEqual(faults, ["the disk is full"]);
  save.changed();
  await save[Symbol.asyncDispose]();
  assert.deepEqual(events.states, [...states, "waiting", "journal"]);
  assert.deepEqual(faults, ["the disk is full", "the disk is full"], "it had come right");
});
