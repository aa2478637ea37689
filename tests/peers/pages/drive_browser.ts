/**
 * A browser for tests: takes {@linkcode Order}s, one as JSON a line, and answers each by a line.
 *
 * It is started with --no-config and --no-lock, and left out of what Deno checks, for what the lock file names is
 * fetched by every first command.
 */

import axe from "npm:axe-core@4.14.1";
import { type ElementHandle, launch } from "npm:puppeteer-core@25.16.0";
import type { BrowserReply, Order } from "../../contexts/browser_context.ts";

const [name, executablePath] = Deno.args as [string, string];
const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];
// Being told of every request costs the page as much time as the request.
const options = { args, networkEnabled: false };
const browser = await launch(
  name === "firefox" ? { browser: "firefox", executablePath } : { executablePath, ...options },
);
const pages = new Map<string, Promise<Awaited<ReturnType<typeof openPage>>>>();

async function openPage() {
  const page = await browser.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(`${error}`));
  page.on("console", (message) => {
    // A refused request is told here too, and by its answer where it matters.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      faults.push(message.text());
    }
  });
  page.setDefaultTimeout(60_000);
  return { page, faults };
}

async function obey(order: Order): Promise<unknown> {
  if (!pages.has(order.page)) pages.set(order.page, openPage());
  const { page, faults } = await pages.get(order.page)!;
  switch (order.do) {
    case "go":
      await page.goto(order.address, { waitUntil: "domcontentloaded" });
      return;
    case "view": {
      const { width, height, dark } = order;
      await page.setViewport({ width, height });
      const value = dark ? "dark" : "light";
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
      return;
    }
    case "evaluate":
      return await page.evaluate(`(${order.code})(...${JSON.stringify(order.values)})`);
    case "wait":
      await page.waitForFunction(`(${order.code})(...${JSON.stringify(order.values)})`);
      return;
    case "click":
      await page.locator(order.selector).click();
      return;
    case "fill":
      await page.locator(order.selector).fill(order.text);
      return;
    case "press":
      for (const key of order.key.split("+")) await page.keyboard.down(key as "Enter");
      for (const key of order.key.split("+").reverse()) await page.keyboard.up(key as "Enter");
      return;
    case "drag": {
      const [from, to] = order.path;
      await page.mouse.move(...from);
      await page.mouse.down();
      await page.mouse.move(...to, { steps: 4 });
      await page.mouse.up();
      return;
    }
    case "fingers": {
      const fingers = [];
      for (const [from] of order.paths) fingers.push(await page.touchscreen.touchStart(...from));
      for (const [at, [, to]] of order.paths.entries()) await fingers[at]!.move(...to);
      for (const finger of fingers) await finger.end();
      return;
    }
    case "clickAt":
      await page.mouse.click(...order.at);
      return;
    case "upload": {
      const input = await page.waitForSelector(order.selector) as ElementHandle<HTMLInputElement>;
      await input.uploadFile(...order.files);
      return;
    }
    case "picture":
      await page.screenshot({ path: order.path as `${string}.png`, fullPage: order.full });
      return;
    case "faults":
      return faults.splice(0);
    case "audit": {
      // What the driver evaluates is not held to the page's policy.
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate("axe.run()") as Awaited<ReturnType<typeof axe.run>>;
      return violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .flatMap(({ id, nodes }) => nodes.map(({ html, any }) => `${id}: ${html} ${any[0]?.message ?? ""}`));
    }
  }
}

const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
let text = "";
try {
  for await (const part of lines) {
    text += part;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
      const order: Order = JSON.parse(text.slice(0, end));
      text = text.slice(end + 1);
      const reply: BrowserReply = await obey(order).then(
        (value) => ({ value: value ?? null }),
        (error) => ({ error: `${error}` }),
      );
      console.log(JSON.stringify(reply));
    }
  }
} finally {
  await browser.close();
}
