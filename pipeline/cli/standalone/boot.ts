/**
 * What a joined executable runs first, in the main thread and in every worker: it serves the modules that
 * lie behind the executable's own bytes, under URLs of their own, and starts the one that is meant.
 *
 * Bundled it is a `data:` URL on the command line; where the payload begins stands behind its `#`.
 */

import * as modules from "node:module";
import { CARRIED, MAIN_MODULE } from "../../files/standalone.ts";
import { tell } from "../terminal/tell.ts";
import { openPayload } from "./payload.ts";

/** As in Node, from which Deno has it; Deno's types do not know it yet. */
interface ModuleHooks {
  registerHooks(hooks: {
    resolve(specifier: string, context: { parentURL?: string }, next: Resolve): Resolved;
    load(url: string, context: object, next: (url: string, context: object) => unknown): unknown;
  }): void;
}
type Resolve = (specifier: string, context: { parentURL?: string }) => Resolved;
type Resolved = { url: string; format?: string; shortCircuit?: boolean };

const read = openCarried();

(modules as unknown as ModuleHooks).registerHooks({
  resolve(specifier, context, next) {
    const url = URL.parse(specifier, context.parentURL)?.href ?? "";
    if (!url.startsWith(CARRIED)) return next(specifier, context);
    return { url, format: "module", shortCircuit: true };
  },
  load(url, context, next) {
    if (!url.startsWith(CARRIED)) return next(url, context);
    const source = new TextDecoder().decode(read(url.slice(CARRIED.length)));
    return { format: "module", source, shortCircuit: true };
  },
});

/** A worker cannot be started from a carried module; it starts from here, with that one's URL as its name. */
globalThis.Worker = class extends Worker {
  constructor(url: string | URL, options?: WorkerOptions) {
    const isCarried = String(url).startsWith(CARRIED);
    super(
      isCarried ? import.meta.url : url,
      isCarried ? { ...options, name: String(url) } : options,
    );
  }
};

// The page's modules bring the types of a window, which has no name.
const { name = "" } = "WorkerGlobalScope" in globalThis ? globalThis as { name?: string } : {};
if (name.startsWith(CARRIED)) {
  const release = holdMessages();
  await import(name);
  release();
} else {
  const { run } = await import(CARRIED + MAIN_MODULE) as { run(): Promise<never> };
  await run();
}

/** The file of this process, at the byte that the command line names; without it nothing can start. */
function openCarried() {
  try {
    return openPayload(Deno.execPath(), Number(new URL(import.meta.url).hash.slice(1)));
  } catch (error) {
    tell(`Error: ${(error as Error).message}`);
    Deno.exit(1);
  }
}

/** Keeps messages, which may come before the module that listens for them; the answer lets them go. */
function holdMessages(): () => void {
  const held: MessageEvent[] = [];
  const hold = (event: Event) => {
    event.stopImmediatePropagation();
    held.push(event as MessageEvent);
  };
  addEventListener("message", hold);
  return () => {
    removeEventListener("message", hold);
    for (const { data } of held) dispatchEvent(new MessageEvent("message", { data }));
  };
}
