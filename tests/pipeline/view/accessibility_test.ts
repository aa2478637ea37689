import assert from "node:assert/strict";
import { join } from "node:path";
import { Browser, chromium, type Page } from "../../contexts/browser_context.ts";
import { SAMPLE, trainSmall } from "../../contexts/train_context.ts";
import { ServedView } from "../../contexts/view_context.ts";
import { inFolder } from "../../fixtures/face_records.ts";

/** A place, its title, and what shows that it is drawn. */
type Place = readonly [address: string, title: string, selector: string];

const PLACES: readonly Place[] = [
  ["#/faces", "Faces", ".tile img"],
  ["#/face/0", "000001.jpg", ".drawing circle"],
  ["#/face/0/edit", "Correct 000001.jpg", "svg .dot"],
  ["#/try", "Try", ".said"],
  ["#/runs", "Runs", "tbody tr"],
  ["#/run/run", "run", ".samples canvas"],
];

/** What is wrong with a place beyond what axe looks for; runs in the page. */
function faultsOfPlace(): string[] {
  const faults: string[] = [];
  const { scrollWidth, clientWidth, lang } = document.documentElement;
  if (scrollWidth > clientWidth) faults.push(`it is ${scrollWidth} pixels wide`);
  if (lang !== "en") faults.push("it has no language");
  const levels = [...document.querySelectorAll("h1, h2, h3, h4")].map(({ tagName }) =>
    Number(tagName[1])
  );
  if (levels.filter((level) => level === 1).length !== 1) faults.push(`its headings are ${levels}`);
  levels.reduce((before, level) => {
    if (level > before + 1) faults.push(`a heading skips from ${before} to ${level}`);
    return level;
  }, 0);
  for (const target of document.querySelectorAll("button, select, input, summary, nav a")) {
    const shown = target.closest("label") ?? target;
    const { width, height } = shown.getBoundingClientRect();
    const isHidden = width === 0 && height === 0;
    if (!isHidden && (width < 24 || height < 24)) {
      faults.push(`${shown.outerHTML.slice(0, 80)} is ${width.toFixed(1)} x ${height.toFixed(1)}`);
    }
  }
  return faults;
}

async function visit(page: Page, [address, title, selector]: Place): Promise<void> {
  await page.evaluate((address) => void (location.hash = address), address);
  await page.wait((selector) => document.querySelector(selector), selector);
  await page.wait((title) => document.title.startsWith(title), title);
}

/** Goes through the page by keyboard alone. */
async function walkByKeyboard(page: Page): Promise<void> {
  await page.wait(() => document.querySelector(".tile img"));
  const focused = () =>
    page.evaluate(() => {
      const { textContent, tagName } = document.activeElement!;
      return tagName === "MAIN" ? "main" : textContent!;
    });
  await page.press("Tab");
  assert.equal(await focused(), "Skip to the content");
  await page.press("Enter");
  assert.equal(await focused(), "main");
  await page.press("Tab");
  await page.press("Escape");
  await page.evaluate(() => document.querySelector<HTMLElement>(".tile a")!.focus());
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle);
  assert.equal(outline, "solid", "the focus is seen");
  await page.press("Enter");
  await page.wait(() => document.querySelector(".drawing circle"));
  assert.equal(await focused(), "main", "what had the focus has gone with the grid");
  await page.evaluate(() => void (location.hash = "#/face/400"));
  await page.waitForText("401 of 480");
  await page.press("Escape");
  await page.wait(() => document.activeElement!.textContent === "000401.jpg");
  assert(await page.evaluate(() => scrollY) > 500, "the grid is where the face stands");
}

async function assertSound(page: Page, what: string): Promise<void> {
  const faults = [...await page.audit(), ...await page.evaluate(faultsOfPlace)];
  assert.deepEqual(faults, [], what);
}

Deno.test({
  name: "view: axe finds nothing serious in any place, light or dark, wide or on a phone",
  ignore: chromium === null,
  fn: () =>
    inFolder(async (folder) => {
      const run = join(folder, "run");
      await trainSmall(run);
      await using view = await ServedView.correctable(folder, { runs: [run] });
      await using browser = Browser.open();
      const page = browser.page();
      await page.view(1000);
      await page.go(view.address);
      await walkByKeyboard(page);
      await visit(page, PLACES[0]!);
      await page.evaluate(() =>
        document.querySelector("h1")!.append(document.createElement("button"))
      );
      assert.match((await page.audit()).join(), /button-name: <button/, "what is wrong is found");
      await page.evaluate(() => document.querySelector("h1 button")!.remove());
      await page.evaluate(() => void (location.hash = "#/try"));
      await page.upload("[name=photos]", join(SAMPLE, "Img", "img_align_celeba", "000001.jpg"));
      for (const [width, dark] of [[1000, false], [390, true]] as const) {
        await page.view(width, { dark });
        for (const place of PLACES) {
          await visit(page, place);
          await assertSound(page, `${place[0]} at ${width} pixels`);
        }
        await visit(page, PLACES[1]!);
        await page.click(".asking button");
        await page.wait(() => document.querySelector(".said"));
        await assertSound(page, `a network's answer at ${width} pixels`);
        await page.click(".asking button");
      }
    }),
});
