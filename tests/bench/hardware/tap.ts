/** The Test Anything Protocol, as far as `deno test --reporter=tap` writes it. */

/** What a line says of a test; null if it says nothing of one, or of a step within one. */
export function testOf(line: string): { readonly name: string; readonly passed: boolean } | null {
  const found = /^(?<not>not )?ok \d+ - (?<name>.*)$/.exec(line)?.groups;
  if (!found || / # SKIP\b/.test(line)) return null;
  return { name: found["name"]!.replace(/\\(.)/g, "$1"), passed: found["not"] === undefined };
}
