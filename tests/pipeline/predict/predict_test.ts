import assert from "node:assert/strict";
import { join } from "node:path";
import { ATTRIBUTES } from "../../../pipeline/face/attributes.ts";
import { type BackendName, openBackend } from "../../../pipeline/compute/backend.ts";
import { exists } from "../../../pipeline/files/write_file.ts";
import { findImages, type ImagePlace } from "../../../pipeline/image/find_images.ts";
import { encodePng, readImage } from "../../../pipeline/image/image.ts";
import { buildNetwork } from "../../../pipeline/network/network.ts";
import { predict, type PredictedImage, type PredictOptions } from "../../../pipeline/predict.ts";
import { mostLikely } from "../../../pipeline/predict/most_likely.ts";
import { PredictionFile } from "../../../pipeline/predict/prediction_file.ts";
import { readTunedThresholds, sameThreshold } from "../../../pipeline/predict/thresholds.ts";
import { schemaOf } from "../../../pipeline/files/schema.ts";
import { writeModel } from "../../../pipeline/train/files/model_folder.ts";
import { hasGpu } from "../../contexts/gpu_test_context.ts";
import { SAMPLE, smallConfig } from "../../contexts/train_context.ts";

/** A run with an untrained network, shared by the tests of this file and removed at the end. */
const folder = await Deno.makeTempDir({ prefix: "predict-" });
const run = join(folder, "run");
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
const { network: NETWORK, seed } = smallConfig();
{
  using _backend = await openBackend("wasm");
  const network = buildNetwork(NETWORK, seed);
  await writeModel(run, network);
  network.dispose();
}

const IMAGES = Array.from(
  { length: 11 },
  (_, i) => join(SAMPLE, "Img", "img_align_celeba", `${i + 1}`.padStart(6, "0") + ".jpg"),
);

type Given = Partial<Omit<PredictOptions, "images">>;

async function predictAll(images: string[], given: Given = {}, on: BackendName = "wasm") {
  using backend = await openBackend(on);
  return await Array.fromAsync(predict({ run, backend, images: findImages(images), ...given }));
}

/** Predictions of images that can all be read. */
async function predicted(images: string[], given?: Given, on?: BackendName) {
  return (await predictAll(images, given, on)).map((prediction): PredictedImage => {
    assert("probabilities" in prediction, JSON.stringify(prediction));
    return prediction;
  });
}

Deno.test("predict() says the same of an image on wasm for any batch size, bit for bit", async () => {
  const one = await predicted(IMAGES, { batch: 1 });
  assert.deepEqual(one.map(({ image }) => image), IMAGES);
  for (const batch of [3, 8, 64]) {
    assert.deepEqual(await predicted(IMAGES, { batch }), one, `batch ${batch}`);
  }
  const some = IMAGES.slice(0, 3);
  const mapped = await predicted(some, { batch: 1, maps: join(folder, "one") });
  for (const [index, { where }] of mapped.entries()) {
    const [, other] = await predicted(
      [IMAGES[5]!, some[index]!],
      { maps: join(folder, "two") },
    );
    assert.deepEqual(await Deno.readFile(other!.where!), await Deno.readFile(where!));
  }
});

Deno.test({
  name: "predict() says the same of an image on webgpu whatever comes with it",
  ignore: !hasGpu,
  fn: async () => {
    const all = await predicted(IMAGES, {}, "webgpu");
    for (const index of [0, 8, 10]) {
      assert.deepEqual(
        (await predicted([IMAGES[index]!], {}, "webgpu")).map(({ probabilities }) => probabilities),
        [all[index]!.probabilities],
        `image ${index}`,
      );
    }
    // Of another number, kernels and order of adding are others.
    const others = [
      ...await predicted(IMAGES, { batch: 3 }, "webgpu"),
      ...await predicted(IMAGES, { batch: 37 }, "webgpu"),
      ...await predicted(IMAGES),
    ];
    for (const [index, { image, probabilities }] of others.entries()) {
      for (const name of ATTRIBUTES) {
        const off = Math.abs(probabilities[name]! - all[index % all.length]!.probabilities[name]!);
        assert(off <= 1e-4, `${name} of ${image} is off by ${off}`);
      }
    }
  },
});

Deno.test("predict() answers for every image, with a reason where it cannot be read", async () => {
  const broken = join(folder, "broken.jpg");
  await Deno.writeTextFile(broken, "not a picture");
  const [bad, good] = await predictAll([broken, IMAGES[0]!]);
  assert(bad && "rejected" in bad);
  assert.match(bad.rejected, /is no picture of a known kind/);
  assert(good && "probabilities" in good);
  assert.equal(Object.keys(good.probabilities).length, 40);
});

Deno.test("predict() reads images as they are asked for", async () => {
  using backend = await openBackend("wasm");
  let asked = 0;
  async function* endless(): AsyncGenerator<ImagePlace> {
    for (;; asked++) yield { path: IMAGES[0]!, name: "face.jpg" };
  }
  let answered = 0;
  for await (const _ of predict({ run, backend, images: endless(), workers: 1 })) {
    // A pass of 8, and 32 images read ahead of it by one thread, and one awaited.
    assert(asked <= 8 * Math.ceil((answered + 1) / 8) + 33, `${asked} read for ${answered}`);
    if (++answered === 40) break;
  }
});

Deno.test("predict() calls what is above its threshold predicted", async () => {
  const [plain] = await predicted([IMAGES[0]!]);
  const above = (thresholds: readonly number[]) =>
    ATTRIBUTES.filter((name, a) => plain!.probabilities[name]! > thresholds[a]!);
  assert.deepEqual(plain!.attributes, above(sameThreshold(0.5)));
  const mixed = ATTRIBUTES.map((_, a) => [0, 0.45, 0.55, 1][a % 4]!);
  const [other] = await predicted([IMAGES[0]!], { thresholds: mixed });
  assert.deepEqual(other!.attributes, above(mixed));
  assert(other!.attributes.includes(ATTRIBUTES[0]) && !other!.attributes.includes(ATTRIBUTES[3]));
});

