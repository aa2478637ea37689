import assert from "node:assert/strict";
import { join } from "node:path";
import { openBackend } from "../../../pipeline/compute/backend.ts";
import { evaluate } from "../../../pipeline/evaluate.ts";
import { ATTRIBUTES } from "../../../pipeline/face/attributes.ts";
import { train } from "../../../pipeline/train.ts";
import { readCard } from "../../../pipeline/train/card/card_files.ts";
import { readRunConfig } from "../../../pipeline/train/files/run_folder.ts";
import { inFolder } from "../../fixtures/face_records.ts";
import { smallConfig, someFaces } from "../../contexts/train_context.ts";

Deno.test("the card of a run says what goes in and comes out, and after evaluate() how well", () =>
  inFolder(async (run) => {
    using backend = await openBackend("wasm");
    const config = smallConfig({ epochs: 1, attributes: ["Smiling", "Male"] });
    const data = { dataset: "/home/ada/faces/" };
    await train({ records: someFaces(), config, backend, out: run, data });
    const { input, outputs, training, ...before } = await readCard(run);
    assert.deepEqual([input.height, input.width, input.range], [54, 44, [-1, 1]]);
    assert.deepEqual(outputs.names, ATTRIBUTES);
    assert.deepEqual(outputs.learnt, ["Male", "Smiling"], "in the order of the outputs");
    assert.deepEqual([outputs.maps.height, outputs.maps.width], [14, 9]);
    assert.deepEqual([training.dataset, training.faces, training.validationFaces], [
      "faces",
      16,
      8,
    ]);
    assert.deepEqual([before.measures, before.thresholds], [null, null]);
    const page = () => Deno.readTextFile(join(run, "model", "README.md"));
    assert.match(await page(), /It has not been evaluated\./);
    assert(!(await page()).includes("/ada"), "the card tells no paths");

    const metrics = await evaluate({
      ...{ run, backend, split: "test", records: someFaces(), validation: someFaces() },
    });
    const after = await readCard(run);
    assert.equal(after.measures!.images, 8);
    const accuracy = { value: metrics.accuracy, interval: metrics.evidence!.intervals.accuracy };
    assert.deepEqual(after.measures!.means.accuracy, accuracy);
    const own = metrics.evidence!.attributes.filter(({ tuned }) => tuned !== null);
    assert.deepEqual(Object.keys(after.thresholds!), own.map(({ name }) => name));
    assert.match(await page(), /On 8 faces of the test split, in percent\. In brackets: 95 %/);
    assert.match(await page(), /Only 2 of its 40 outputs were trained/);

    // A better network has not been measured yet.
    await train({
      ...{ records: someFaces(), backend, out: run, data, force: true },
      config: { ...config, seed: 2 },
    });
    assert.equal((await readCard(run)).measures, null);
  }));

Deno.test("a run of an older version has a card without measures", () =>
  inFolder(async (run) => {
    using backend = await openBackend("wasm");
    await train({ records: someFaces(), config: smallConfig({ epochs: 1 }), backend, out: run });
    await Deno.remove(join(run, "model", "card.json"));
    const { measures, training } = await readCard(run);
    assert.equal(measures, null);
    assert.deepEqual(training.versions, (await readRunConfig(run)).versions);
  }));
