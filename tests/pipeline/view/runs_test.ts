import assert from "node:assert/strict";
import { join } from "node:path";
import { Claim } from "../../../pipeline/files/claim.ts";
import { exists } from "../../../pipeline/files/write_file.ts";
import { schemaOf } from "../../../pipeline/files/schema.ts";
import { parseLog } from "../../../pipeline/report/training_log.ts";
import { LogTail } from "../../../pipeline/view/runs/log_tail.ts";
import type { RunDetail, RunLog, RunState } from "../../../pipeline/view/wire.ts";
import { measured } from "../../../pipeline/report/text.ts";
import { Browser, chromium } from "../../contexts/browser_context.ts";
import { trainSmall } from "../../contexts/train_context.ts";
import { ServedView } from "../../contexts/view_context.ts";
import { inFolder } from "../../fixtures/face_records.ts";

Deno.test("LogTail reads what a log grows by, and all of one that begins anew", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "log.ndjson");
    const line = (fields: object) => JSON.stringify({ schema: schemaOf("log"), ...fields }) + "\n";
    const epoch = (epoch: number, seconds: number) =>
      line({ type: "epoch", epoch, seconds, train: {} });
    const step = (step: number) => line({ type: "step", epoch: 1, step });
    const tail = new LogTail(path);
    const after = async (text: string) => {
      await Deno.writeTextFile(path, text);
      await tail.read();
      return [tail.epochs.map(({ seconds }) => seconds), tail.steps.count];
    };
    await tail.read();
    assert.deepEqual(tail.epochs, [], "there is none yet");
    const begun = epoch(0, 5) + step(3) + step(4);
    assert.deepEqual(await after(begun + step(5).slice(0, 9)), [[5], 5], "a torn line waits");
    assert.deepEqual(await after(begun + step(5)), [[5], 6]);
    assert.deepEqual(await after(begun + epoch(1, 6)), [[5, 6], 5], "resumed, and longer");
    assert.deepEqual(await after(epoch(0, 7)), [[7], 0], "shorter");
    assert.deepEqual(await after(epoch(0, 8) + step(1)), [[8], 2], "another one");
    const long = line({ type: "note", text: "x".repeat(300_000) });
    assert.deepEqual(await after(long + epoch(0, 9)), [[9], 0], "behind a long line");
  });
});

Deno.test("/api/runs tells how far runs are, asks to stop those that train, and shows reports", async () => {
  await inFolder(async (folder) => {
    const run = join(folder, "runs", "<b>first");
    await trainSmall(run);
    await Deno.mkdir(join(folder, "runs", "no run"));
    await Deno.mkdir(join(folder, "elsewhere"));
    await using view = await ServedView.open({ runs: [join(folder, "runs")] });
    const path = join(run, "log.ndjson");
    const { epochs, steps } = parseLog(await Deno.readTextFile(path), path);
    const states = await view.ask<RunState[]>("/api/runs");
    assert.equal(states.length, 1);
    assert.deepEqual(states[0]!.last, epochs.at(-1));
    assert.equal(states[0]!.state, "finished");
    assert.equal(states[0]!.epochs, epochs.length);
    const detail = await view.ask<RunDetail>(`/api/runs/${encodeURIComponent("<b>first")}`);
    assert.deepEqual({ ...detail, ...states[0] }, detail, "all that the list says");
    assert.deepEqual([detail.steps, detail.ofSteps, detail.keptEpochs.at(-1)], [9, 9, 2]);
    const network = { name: "maskHead", value: "context", preset: "shared" };
    assert.deepEqual(detail.changed.find(({ name }) => name === "maskHead"), network);
    assert(!detail.changed.some(({ name }) => name === "optimizer"), "it is the preset's");
    const log = await view.ask<RunLog>(`/api/runs/${encodeURIComponent("<b>first")}/log`);
    assert.deepEqual(log.epochs, epochs);
    assert.deepEqual(log.steps.steps, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    const losses = steps.map(({ attributeLoss }) => Number(attributeLoss!.toPrecision(6)));
    assert.deepEqual(log.steps.attributeLoss, losses);
    const of = `/api/runs/${encodeURIComponent("<b>first")}`;
    assert.equal((await view.send("POST", `${of}/stop`, {}))[0], 409, "nothing trains it");
    {
      await using _ = await Claim.take(join(run, "train.lock"), run);
      assert.equal((await view.send("POST", `${of}/stop`, {}))[0], 200);
      assert(await exists(run, "stop"));
    }
    for (const name of ["..%2Felsewhere", "no%20run", "..", "%2Fetc", "__proto__"]) {
      const response = await view.fetch(`/api/runs/${name}/stop`, { method: "POST" });
      assert([400, 404].includes(response.status), name);
      await response.body?.cancel();
    }
    const report = await view.fetch(`${of}/report`);
    const text = await report.text();
    assert.equal(report.status, 200, text);
    assert.match(text, /&lt;b&gt;first/);
    assert.doesNotMatch(text, /<b>first|<script/);
    assert.match(report.headers.get("content-security-policy")!, /^default-src 'none'; style-src/);
    await showsRuns(view, measured(epochs.at(-1)!.validation!.attributeLoss));
  });
});

async function showsRuns(view: ServedView, loss: string): Promise<void> {
  if (chromium === null) return;
  await using browser = Browser.open();
  const page = browser.page();
  await page.view(390, { dark: true });
  await page.go(view.address);
  await page.evaluate(() => void (location.hash = "#/runs"));
  await page.waitForText("<b>first");
  await page.waitForText(`<b>first: ${loss}`);
  await page.wait(() => document.querySelectorAll(".plots canvas").length === 5);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  assert.deepEqual(await page.faults(), []);
}