Deno.test("predict() tells only of attributes that the run has learnt", async () => {
  const config = join(run, "config.json");
  const settings = smallConfig({ attributes: ["Smiling", "Bald"] });
  await Deno.writeTextFile(config, JSON.stringify({ ...settings, schema: schemaOf("run") }));
  const [some] = await predicted([IMAGES[0]!], { thresholds: sameThreshold(0) });
  await Deno.remove(config);
  const [all] = await predicted([IMAGES[0]!]);
  const { Smiling, Bald } = all!.probabilities;
  assert.deepEqual(some!.probabilities, { Bald, Smiling });
  assert.deepEqual(some!.attributes, ["Bald", "Smiling"]);
  assert.equal(mostLikely(some!.probabilities, 8).length, 2);
});

Deno.test("readTunedThresholds() reads what evaluate has chosen, or says that it has not", async () => {
  const path = join(run, "metrics.json");
  await assert.rejects(readTunedThresholds(run), /has no thresholds of its own: evaluate/);
  await Deno.writeTextFile(path, JSON.stringify({ evidence: { tuned: null, attributes: [] } }));
  await assert.rejects(readTunedThresholds(run), /has no thresholds of its own: evaluate/);
  const attributes = ATTRIBUTES.map((name, a) => ({
    name,
    tuned: a ? { threshold: a / 40 } : null,
  }));
  const evidence = { tuned: { split: "validation" }, attributes: attributes.toReversed() };
  await Deno.writeTextFile(path, JSON.stringify({ evidence }));
  assert.deepEqual(await readTunedThresholds(run), [
    0.5,
    ...ATTRIBUTES.keys().drop(1).map((a) => a / 40),
  ]);
  await Deno.writeTextFile(path, "{");
  await assert.rejects(readTunedThresholds(run), {
    name: "SyntaxError",
    message: /is not valid JSON/,
  });
});

Deno.test("predict() draws a map for each predicted attribute, and a sheet of the likeliest", async () => {
  const [prediction] = await predicted([IMAGES[0]!], { maps: join(folder, "maps") });
  const { where, maps, attributes } = prediction!;
  assert.equal(where, join(folder, "maps", "000001_where.png"));
  assert.deepEqual(maps, attributes.map((name) => join(folder, "maps", `000001_${name}.png`)));
  const { width, height } = await readImage(maps![0]!);
  assert.deepEqual([width, height], [178, 218], "a map has the image's size");
  const sheet = await readImage(where);
  assert(sheet.width > 3 * 178 && sheet.height > 3 * 218, `${sheet.width}x${sheet.height}`);
});

Deno.test("predict() finds and aligns faces, and says where there is none", async () => {
  const empty = join(folder, "empty.png");
  const grey = { width: 178, height: 218, data: new Uint8Array(178 * 218 * 3).fill(128) };
  await Deno.writeFile(empty, await encodePng(grey));
  const align = { detector: "tiny", backend: "wasm" } as const;
  const maps = join(folder, "aligned");
  const [none, face] = await predictAll([empty, IMAGES[0]!], { align, maps });
  assert(none && "rejected" in none);
  assert.equal(none.rejected, "no face found");
  assert(face && "probabilities" in face);
  assert.equal(face.image, IMAGES[0]);
  const [whole] = await predicted([IMAGES[0]!]);
  assert.notDeepEqual(face.probabilities, whole!.probabilities, "it is another crop");
});

Deno.test("mostLikely() has the highest probabilities first", () => {
  const probabilities = Object.fromEntries(
    ATTRIBUTES.map((name, a) => [name, (a * 7 % 40) / 40]),
  ) as PredictedImage["probabilities"];
  const top = mostLikely(probabilities, 3).map(({ probability }) => 40 * probability);
  assert.deepEqual(top, [39, 38, 37]);
});

Deno.test("PredictionFile writes csv with rejections beside it, or NDJSON, when it is committed", async () => {
  const broken = join(folder, 'wrong, "name".jpg');
  await Deno.writeTextFile(broken, "");
  const predictions = await predictAll([IMAGES[1]!, broken]);
  for (const ending of ["csv", "ndjson"]) {
    const path = join(folder, `out.${ending}`);
    {
      await using file = await PredictionFile.open(path);
      for (const prediction of predictions) await file.write(prediction);
      assert(!await exists(path), "nothing is seen before");
      await file.commit();
    }
  }
  const lines = (await Deno.readTextFile(join(folder, "out.ndjson"))).trimEnd().split("\n");
  assert.deepEqual(lines.map((line) => JSON.parse(line)), predictions);
  const csv = (await Deno.readTextFile(join(folder, "out.csv"))).trimEnd().split("\n");
  assert.equal(csv[0], ["image_name", ...ATTRIBUTES].join(","));
  const [first] = predictions as PredictedImage[];
  assert.equal(csv[1], [first!.name, ...Object.values(first!.probabilities)].join(","));
  assert.equal(csv.length, 2);
  const rejected = JSON.parse(await Deno.readTextFile(join(folder, "out.rejected.ndjson")));
  assert.match(rejected.image, /wrong, "name"\.jpg$/);
  assert.match(rejected.reason, /the file is empty/);
  const abandoned = join(folder, "abandoned.csv");
  await (await PredictionFile.open(abandoned))[Symbol.asyncDispose]();
  assert(!await exists(abandoned));
});
