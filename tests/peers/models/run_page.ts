/**
 * Drives an exported page in Chromium or Firefox: serves its folder, gives it photos, and says what it showed.
 *
 * Reads a {@linkcode PageTask} as JSON, writes a {@linkcode PageAnswer}. It is started with --no-config and
 * --no-lock, and left out of what Deno checks, for what the lock file names is fetched by every first command.
 */

import { launch, type Page } from "npm:puppeteer-core@25.16.0";
import type { PageAnswer, PageTask, ShownFace } from "../../contexts/page_context.ts";

/** The page lies deep in a server, and not at its top. */
const BELOW = "/some/where/";

const TYPES: Record<string, string> = {
  css: "text/css",
  html: "text/html",
  js: "text/javascript",
  json: "application/json",
  wasm: "application/wasm",
};

const FLAGS = [
  ...["--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
  ...["--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
  ...["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"],
];

/** The same of Firefox. */
const PREFERENCES = {
  "dom.webgpu.allow-software-adapters": true,
  "dom.webgpu.enabled": true,
  "gfx.webgpu.ignore-blocklist": true,
  "media.navigator.permission.disabled": true,
  "media.navigator.streams.fake": true,
};

const task: PageTask = await new Response(Deno.stdin.readable).json();
const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, serveFile);
const origin = `http://127.0.0.1:${server.addr.port}`;
const { browser: name, path } = task.browser;
const browser = await launch({
  browser: name === "firefox" ? "firefox" : "chrome",
  executablePath: path,
  ...(name === "firefox" ? { extraPrefsFirefox: PREFERENCES } : { args: FLAGS }),
});
const answer: PageAnswer = {
  ...{ faces: {}, notes: [], widths: [], elsewhere: [], violations: [], errors: [], map: "", attempt: "" },
};
/** What the page's policy forbids, as it happens. */
const violations: string[] = [];
/** What goes wrong in it; Firefox tells violations here too. */
const errors: string[] = [];
try {
  const page = await openPage();
  for (const backend of task.browser.backends) {
    await page.goto(`${origin}${BELOW}?backend=${backend}`);
    await settled(page);
    const shown: ShownFace[] = [];
    for (const photo of task.photos) shown.push(await showPhoto(page, photo));
    answer.faces[backend] = shown;
    answer.map = await chooseMap(page);
  }
  for (const file of task.noFaces) answer.notes.push((await showPhoto(page, file)).status);
  answer.notes.push(await useCamera(page));
  for (const { path, width, dark } of task.pictures) {
    await page.setViewport({ width, height: 900 });
    const scheme = { name: "prefers-color-scheme", value: dark ? "dark" : "light" };
    if (name !== "firefox") await page.emulateMediaFeatures([scheme]);
    await showPhoto(page, task.photos[0]!);
    await page.locator(".present input").click();
    answer.widths.push(await page.evaluate(() => document.documentElement.scrollWidth));
    await page.screenshot({ path: path as `${string}.png`, fullPage: true });
  }
  answer.violations = [...violations];
  answer.errors = [...errors];
  answer.attempt = await reachOut(page);
} catch (cause) {
  throw new Error(`after ${JSON.stringify(answer)}`, { cause });
} finally {
  await browser.close();
  await server.shutdown();
}
console.log(JSON.stringify(answer));

async function serveFile(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const name = pathname === BELOW ? "index.html" : pathname.slice(BELOW.length);
  const bytes = await Deno.readFile(`${task.folder}/${name}`).catch(() => null);
  if (bytes === null || !pathname.startsWith(BELOW)) return new Response(null, { status: 404 });
  return new Response(bytes, {
    headers: { "content-type": TYPES[name.split(".").at(-1)!] ?? "application/octet-stream" },
  });
}

/** A page that writes down what it does wrong. */
async function openPage(): Promise<Page> {
  const page = await browser.newPage();
  await page.setRequestInterception(true);
  page.on("request", (request) => {
    // Firefox has fonts of its own for a video's buttons in data URLs, by which nothing is sent.
    const isOwn = request.url().startsWith(origin + "/") || request.url().startsWith("data:");
    if (!isOwn) answer.elsewhere.push(request.url());
    return isOwn ? request.continue() : request.abort();
  });
  page.on("pageerror", (error) => errors.push(`${error}`));
  await page.exposeFunction("tellViolation", (text: string) => violations.push(text));
  await page.evaluateOnNewDocument(() => {
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
      (globalThis as unknown as { tellViolation(text: string): void })
        .tellViolation(`${violatedDirective} ${blockedURI}`);
    });
  });
  return page;
}

/** Waits until the page is at rest. */
async function settled(page: Page): Promise<void> {
  const isAtRest = () => !["opening", "busy"].includes(document.body.dataset.state!);
  await page.waitForFunction(isAtRest, { timeout: 60_000 });
}

/** Says that the page is at work, so that the end of the work that is about to begin can be told. */
async function expectWork(page: Page): Promise<void> {
  await page.evaluate(() => void (document.body.dataset.state = "busy"));
}

async function showPhoto(page: Page, path: string): Promise<ShownFace> {
  await expectWork(page);
  const input = await page.$("#file");
  await (input as { uploadFile(path: string): Promise<void> }).uploadFile(path);
  await settled(page);
  return await page.evaluate(() => ({
    status: document.getElementById("status")!.textContent!,
    probabilities: Object.fromEntries(
      [...document.querySelectorAll<HTMLElement>("[data-attribute]")]
        .map(({ dataset }) => [dataset.attribute!, Number(dataset.probability)]),
    ),
    attributes: [...document.querySelectorAll<HTMLElement>(".present")]
      .map(({ dataset }) => dataset.attribute!),
  }));
}

/** Chooses the likeliest attribute as the keyboard does. */
async function chooseMap(page: Page): Promise<string> {
  const drawn = () => page.$eval("canvas", (canvas) => canvas.toDataURL());
  const before = await drawn();
  await page.focus(".said input");
  await page.keyboard.press("ArrowDown");
  return await drawn() === before ? "" : await page.$eval("canvas", ({ ariaLabel }) => ariaLabel!);
}

/** Takes a picture of the browser's made-up camera, which shows no face. */
async function useCamera(page: Page): Promise<string> {
  await page.locator("#camera").click();
  await page.waitForFunction(() => document.querySelector("video")!.videoWidth > 0);
  await expectWork(page);
  await page.locator("#shoot").click();
  await settled(page);
  return await page.$eval("#status", ({ textContent }) => textContent!);
}

/** The part of the policy that forbids the page to send something elsewhere, which it is made to try. */
async function reachOut(page: Page): Promise<string> {
  return await page.evaluate(async () => {
    const refused = new Promise<string>((resolve) =>
      document.addEventListener(
        "securitypolicyviolation",
        ({ violatedDirective, blockedURI }) => resolve(`${violatedDirective} ${blockedURI}`),
      )
    );
    await fetch("https://example.invalid/").catch(() => {});
    return await refused;
  });
}
