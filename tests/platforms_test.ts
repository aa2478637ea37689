/**
 * What is different on Windows and macOS, tried where it can be: the functions that depend on the system are
 * told to be on another one. What has never run there is in `docs/platforms.md`.
 */

import assert from "node:assert/strict";
import { cachePath } from "../pipeline/files/cache_folder.ts";
import { stopSignals } from "../pipeline/cli/interrupt.ts";
import { shellWord } from "../pipeline/files/shell_word.ts";
import { checkMade, executablePath, platformOf } from "../pipeline/cli/standalone/made_file.ts";
import { renameOver } from "../pipeline/files/write_file.ts";
import { fileNameOn } from "../pipeline/files/file_name.ts";
import { patternSegments } from "../pipeline/image/find_images.ts";

Deno.test("cachePath() names the folder that each system has for such files", () => {
  const on = (os: typeof Deno.build.os, variables: Record<string, string>) =>
    cachePath("kernels.json", { os, env: (name) => variables[name] ?? null });
  const windows = { USERPROFILE: "C:\\Users\\Änne", LOCALAPPDATA: "D:\\Local" };
  assert.equal(on("windows", windows), "D:\\Local\\attparsenet\\kernels.json");
  assert.equal(
    on("windows", { USERPROFILE: "C:\\Users\\Änne" }),
    "C:\\Users\\Änne\\AppData\\Local\\attparsenet\\kernels.json",
  );
  assert.equal(
    on("darwin", { HOME: "/Users/a b" }),
    "/Users/a b/Library/Caches/attparsenet/kernels.json",
  );
  assert.equal(on("linux", { HOME: "/home/a" }), "/home/a/.cache/attparsenet/kernels.json");
  for (const os of ["linux", "darwin"] as const) {
    assert.equal(on(os, { HOME: "/h", XDG_CACHE_HOME: "/c" }), "/c/attparsenet/kernels.json");
  }
  for (const os of ["linux", "darwin", "windows"] as const) assert.equal(on(os, {}), null);
});

Deno.test("stopSignals() names none that the system does not know", () => {
  // Deno throws for all others on Windows.
  for (const signal of stopSignals("windows")) assert.match(signal, /^SIG(INT|BREAK|HUP)$/);
  for (const os of ["linux", "darwin"] as const) {
    assert(stopSignals(os).includes("SIGTERM") && !stopSignals(os).includes("SIGBREAK"), os);
  }
});

Deno.test("shellWord() quotes as the system's shell reads it", () => {
  assert.equal(shellWord("C:\\faces\\1.jpg", "windows"), "C:\\faces\\1.jpg");
  assert.equal(shellWord("C:\\my faces", "windows"), '"C:\\my faces"');
  assert.equal(shellWord("50%,a", "windows"), '"50%,a"');
  assert.equal(shellWord("it's", "linux"), "'it'\\''s'");
  assert.equal(shellWord("C:\\faces", "linux"), "'C:\\faces'");
  assert.equal(shellWord("runs/first", "darwin"), "runs/first");
});

Deno.test("fileNameOn() writes what Windows takes, below the same folders", () => {
  const names = [
    ["sub/photo#2", "sub/photo#2"],
    ["CON", "_CON"],
    ["aux.jpg", "_aux.jpg"],
    ["sub/com1.tar/nul", "sub/_com1.tar/_nul"],
    ["console", "console"],
    ["12:30", "12_30"],
    ['a<b>"c|d?e*f', "a_b__c_d_e_f"],
    ["tab\tnewline\n", "tab_newline_"],
    ["end. ", "end_"],
    ["../up", "../up"],
  ] as const;
  for (const [name, written] of names) {
    assert.equal(fileNameOn(name, "windows"), written);
    assert.equal(fileNameOn(name, "linux"), name);
    assert.equal(fileNameOn(written, "windows"), written, "once is enough");
  }
});

Deno.test("patternSegments() reads Windows' paths on Windows", () => {
  assert.deepEqual(patternSegments("C:\\faces\\**/*.jpg", "windows"), [
    "C:",
    "faces",
    "**",
    "*.jpg",
  ]);
  assert.deepEqual(patternSegments("faces/a\\*.jpg", "linux"), ["faces", "a\\*.jpg"]);
});

Deno.test("renameOver() waits on Windows for who reads the file", async () => {
  const { PermissionDenied, NotFound } = Deno.errors;
  const run = async (os: typeof Deno.build.os, refusals: Error[]) => {
    let asked = 0;
    const rename = () => {
      const refusal = refusals[asked++];
      return refusal ? Promise.reject(refusal) : Promise.resolve();
    };
    const failed = await renameOver("a", "b", { os, rename, again: 0 }).catch((error) => error);
    return [asked, failed];
  };
  const held = new PermissionDenied("os error 5");
  assert.deepEqual(await run("windows", [held, held]), [3, undefined]);
  assert.deepEqual(await run("windows", Array(99).fill(held)), [11, held]);
  const gone = new NotFound("os error 2");
  assert.deepEqual(await run("windows", [gone]), [1, gone]);
  assert.deepEqual(await run("linux", [held]), [1, held]);
});

/** The first bytes of an executable: u32 at places, little endian. */
function header(words: Record<number, number>, end = ""): Uint8Array {
  const bytes = new Uint8Array(256);
  const view = new DataView(bytes.buffer);
  for (const [at, word] of Object.entries(words)) view.setUint32(Number(at), word, true);
  return new Uint8Array([...bytes, ...new TextEncoder().encode(end)]);
}

const WINDOWS = { 0: 0x5a4d, 60: 128, 128: 0x4550, 132: 0x8664 };
const MAC = { 0: 0xfeedfacf, 4: 0x100000c };

Deno.test("checkMade() tells by a file's bytes whether it is what was asked for", () => {
  assert.equal(platformOf(header(WINDOWS)), "x86_64-windows");
  assert.equal(platformOf(header({ ...WINDOWS, 132: 0xaa64 })), "aarch64-windows");
  assert.equal(platformOf(header(MAC)), "aarch64-apple");
  assert.equal(platformOf(header({ 0: 0xfeedfacf, 4: 0x1000007 })), "x86_64-apple");
  assert.equal(platformOf(header({ 0: 0x464c457f, 16: 62 << 16 })), "x86_64-linux");
  for (const other of [{}, { 0: 0x5a4d, 60: 1e6 }, { 0: 0x5a4d, 60: 128 }, { 0: 0xfeedfacf }]) {
    assert.equal(platformOf(header(other)), null);
  }
  assert.equal(platformOf(new Uint8Array(3)), null);

  const windows = header(WINDOWS, "xx main.js yy");
  checkMade(windows, "x86_64-pc-windows-msvc", ["main.js"]);
  checkMade(header(MAC, "main.js"), "aarch64-apple-darwin", ["main.js"]);
  assert.throws(
    () => checkMade(windows, "aarch64-apple-darwin", []),
    /is for x86_64-windows, and not for aarch64-apple-darwin/,
  );
  assert.throws(() => checkMade(windows, "x86_64-pc-windows-msvc", ["worker.js"]), /worker\.js/);
});

Deno.test("executablePath() ends in .exe for Windows", () => {
  const target = "x86_64-pc-windows-msvc";
  assert.equal(executablePath("dist/attparsenet", target), "dist/attparsenet.exe");
  assert.equal(executablePath("dist/A.EXE", target), "dist/A.EXE");
  assert.equal(executablePath("dist/attparsenet", "aarch64-apple-darwin"), "dist/attparsenet");
});
