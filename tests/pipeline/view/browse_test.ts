import assert from "node:assert/strict";
import { join } from "node:path";
import { imagesIn } from "../../../pipeline/dataset.ts";
import { encodePng, sizeOfPicture } from "../../../pipeline/image/image.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { inFolder } from "../../fixtures/face_records.ts";
import { attributeColumn, hasAttribute } from "../../../pipeline/face/attributes.ts";
import type { FaceRecord } from "../../../pipeline/face/record.ts";
import type { FaceDetail, FacePage, FacePlace } from "../../../pipeline/view/wire.ts";
import { Browser, chromium } from "../../contexts/browser_context.ts";
import { sampleRecords, ServedView } from "../../contexts/view_context.ts";

Deno.test("/api/faces gives the faces that pass all filters, stretch by stretch", async () => {
  await using view = await ServedView.open();
  const records = await Array.fromAsync(sampleRecords());
  const has = (labels: number, name: string) => hasAttribute(labels, attributeColumn(name)!);
  const wanted = records.filter(({ split, labels }) =>
    split === "test" && has(labels!, "Smiling") && !has(labels!, "Eyeglasses")
  );
  assert(wanted.length > 5 && wanted.length < records.length);
  const query = "split=test&with=Smiling&without=eyeglasses";
  const page = await view.ask<FacePage>(`/api/faces?${query}&from=2&count=3`);
  assert.equal(page.total, wanted.length);
  assert.deepEqual(page.faces.map(({ image }) => image), wanted.slice(2, 5).map((r) => r.image));
  const { id } = page.faces[1]!;
  const place = await view.ask<FacePlace>(`/api/faces/${id}/place?${query}`);
  assert.deepEqual([place.place, place.total], [3, wanted.length]);
  assert.deepEqual([place.previous, place.next], [page.faces[0]!.id, page.faces[2]!.id]);
  const detail = await view.ask<FaceDetail>(`/api/faces/${id}`);
  assert.equal(detail.image, wanted[3]!.image);
  assert.equal(detail.points?.length, 136);
  for (const wrong of ["split=all", "with=Hat", "sideways=1", "from=-1", "count=x"]) {
    const response = await view.fetch(`/api/faces?${wrong}`);
    assert.equal(response.status, 400, wrong);
    await response.body?.cancel();
  }
});

Deno.test("/api/faces/tiles gives the pictures of faces in the order asked for, none of one that is gone", async () => {
  async function* records(): AsyncGenerator<FaceRecord> {
    let i = 0;
    for await (const record of sampleRecords()) {
      yield i++ === 3 ? { ...record, path: `${record.path}.gone` } : record;
    }
  }
  await using view = await ServedView.open({ records: records() });
  const text = await (await view.fetch("/api/faces/tiles?ids=5,3,4")).text();
  const [fifth, third, fourth, ...rest] = text.split("\n");
  assert.deepEqual([third, rest], ["", [""]]);
  for (const [id, tile] of [[5, fifth], [4, fourth]] as const) {
    const whole = await (await view.fetch(`/api/faces/${id}/picture`)).bytes();
    assert.equal(tile, `data:image/jpeg;base64,${whole.toBase64()}`);
  }
  for (const wrong of ["?ids=480", "?ids=1,x", ""]) {
    const response = await view.fetch(`/api/faces/tiles${wrong}`);
    assert.equal(response.status, 400, wrong);
    await response.body?.cancel();
  }
});

Deno.test("/api/faces/tiles makes large pictures small, on threads", () =>
  inFolder(async (folder) => {
    const random = new Random(5);
    const data = Uint8Array.from({ length: 600 * 400 * 3 }, () => random.integer(256));
    const large = await encodePng({ width: 600, height: 400, data });
    for (const name of ["one.png", "two.png"]) await Deno.writeFile(join(folder, name), large);
    await using view = await ServedView.open({ records: imagesIn(folder), landmarks: null });
    const tiles = await (await view.fetch("/api/faces/tiles?ids=0,1")).text();
    const [first, second] = tiles.split("\n");
    assert.equal(first, second);
    assert.match(first!, /^data:image\/png;base64,/);
    const tile = Uint8Array.fromBase64(first!.slice(first!.indexOf(",") + 1));
    assert.deepEqual(sizeOfPicture(tile), [327, 218]);
  }));

Deno.test({
  name: "view: faces are scrolled through, filtered, and looked at by keyboard",
  ignore: chromium === null,
  async fn() {
    await using view = await ServedView.open();
    await using browser = Browser.open();
    const page = browser.page();
    await page.view(1000);
    await page.go(view.address);
    await page.wait(() => document.querySelectorAll(".tile img").length > 30);
    assert.equal(await page.evaluate(() => location.search), "", "the token is out of sight");
    const few = await page.evaluate(() => document.querySelectorAll(".tile").length);
    assert(few < 200, `${few} tiles are in the document`);
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    await page.waitForText("000480.jpg");
    await page.wait(() => {
      const pictures = [...document.querySelectorAll<HTMLImageElement>(".tile img")];
      return pictures.every(({ naturalWidth }) => naturalWidth > 0);
    });
    await page.fill("[name=with]", "Bald");
    await page.wait(() =>
      /^\d+ of 480 faces$/.test(document.querySelector(".count")!.textContent!)
    );
    const chosen = await view.ask<FacePage>("/api/faces?with=Bald");
    await page.waitForText(`${chosen.total} of 480`);
    const alsoWith = (name: string) =>
      page.evaluate((name) => {
        const second = document.querySelectorAll<HTMLSelectElement>("[name=with]")[1]!;
        second.value = name;
        second.dispatchEvent(new Event("change", { bubbles: true }));
      }, name);
    const both = await view.ask<FacePage>("/api/faces?with=Bald&with=Smiling");
    assert(both.total > 0 && both.total < chosen.total);
    await alsoWith("Smiling");
    await page.waitForText(`${both.total} of 480`);
    await alsoWith("");
    await page.waitForText(`${chosen.total} of 480`);
    await page.wait(() => document.querySelector("[data-place='0']"));
    await page.evaluate(() => document.querySelector<HTMLElement>("[data-place='0']")!.focus());
    await page.press("ArrowRight");
    await page.press("Enter");
    await page.wait(() => document.querySelectorAll(".drawing circle").length === 68);
    const title = () => page.evaluate(() => document.querySelector("h1")!.textContent);
    assert.equal(await title(), chosen.faces[1]!.image);
    await page.waitForText(`2 of ${chosen.total}`);
    await page.press("j");
    await page.waitForText(`3 of ${chosen.total}`);
    assert.equal(await title(), chosen.faces[2]!.image);
    await page.press("Escape");
    await page.waitForText(`${chosen.total} of 480`);
    await page.view(390, { dark: true });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
    assert.deepEqual(await page.faults(), []);
  },
});
