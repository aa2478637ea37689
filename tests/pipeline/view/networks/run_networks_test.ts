import assert from "node:assert/strict";
import { join } from "node:path";
import { openBackend } from "../../../../pipeline/compute/backend.ts";
import { readImage } from "../../../../pipeline/image/image.ts";
import { findImages, predict, train } from "../../../../mod.ts";
import { RunNetworks } from "../../../../pipeline/view/networks/run_networks.ts";
import { inFolder } from "../../../fixtures/face_records.ts";
import { SAMPLE, smallConfig, someFaces } from "../../../contexts/train_context.ts";

const IMAGES = ["000002.jpg", "000003.jpg"]
  .map((name) => join(SAMPLE, "Img", "img_align_celeba", name));

Deno.test("RunNetworks says what predict says, by the model and by a checkpoint, and reads new ones", async () => {
  await inFolder(async (folder) => {
    const run = join(folder, "run");
    using backend = await openBackend("wasm");
    const config = smallConfig({ epochs: 1 });
    await train({ records: someFaces(), config, backend, out: run });
    const predicted = await Array.fromAsync(predict({ run, images: findImages(IMAGES), backend }));
    const pictures = await Promise.all(IMAGES.map((path) => readImage(path)));
    await using networks = new RunNetworks(1);
    const model = await networks.look({ run, checkpoint: null }, pictures);
    assert.equal(model.at, null);
    assert.equal(model.learnt.length, 40);
    for (const [index, { probabilities, maps }] of model.faces.entries()) {
      const said = predicted[index]!;
      assert("probabilities" in said);
      Object.values(said.probabilities).forEach((value, a) =>
        assert(Math.abs(value - probabilities[a]!) < 1e-5, `${index}: ${a}`)
      );
      assert.equal(maps.length, model.mask.height * model.mask.width * 40);
    }
    const checkpoint = "last.safetensors";
    const last = await networks.look({ run, checkpoint }, pictures);
    assert.deepEqual(last.at, { epoch: 1, batch: 0, step: 3 });
    assert.deepEqual(last.faces, model.faces, "one epoch is the best one");

    const none = { run: join(folder, "none"), checkpoint: null };
    await assert.rejects(networks.look(none, pictures), /has no network yet/);
    await train({
      records: someFaces(),
      config: { ...config, epochs: 2 },
      backend,
      out: run,
      resume: true,
    });
    const later = await networks.look({ run, checkpoint }, pictures);
    assert.deepEqual(later.at, { epoch: 2, batch: 0, step: 6 });
    assert.notDeepEqual(later.faces, last.faces);
  });
});
