/** Peers in TypeScript, whose npm packages the program itself does without: the lock file has none of them. */

/** How Deno is told to start them: alone. */
export const ALONE = ["--no-config", "--no-lock", "--node-modules-dir=none"] as const;

/** Whether a peer can run: its packages are fetched at its first use. */
export async function isFetched(peer: string): Promise<boolean> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["cache", "--quiet", ...ALONE, peer],
    stdout: "null",
    stderr: "null",
  });
  return (await command.output()).success;
}
