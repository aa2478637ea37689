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

Deno.test("RunNetworks says what predict says, by the model and after an epoch, and reads new ones", async () => {
  await inFolder(async (folder) => {
    const run = join(folder, "run");
    using backend = await openBackend("wasm");
    const config = smallConfig({ epochs: 1 });
    await train({ records: someFaces(), config, backend, out: run });
    const predicted = await Array.fromAsync(predict({ run, images: findImages(IMAGES), backend }));
    const pictures = await Promise.all(IMAGES.map((path) => readImage(path)));
    await using networks = new RunNetworks(1);
    const model = await networks.look({ run, epoch: null }, pictures);
    assert.equal(model.learnt.length, 40);
    for (const [index, { probabilities, maps }] of model.faces.entries()) {
      const said = predicted[index]!;
      assert("probabilities" in said);
      Object.values(said.probabilities).forEach((value, a) =>
        assert(Math.abs(value - probabilities[a]!) < 1e-5, `${index}: ${a}`)
      );
      assert.equal(maps.length, model.mask.height * model.mask.width * 40);
    }
    const first = await networks.look({ run, epoch: 0 }, pictures);
    assert.deepEqual(first.faces, model.faces, "one epoch is the best one");
    await assert.rejects(networks.look({ run, epoch: 1 }, pictures), /epoch 2 is not kept/);

    const none = { run: join(folder, "none"), epoch: null };
    await assert.rejects(networks.look(none, pictures), /has no network yet/);
    await train({
      records: someFaces(),
      config: { ...config, epochs: 2 },
      backend,
      out: run,
      resume: true,
    });
    const later = await networks.look({ run, epoch: 1 }, pictures);
    assert.notDeepEqual(later.faces, first.faces);
    const again = await networks.look({ run, epoch: 0 }, pictures);
    assert.deepEqual(again.faces, first.faces, "it is kept as the one before");
  });
});
