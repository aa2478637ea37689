/** Browsers for tests of pages, driven by puppeteer-core, where they can be had. */

import { join } from "node:path";
import { readLines } from "../../pipeline/files/read_lines.ts";
import { exists } from "../../pipeline/files/write_file.ts";
import { ALONE, isFetched } from "./npm_peer.ts";

/** What a page of the browser is told to do; `page` names it, and opens it where there is none of the name. */
export type Order = { readonly page: string } & Action;

/** From a place of the window to another one, in its pixels. */
type Path = readonly [from: readonly [x: number, y: number], to: readonly [x: number, y: number]];

type Action =
  | { readonly do: "go"; readonly address: string }
  | { readonly do: "view"; readonly width: number; readonly height: number; readonly dark: boolean }
  | { readonly do: "evaluate" | "wait"; readonly code: string; readonly values: unknown[] }
  | { readonly do: "click"; readonly selector: string }
  | { readonly do: "clickAt"; readonly at: readonly [x: number, y: number] }
  | { readonly do: "fill"; readonly selector: string; readonly text: string }
  | { readonly do: "press"; readonly key: string }
  | { readonly do: "drag"; readonly path: Path }
  | { readonly do: "fingers"; readonly paths: readonly Path[] }
  | { readonly do: "upload"; readonly selector: string; readonly files: readonly string[] }
  | { readonly do: "picture"; readonly path: string; readonly full: boolean }
  | { readonly do: "audit" }
  | { readonly do: "faults" };

/** What comes of it. */
export type BrowserReply = { readonly value: unknown } | { readonly error: string };

const PEER = join(import.meta.dirname!, "..", "peers", "pages", "drive_browser.ts");

/** A browser that is installed. */
export interface InstalledBrowser {
  readonly browser: "chromium" | "firefox";
  readonly path: string;
  /** The backends of tfjs that it has without a graphics card. */
  readonly backends: readonly string[];
}

const DEBIANS: readonly InstalledBrowser[] = [
  { browser: "chromium", path: "/usr/bin/chromium", backends: ["wasm", "webgl", "webgpu"] },
  { browser: "firefox", path: "/usr/bin/firefox-esr", backends: ["wasm", "webgpu"] },
];

/** The browsers that can be driven; none where puppeteer-core is missing. */
export const BROWSERS: readonly InstalledBrowser[] = await findBrowsers();

/** Path of Chromium, or null. */
export const chromium: string | null =
  BROWSERS.find(({ browser }) => browser === "chromium")?.path ?? null;

if (chromium === null) {
  const line =
    "NO BROWSER: chromium or npm's puppeteer-core cannot be had, so pages are NOT TESTED.\n";
  Deno.stderr.writeSync(new TextEncoder().encode(line));
}

async function findBrowsers(): Promise<InstalledBrowser[]> {
  const found: InstalledBrowser[] = [];
  for (const browser of DEBIANS) if (await exists(browser.path)) found.push(browser);
  return found.length > 0 && await isFetched(PEER) ? found : [];
}

/** A browser process; dispose it to close it. */
export class Browser implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #orders: WritableStreamDefaultWriter<Uint8Array>;
  readonly #replies: ReturnType<typeof readLines>;
  /** One order after the other. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(process: Deno.ChildProcess) {
    this.#process = process;
    this.#orders = process.stdin.getWriter();
    this.#replies = readLines(process.stdout, "the browser");
  }

  /** By default Chromium. */
  static open({ browser, path } = BROWSERS[0]!): Browser {
    const args = ["run", "--quiet", "--no-check", "--allow-all", ...ALONE, PEER, browser, path];
    const command = new Deno.Command(Deno.execPath(), {
      ...{ args, stdin: "piped", stdout: "piped", stderr: "inherit" },
    });
    return new Browser(command.spawn());
  }

  /** The process that drives the browser, which is below it. */
  get pid(): number {
    return this.#process.pid;
  }

  /** A page of its own; pages share cookies. */
  page(name = "first"): Page {
    return new Page((action) => this.#obey({ page: name, ...action }));
  }

  #obey(order: Order): Promise<unknown> {
    const reply = this.#last.catch(() => {}).then(async () => {
      await this.#orders.write(new TextEncoder().encode(JSON.stringify(order) + "\n"));
      const { value } = await this.#replies.next();
      if (!value) throw new Error("The browser has ended");
      const answer: BrowserReply = JSON.parse(value.text);
      if ("value" in answer) return answer.value;
      throw new Error(`${order.do} in the browser: ${answer.error} (${JSON.stringify(order)})`);
    });
    return this.#last = reply;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#orders.close();
    await this.#replies.next();
    await this.#process.status;
  }
}

/** A page of the browser. Functions that it is given run there: they see nothing but their arguments. */
export class Page {
  readonly #obey: (action: Action) => Promise<unknown>;

  constructor(obey: (action: Action) => Promise<unknown>) {
    this.#obey = obey;
  }

  async go(address: string): Promise<void> {
    await this.#obey({ do: "go", address });
  }

  async view(width: number, { height = 900, dark = false } = {}): Promise<void> {
    await this.#obey({ do: "view", width, height, dark });
  }

  /** What a function gives there, as JSON takes it. */
  async evaluate<T, V extends unknown[]>(
    work: (...values: V) => T | Promise<T>,
    ...values: V
  ): Promise<T> {
    return await this.#obey({ do: "evaluate", code: `${work}`, values }) as T;
  }

  /** Waits until a function gives something true there, for a minute at most. */
  async wait<V extends unknown[]>(test: (...values: V) => unknown, ...values: V): Promise<void> {
    await this.#obey({ do: "wait", code: `${test}`, values });
  }

  /** Waits until text is in sight. */
  waitForText(text: string): Promise<void> {
    return this.wait((text) => document.body.innerText.includes(text), text);
  }

  async click(selector: string): Promise<void> {
    await this.#obey({ do: "click", selector });
  }

  async clickAt(x: number, y: number): Promise<void> {
    await this.#obey({ do: "clickAt", at: [x, y] });
  }

  /** Replaces what stands in a field, or chooses in a select by value. */
  async fill(selector: string, text: string): Promise<void> {
    await this.#obey({ do: "fill", selector, text });
  }

  /** Presses a key, or several at once: `Control+z`. */
  async press(key: string): Promise<void> {
    await this.#obey({ do: "press", key });
  }

  /** Pulls with the mouse, in pixels of the window. */
  async drag(...path: Path): Promise<void> {
    await this.#obey({ do: "drag", path });
  }

  /** Touches with a finger for each path, one after the other; then all move, and go. Chromium alone. */
  async fingers(...paths: Path[]): Promise<void> {
    await this.#obey({ do: "fingers", paths });
  }

  /** Puts files into a file input. */
  async upload(selector: string, ...files: string[]): Promise<void> {
    await this.#obey({ do: "upload", selector, files });
  }

  async picture(path: string, { full = false } = {}): Promise<void> {
    await this.#obey({ do: "picture", path, full });
  }

  /** What axe finds serious or critical, an element a line. */
  async audit(): Promise<string[]> {
    return await this.#obey({ do: "audit" }) as string[];
  }

  /** What went wrong in the page since the last call. */
  async faults(): Promise<string[]> {
    return await this.#obey({ do: "faults" }) as string[];
  }
}
