import assert from "node:assert/strict";
import { join } from "node:path";
import { openBackend } from "../../../pipeline/compute/backend.ts";
import { ATTRIBUTES, namesOf } from "../../../pipeline/face/attributes.ts";
import { findImages } from "../../../pipeline/image/find_images.ts";
import { encodePng, readImage } from "../../../pipeline/image/image.ts";
import { findPredictorFile, readPredictor } from "../../../pipeline/landmarks.ts";
import { predict, type PredictedImage } from "../../../pipeline/predict.ts";
import { readTunedThresholds } from "../../../pipeline/predict/thresholds.ts";
import type { Refusal, Tried, TriedBy } from "../../../pipeline/view/wire.ts";
import { Browser, chromium, type Page } from "../../contexts/browser_context.ts";
import { SAMPLE, trainSmall } from "../../contexts/train_context.ts";
import { sampleRecords, ServedView } from "../../contexts/view_context.ts";
import { inFolder } from "../../fixtures/face_records.ts";

const IMAGES = join(SAMPLE, "Img", "img_align_celeba");
const PHOTOS = [1, 2, 3, 4, 5].map((number) => join(IMAGES, `00000${number}.jpg`));

/** A run with a threshold of its own for each attribute. */
async function trainTuned(run: string): Promise<void> {
  await trainSmall(run);
  const attributes = ATTRIBUTES.map((name, a) => ({ name, tuned: { threshold: (a + 1) / 42 } }));
  const evidence = { tuned: { split: "validation" }, attributes };
  await Deno.writeTextFile(join(run, "metrics.json"), JSON.stringify({ evidence }));
}

/** What `predict --threshold tuned` says of images, or `predict --align --threshold tuned`. */
async function predicted(run: string, images: readonly string[], isAligned: boolean) {
  const thresholds = await readTunedThresholds(run);
  const file = isAligned ? await findPredictorFile() : null;
  const align = { predictor: file === null ? null : await readPredictor(file) };
  using backend = await openBackend("wasm");
  const answers = predict({
    ...{ run, images: findImages(images), thresholds, backend },
    ...(isAligned && { align }),
  });
  return await Array.fromAsync(
    answers,
    (answer): PredictedImage => "rejected" in answer ? assert.fail(answer.rejected) : answer,
  );
}

/** Probabilities by name, and the attributes that count. */
interface Shown {
  readonly probabilities: Readonly<Record<string, number>>;
  readonly attributes: readonly string[];
}

function shownBy({ attributes }: TriedBy): Shown {
  return {
    probabilities: Object.fromEntries(attributes.map((one) => [one.name, one.probability])),
    attributes: attributes.filter(({ isPresent }) => isPresent).map(({ name }) => name),
  };
}

/** Fails where a page does not say what `predict` does: the same attributes, probabilities within 1e-4. */
function assertSame(shown: Shown, said: PredictedImage): void {
  for (const [name, expected] of Object.entries(said.probabilities)) {
    const off = Math.abs(shown.probabilities[name]! - expected);
    assert(off <= 1e-4, `${name} of ${said.image} is off by ${off}`);
  }
  assert.deepEqual(shown.attributes.toSorted(), said.attributes.toSorted(), said.image);
}

Deno.test("/api/try says what predict says, of photographs and of faces, or why it cannot", async () => {
  await inFolder(async (folder) => {
    const [run, bare] = [join(folder, "run"), join(folder, "bare")];
    await trainTuned(run);
    await Deno.mkdir(bare);
    const aligned = await predicted(run, PHOTOS.slice(0, 2), true);
    const [whole] = await predicted(run, PHOTOS.slice(0, 1), false);
    await using view = await ServedView.open({ runs: [run, bare] });
    const ask = async <T = Tried>(query: string, body: BodyInit | null = null) =>
      await view.ask<T>(`/api/try?${query}`, { method: "POST", body });

    const jpeg = await Deno.readFile(PHOTOS[0]!);
    const { faces: [one] } = await ask("run=run&run=run", jpeg);
    assert.equal(one!.said.length, 2, "two networks side by side");
    assertSame(shownBy(one!.said[1]!), aligned[0]!);
    assert.throws(() => assertSame(shownBy(one!.said[0]!), aligned[1]!), /is off by/);
    const png = new Uint8Array(await encodePng(await readImage(PHOTOS[1]!)));
    const { faces } = await ask("run=run&all=1", png);
    assert.equal(faces.length, 1);
    assertSame(shownBy(faces[0]!.said[0]!), aligned[1]!);
    const { face, said: [said] } = faces[0]!;
    assert.equal(atob(face.data).length, 218 * 178 * 3);
    const { width, height, data } = said!.maps;
    assert.equal(atob(data).length, width * height * 40);
    const ofFace = await ask("run=run&face=0");
    assertSame(shownBy(ofFace.faces[0]!.said[0]!), whole!);

    const grey = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 3).fill(128) };
    const noFace = new Uint8Array(await encodePng(grey));
    const refused: [query: string, body: BodyInit | null, fault: RegExp][] = [
      ["run=run", "words", /^This picture cannot be used: .*no picture of a known kind; AVIF/],
      ["run=run", "", /^This picture cannot be used: the file is empty\.$/],
      ["run=run", noFace, /^No face was found in this picture\.$/],
      ["run=bare", jpeg, /bare has no network yet/],
      ["run=../run", jpeg, /^There is no run/],
      ["", jpeg, /^Name one run/],
      ["run=run&run=run&run=run", jpeg, /^Name one run, or 2/],
      ["run=run&face=480", null, /^There is no face 480/],
      ["run=run&face=..%2F0", null, /^There is no face/],
      ["run=run", new Uint8Array(2 ** 26 + 1), /^This file has more than 64 MB/],
    ];
    for (const [query, body, fault] of refused) {
      assert.match((await ask<Refusal>(query, body)).error, fault, query);
    }
    assertSame(shownBy((await ask("run=run&face=0")).faces[0]!.said[0]!), whole!);
  });
});

