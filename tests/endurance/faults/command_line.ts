/** The command line within this process, so that what it calls can be replaced. */

import { main } from "../../../pipeline/cli.ts";

/** How a command ended. */
interface Outcome {
  readonly code: number;
  /** What it wrote for a person. */
  readonly err: string;
}

/** Runs a command, quietly; nothing of it reaches this process's own streams. */
export async function runCommandLine(args: readonly string[]): Promise<Outcome> {
  const { stdout, stderr, addSignalListener } = Deno;
  const [toStdout, toStderr] = [stdout.writeSync, stderr.writeSync];
  let err = "";
  stdout.writeSync = (bytes) => bytes.length;
  stderr.writeSync = (bytes) => {
    err += new TextDecoder().decode(bytes);
    return bytes.length;
  };
  // A listener stays for as long as the process, and this one goes on.
  Deno.addSignalListener = () => {};
  try {
    const code = await main([...args, "--quiet"]);
    return { code, err };
  } finally {
    [stdout.writeSync, stderr.writeSync] = [toStdout, toStderr];
    Deno.addSignalListener = addSignalListener;
  }
}
