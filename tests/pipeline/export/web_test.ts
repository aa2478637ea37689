import assert from "node:assert/strict";
import { join } from "node:path";
import { openBackend } from "../../../pipeline/compute/backend.ts";
import { exportModel } from "../../../pipeline/export.ts";
import { findImages } from "../../../pipeline/image/find_images.ts";
import { encodePng, readImage } from "../../../pipeline/image/image.ts";
import { predict, type PredictedImage } from "../../../pipeline/predict.ts";
import { BROWSERS, type InstalledBrowser } from "../../contexts/browser_context.ts";
import { drivePage, type PageAnswer, type ShownFace } from "../../contexts/page_context.ts";
import { realData } from "../../contexts/real_data.ts";
import { SAMPLE, trainSmall } from "../../contexts/train_context.ts";
import { inFolder } from "../../fixtures/face_records.ts";

/** Five photographs with one face each; drawn ones where there are no others. */
async function fivePhotos(): Promise<string[]> {
  const real = await realData("ibug68");
  const folder = real ?? join(SAMPLE, "Img", "img_align_celeba");
  const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  const photos = names.filter((name) => name.endsWith(".jpg")).sort().slice(0, 5);
  return photos.map((name) => join(folder, name));
}

/** Fails where the page does not say what `predict` does: the same attributes, probabilities within 1e-4. */
function assertSaid(shown: readonly ShownFace[], said: readonly PredictedImage[], what: string) {
  assert.equal(shown.length, said.length, what);
  for (const [index, { image, probabilities, attributes }] of said.entries()) {
    const face = shown[index]!;
    for (const [name, expected] of Object.entries(probabilities)) {
      const off = Math.abs(face.probabilities[name]! - expected);
      assert(off <= 1e-4, `${what}: ${name} of ${image} is off by ${off}`);
    }
    assert.deepEqual(face.attributes.toSorted(), attributes.toSorted(), `${what}: ${image}`);
  }
}

/** The same of each backend, and of what else the page did. */
function assertPage(
  page: PageAnswer,
  said: readonly PredictedImage[],
  { browser, backends }: InstalledBrowser,
) {
  for (const name of backends) {
    const shown = page.faces[name]!;
    assertSaid(shown, said, `${browser}, ${name}`);
    for (const { status } of shown) assert.match(status, RegExp(`ms by ${name}\\.`), browser);
    assert.throws(() => assertSaid(shown, said.toReversed(), name), /is off by/);
  }
  assert.deepEqual(page.notes, [
    "This is no picture that can be read.",
    "No face was found in this picture.",
  ]);
  // Firefox's scroll bar takes some of it.
  assert(page.widths.every((width) => width <= 390), `a phone's width is enough: ${page.widths}`);
  assert.match(page.map, /^The face, with the map of \w/);
  assert.deepEqual([page.elsewhere, page.violations, page.errors], [[], [], []], browser);
  assert.equal(page.attempt, "connect-src https://example.invalid/", "a page that wanted to");
}

Deno.test({
  name: "export --format web: a browser says what predict --align does, and asks nobody else",
  ignore: BROWSERS.length === 0,
  fn: () =>
    inFolder(async (folder) => {
      const [run, out] = [join(folder, "run"), join(folder, "out")];
      await trainSmall(run);
      await exportModel({ run, format: "web", out });
      const photos = await fivePhotos();
      const png = join(folder, "first.png");
      await Deno.writeFile(png, await encodePng(await readImage(photos[0]!)));
      photos.push(png);
      using backend = await openBackend("wasm");
      const images = findImages(photos);
      const said = await Array.fromAsync(
        predict({ run, images, backend, align: {} }),
        (answer): PredictedImage => "rejected" in answer ? assert.fail(answer.rejected) : answer,
      );

      const noFaces = [join(folder, "run", "config.json")];
      for (const browser of BROWSERS) {
        const pictures = [{ path: join(folder, "phone.png"), width: 390, dark: true }];
        const page = await drivePage({ browser, folder: out, photos, noFaces, pictures });
        assertPage(page, said, browser);
      }
    }),
});

Deno.test("the page's files lie side by side, name each other without folders, and need no inline script", () =>
  inFolder(async (folder) => {
    const [run, out] = [join(folder, "run"), join(folder, "out")];
    await trainSmall(run);
    const files = await exportModel({ run, format: "web", out });
    assert(files.length > 8);
    const page = await Deno.readTextFile(join(out, "index.html"));
    assert.match(
      page,
      /Content-Security-Policy"\s+content="default-src 'self'; script-src 'self' /,
    );
    assert.doesNotMatch(page, /<style|style="|<script>|\bon\w+="|https?:|src="\//);
    for (const path of files.filter((path) => path.endsWith(".js"))) {
      const code = await Deno.readTextFile(path);
      assert.doesNotMatch(code, /from ?"(?!\.\/)|\bnode:|new Function\(/, path);
    }
  }));