/** What the page shows of photographs, in their order, once it is done with all of them. */
async function shownFaces(page: Page, count: number): Promise<Shown[]> {
  await page.waitForText(`of ${count} photographs have an answer`);
  // Answers are drawn once they are opened.
  await page.evaluate(() => {
    for (const photo of document.querySelectorAll("details")) photo.open = true;
  });
  await page.wait(() =>
    document.querySelectorAll(".said").length === document.querySelectorAll("details").length
  );
  return await page.evaluate(() =>
    [...document.querySelectorAll(".said")].map((said) => {
      const rows = [...said.querySelectorAll<HTMLElement>("[data-attribute]")];
      return {
        probabilities: Object.fromEntries(
          rows.map(({ dataset }) => [dataset.attribute!, Number(dataset.probability)]),
        ),
        attributes: rows.filter(({ className }) => className === "present")
          .map(({ dataset }) => dataset.attribute!),
      };
    })
  );
}

Deno.test({
  name: "view: photographs are tried, and a face's labels are held against a network's answer",
  ignore: chromium === null,
  fn: () =>
    inFolder(async (folder) => {
      const run = join(folder, "run");
      await trainTuned(run);
      const said = await predicted(run, PHOTOS, true);
      await using view = await ServedView.open({ runs: [run] });
      await using browser = Browser.open();
      const page = browser.page();
      await page.view(1000);
      await page.go(view.address);
      await page.waitForText("Try");
      await page.evaluate(() => void (location.hash = "#/try"));
      await page.upload("[name=photos]", ...PHOTOS);
      await page.evaluate(() => {
        const files = (name: string, text: string) => {
          const data = new DataTransfer();
          data.items.add(new File([text], name));
          return data;
        };
        const [drop, paste] = [files("words.txt", "words"), files("empty.jpg", "")];
        dispatchEvent(new DragEvent("drop", { dataTransfer: drop }));
        dispatchEvent(new ClipboardEvent("paste", { clipboardData: paste }));
      });
      const shown = await shownFaces(page, 7);
      assert.equal(shown.length, 5);
      for (const [index, face] of shown.entries()) assertSame(face, said[index]!);
      assert.throws(() => assertSame(shown[0]!, said[1]!), /is off by/);
      await page.waitForText("5 of 7 photographs have an answer");
      const failed = await page.evaluate(() =>
        [...document.querySelectorAll(".failed")].map(({ textContent }) => textContent!)
      );
      assert.match(failed.join("\n"), /^words\.txt .* known kind.*\nempty\.jpg .* is empty\.$/s);

      const [first] = await Array.fromAsync(sampleRecords());
      const labels = namesOf(first!.labels!);
      const [whole] = await predicted(run, PHOTOS.slice(0, 1), false);
      const wrong = ATTRIBUTES.filter((name) =>
        labels.includes(name) !== whole!.attributes.includes(name)
      );
      assert(wrong.length > 0);
      await page.evaluate(() => void (location.hash = "#/face/0"));
      await page.wait(() => document.querySelector(".asking button"));
      await page.click(".asking button");
      await page.wait(() => document.querySelectorAll(".said").length === 1);
      const marked = await page.evaluate(() =>
        [...document.querySelectorAll<HTMLElement>("[data-attribute]:has(.wrong)")]
          .map(({ dataset }) => dataset.attribute!)
      );
      assert.deepEqual(marked.toSorted(), wrong.toSorted());
      const picture = () =>
        page.evaluate(() => {
          const canvas = document.querySelector("canvas")!;
          return [canvas.toDataURL(), canvas.ariaLabel!] as const;
        });
      const [before] = await picture();
      await page.click(".said label:nth-of-type(2)");
      await page.wait(() => document.querySelector("canvas")!.ariaLabel!.includes("map of"));
      assert.notEqual((await picture())[0], before, "the map is drawn");
      assert.deepEqual(await page.faults(), []);
    }),
});
