import assert from "node:assert/strict";
import { DeviceLost } from "../../../kernels/webgpu/device_loss.ts";
import { WriteError } from "../../../pipeline/files/write_file.ts";
import { command, defaulted, flag, optional, required } from "../../../pipeline/cli/command.ts";
import type { Command, Program } from "../../../pipeline/cli/command.ts";
import { completionScript, SHELLS } from "../../../pipeline/cli/completions.ts";
import {
  canGoOn,
  describe,
  exitCodeOf,
  Interrupted,
  ReaderGone,
} from "../../../pipeline/cli/failure.ts";
import { UsageError } from "../../../pipeline/cli/failure.ts";
import {
  choice,
  file,
  folder,
  integer,
  number,
  SHARD,
  SIZE,
  THREADS,
} from "../../../pipeline/cli/kinds.ts";
import type { Kind } from "../../../pipeline/cli/kinds.ts";
import { parseArguments, type Request } from "../../../pipeline/cli/parse_arguments.ts";
import { PROGRAM } from "../../../pipeline/cli/program.ts";
import { openShown } from "../../../pipeline/cli/stages/dataset_options.ts";
import { finishedLine, formatRate } from "../../../pipeline/cli/terminal/progress.ts";
import { formatDuration } from "../../../pipeline/numbers/text.ts";
import { progressBar, progressLine, RateMeter } from "../../../pipeline/cli/terminal/progress.ts";
import { pairsText, tableText } from "../../../pipeline/cli/terminal/table.ts";
import type { Sink } from "../../../pipeline/cli/terminal/sink.ts";
import { Terminal } from "../../../pipeline/cli/terminal/terminal.ts";
import { SAMPLE } from "../../contexts/train_context.ts";
import { csvLabels, withFolder } from "../../fixtures/dataset_folder.ts";

const TINY: Command = command({
  needs: [],
  name: "draw",
  summary: "Draw",
  operands: [{ name: "image", help: "images", completion: "file", list: true }],
  options: {
    out: required(folder(), "where"),
    maskSize: defaulted(SIZE, { height: 96, width: 76 }, "size"),
    epochs: optional(integer(1), "passes"),
    force: flag("replace"),
  },
  examples: [["--out x a.jpg", "draw a.jpg"]],
  run: () => Promise.resolve(),
});

const PROGRAM_OF_ONE: Program = {
  name: "tiny",
  version: "1.2.3",
  summary: "Draws",
  common: { json: flag("JSON") },
  commands: [TINY],
};

function parsed(...args: string[]): Exclude<Request, { text: string }> {
  const request = parseArguments(PROGRAM_OF_ONE, args);
  assert("values" in request, "a command was expected, not a text");
  return request;
}

function refuses(args: string[], message: RegExp): void {
  assert.throws(() => parseArguments(PROGRAM_OF_ONE, args), (error) => {
    assert(error instanceof UsageError);
    assert.match(error.message, message);
    assert.match(error.message, /See: tiny .*--help$/);
    assert(!error.message.includes("\n"), "one line is expected");
    return true;
  });
}

Deno.test("parseArguments() reads typed values, operands and defaults", () => {
  const { command, values, operands } = parsed(
    "draw",
    "--out",
    "x",
    "a.jpg",
    "--epochs=3",
    "b.jpg",
  );
  assert.equal(command, TINY);
  assert.deepEqual(operands, ["a.jpg", "b.jpg"]);
  assert.deepEqual(values, {
    out: "x",
    maskSize: { height: 96, width: 76 },
    epochs: 3,
    force: false,
    json: false,
  });
});

Deno.test("parseArguments() drops the separator that deno task hands on", () => {
  const { values, operands } = parsed("draw", "--", "--out", "x", "--force", "a.jpg");
  assert.equal(values.out, "x");
  assert.equal(values.force, true);
  assert.deepEqual(operands, ["a.jpg"]);
});

Deno.test("parseArguments() takes - as a value and keeps one value from the next call", () => {
  assert.equal(parsed("draw", "--out", "-", "--epochs", "7", "a").values.out, "-");
  assert.equal(parsed("draw", "--out", "x", "a").values.epochs, undefined);
});

Deno.test("parseArguments() refuses wrong usage with one sentence", () => {
  refuses([], /A command is needed/);
  refuses(["dorw"], /Unknown command 'dorw' \(Did you mean draw\?\)/);
  refuses(["draw", "a.jpg"], /--out DIR is needed/);
  refuses(["draw", "--ot", "x", "a.jpg"], /Unknown option '--ot' \(Did you mean --out\?\)/);
  refuses(["draw", "--out", "x"], /Missing required argument 'image'/);
  refuses(["draw", "a.jpg", "--out"], /'--out <DIR>' argument missing/);
  refuses(["draw", "a.jpg", "--out", "--force"], /--out needs a value \(DIR\), but has "--force"/);
  refuses(["draw", "a.jpg", "--out", ""], /--out needs a value/);
  refuses(["draw", "a.jpg", "--out", "x", "--mask-size", "96"], /--mask-size 96: .*218x178/);
});

Deno.test("parseArguments() gives help with defaults and examples, and the version", () => {
  const help = parseArguments(PROGRAM_OF_ONE, ["draw", "--help"]);
  assert("text" in help);
  assert.match(help.text, /--mask-size <HxW> {2,}size \(default: 96x76\)/);
  assert.match(help.text, /--out <DIR> {2,}where \(needed\)/);
  assert.match(help.text, /Common options:\n {2}--json/);
  assert.match(help.text, /# draw a\.jpg\n {2}tiny draw --out x a\.jpg/);
  assert.deepEqual(parseArguments(PROGRAM_OF_ONE, ["--version"]), { text: "1.2.3\n" });
});

Deno.test("kinds read good values and refuse bad ones", () => {
  assert.deepEqual(SIZE.parse("218x178"), { height: 218, width: 178 });
  assert.deepEqual(SHARD.parse("2/8"), { index: 2, count: 8 });
  assert.equal(integer(0).parse("0"), 0);
  assert.deepEqual(["1", "256"].map(THREADS.parse), [1, 256]);
  assert.equal(number({ positive: true }).parse("1e-3"), 0.001);
  assert.equal(choice("bits", "png").parse("png"), "png");
  assert.equal(file().parse("-"), "-");
  const bad: readonly (readonly [Kind<unknown>, ...string[]])[] = [
    [SIZE, "", "218", "0x178", "218x", "2x99999", "-1x5", "2.5x3"],
    [SHARD, "", "0/4", "5/4", "1", "1/0", "a/b", "-1/4"],
    [integer(0), "", "-1", "1.5", "1e3", "9007199254740993", "x"],
    [THREADS, "", "0", "-2", "1.5", "257", "all"],
    [number({ positive: true }), "", " ", "0", "-1", "NaN", "Infinity", "1,5"],
    [choice("bits", "png"), "jpg"],
  ];
  for (const [kind, ...texts] of bad) {
    for (const text of texts) {
      assert.throws(() => kind.parse(text), RangeError, `"${text}" was taken`);
    }
  }
});

Deno.test("every command has help, examples, and options that no common option hides", () => {
  for (const { name, examples, options } of PROGRAM.commands) {
    assert(examples.length > 0, `${name} has no example`);
    for (const key of Object.keys(options)) {
      assert(!(key in PROGRAM.common), `${name} --${key} hides a common option`);
    }
    const help = parseArguments(PROGRAM, [name, "--help"]);
    assert("text" in help && help.text.includes(`deno task ${name}`));
  }
});

Deno.test("every command that has threads takes their number", () => {
  const threaded = PROGRAM.commands.filter(({ options }) => "threads" in options);
  const names = ["pipeline", "landmarks", "pack", "train", "evaluate", "predict", "export"];
  assert.deepEqual(threaded.map(({ name }) => name), names);
});

Deno.test("progress says how far, how fast and how long still", () => {
  const state = { label: "train", unit: "steps", done: 120, total: 320, rate: 25, elapsed: 5 };
  assert.equal(progressLine(state), "train: 120 of 320 steps, 25/s, 8 s left");
  assert.equal(progressLine({ ...state, total: null }), "train: 120 steps, 25/s");
  assert.equal(progressLine({ ...state, rate: null }), "train: 120 of 320 steps");
  assert.equal(
    finishedLine({ ...state, done: 320, elapsed: 12.8 }),
    "train: 320 steps in 13 s (25/s)",
  );
  assert.equal(finishedLine({ ...state, done: 0, elapsed: 0 }), "train: 0 steps in 0 s");
});

Deno.test("progressBar() fits any width and is full at the end", () => {
  const state = { label: "train", unit: "steps", done: 80, total: 320, rate: 25, elapsed: 5 };
  for (const columns of [0, 1, 20, 40, 60, 80, 200]) {
    const line = progressBar(state, columns);
    assert(line.length < Math.max(columns, 1), `${line.length} characters in ${columns} columns`);
  }
  const bar = progressBar(state, 200);
  assert.equal(bar.split("━").length - 1, 8);
  assert.equal(bar.split("╌").length - 1, 24);
  assert(!progressBar({ ...state, done: 320 }, 200).includes("╌"));
  assert(!progressBar({ ...state, done: 400 }, 200).includes("╌"));
  assert(!progressBar({ ...state, done: 0, total: 0 }, 200).includes("╌"));
});

Deno.test("durations and rates read as a person says them", () => {
  const durations = [0.04, 3.21, 9.96, 59.4, 125, 3599.7, 12000].map(formatDuration);
  assert.deepEqual(durations, [
    ...["0 s", "3.2 s", "10 s", "59 s", "2 min 05 s", "1 h 00 min", "3 h 20 min"],
  ]);
  assert.deepEqual([1234.4, 26, 2.61, 0.26, 0.05].map(formatRate), [
    ...["1234/s", "26/s", "2.6/s", "0.26/s", "3.0/min"],
  ]);
});

Deno.test("RateMeter forgets a slow start", () => {
  const meter = new RateMeter(0);
  assert.equal(meter.rate(1, 0), null);
  for (let time = 1; time <= 60; time++) meter.note(time, time <= 30 ? 1 : 1 + (time - 30) * 10);
  assert.equal(meter.rate(60, 301), 10);
});

Deno.test("tables keep names to the left and numbers to the right", () => {
  const table = { head: ["Name", "IoU"], rows: [["Bald", "7.5"], ["Mean", "100.0"]] };
  assert.deepEqual(tableText(table, { footer: true }).split("\n"), [
    "Name    IoU",
    "───────────",
    "Bald    7.5",
    "───────────",
    "Mean  100.0",
  ]);
  assert.equal(pairsText([["a", "1"], ["long", "2"]]), "a     1\nlong  2");
});

Deno.test("tables go on below where the terminal ends, and count letters that are two columns wide", () => {
  const table = { head: ["顔", "one", "two", "three"], rows: [["a", "1", "2", "3"]] };
  const lines = (columns: number) => tableText(table, { columns }).split("\n");
  assert.deepEqual(lines(19), [
    "顔  one  two  three",
    "───────────────────",
    "a     1    2      3",
  ]);
  assert.deepEqual(lines(18), [
    ...["顔  one  two", "────────────", "a     1    2", ""],
    ...["顔  three", "─────────", "a       3"],
  ]);
  assert.equal(lines(3).length, 3 * 3 + 2, "a column at least stands beside the first");
  assert.equal(pairsText([["顔", "1"], ["abc", "2"]]), "顔   1\nabc  2");
});

Deno.test("help on a narrow terminal says below an option what does not fit beside it", () => {
  const help = (columns: number | null) => {
    const request = parseArguments(PROGRAM, ["train", "--help"], columns);
    assert("text" in request);
    return request.text;
  };
  assert.match(help(60), /^ {2}--lr <X>\n {6}learning rate before it decays$/m);
  assert.match(help(120), /^ {2}--lr <X> {20,}learning rate before it decays$/m);
  for (const columns of [60, 100, 200]) {
    const [options = ""] = help(columns).split("Examples:");
    for (const line of options.split("\n")) assert(line.length <= columns, line);
  }
  // Where it is read by a program, an option is a line.
  assert.match(help(null), /^ {2}--lr <X> {20,}learning rate before it decays$/m);
});

/** A sink that remembers. */
function memory(columns: number | null = null): Sink & { text: string } {
  return {
    columns,
    text: "",
    write(part) {
      this.text += part;
    },
    send(part) {
      this.write(part);
      return Promise.resolve();
    },
  };
}

Deno.test("Terminal keeps stdout for what was asked for", async () => {
  const cases: [quiet: boolean, json: boolean, out: string, err: string][] = [
    [false, false, "result\n", "note\nwarning\n"],
    [false, true, '{"a":1}\n', "note\nresult\nwarning\n"],
    [true, false, "", "warning\n"],
    [true, true, '{"a":1}\n', "warning\n"],
  ];
  for (const [quiet, json, out, err] of cases) {
    const [stdout, stderr] = [memory(), memory()];
    const terminal = new Terminal({ quiet, json }, stdout, stderr);
    terminal.note("note");
    terminal.say("result");
    terminal.warn("warning");
    await terminal.json({ a: 1 });
    assert.deepEqual([stdout.text, stderr.text], [out, err], `quiet ${quiet}, json ${json}`);
  }
});

Deno.test("Terminal.record() leaves nothing but records on stdout", async () => {
  const [stdout, stderr] = [memory(), memory()];
  const terminal = new Terminal({ quiet: false, json: true }, stdout, stderr);
  terminal.takeStdout();
  await terminal.record("{}");
  terminal.say("result");
  await terminal.json({ a: 1 });
  assert.equal(stdout.text, "{}\n");
  assert.equal(stderr.text, 'result\n{"a":1}\n');
});

Deno.test("Terminal.record() waits for a slow reader until it is aborted", async () => {
  const stuck = { ...memory(), send: () => new Promise<void>(() => {}) };
  const terminal = new Terminal({ quiet: true, json: false }, stuck, memory());
  const abort = new AbortController();
  const written = terminal.record("{}", abort.signal);
  abort.abort(new Error("interrupted"));
  await assert.rejects(written, { message: "interrupted" });
});

Deno.test("a progress bar is wiped before a line and drawn again", () => {
  const stderr = memory(60);
  const terminal = new Terminal({ quiet: false, json: false }, memory(), stderr);
  const onProgress = terminal.progress("train", "steps");
  while (!stderr.text.includes("1/2")) onProgress(1, 2);
  terminal.note("note");
  onProgress(2, 2);
  terminal.finish();
  const wiped = "\r\x1b[K";
  assert.match(
    stderr.text.replaceAll(wiped, "<"),
    /^<train 0 steps.*<train .*<note\n<train .*<train: 2 steps in/,
  );
});

Deno.test("openShown() shows that tables are read, and leaves nothing of it for a small data set", async () => {
  const stderr = memory(60);
  const terminal = new Terminal({ quiet: false, json: false }, memory(), stderr);
  const { signal } = new AbortController();
  const values = { damaged: "reject", followLinks: false } as const;
  const dataset = await openShown(SAMPLE, values, { terminal, signal });
  assert.equal(dataset.count, 480);
  assert.match(stderr.text, /data set 0 rows/);
  terminal.note("note");
  const left = stderr.text.split("\r\x1b[K").at(-1)!;
  assert.match(left, /^(data set: 960 rows in .*\n)?note\n$/, "erased, or ended where it is slow");
});

Deno.test("openShown() says which columns of a label file are ignored", async () => {
  const labels = csvLabels(1).trimEnd().split("\n")
    .map((line, row) => line + (row === 0 ? ",id,a,b,c,d,e" : ",1,2,3,4,5,6")).join("\n");
  await withFolder({ "list_attr.csv": labels, "img_celeba/": "" }, async (root) => {
    const stderr = memory();
    const terminal = new Terminal({ quiet: false, json: false }, memory(), stderr);
    const { signal } = new AbortController();
    await openShown(root, { damaged: "reject" }, { terminal, signal });
    const line = 'list_attr.csv: 6 columns are ignored: "id", "a", "b", "c", "d" and others.\n';
    assert.ok(stderr.text.endsWith(line), stderr.text);
  });
});

Deno.test("exit codes tell failure, wrong usage, interruption and a reader that left", () => {
  assert.equal(exitCodeOf(new Error("x")), 1);
  assert.equal(exitCodeOf("x"), 1);
  assert.equal(exitCodeOf(new UsageError("x")), 2);
  assert.equal(exitCodeOf(new Interrupted()), 130);
  assert.equal(exitCodeOf(new Error("x", { cause: new Interrupted() })), 130);
  assert.equal(exitCodeOf(new ReaderGone()), 0);
});

Deno.test("describe() shows stack and cause only to who asks", () => {
  const error = new Error("outer", { cause: new RangeError("inner") });
  assert.equal(describe(error, false), "outer");
  assert.match(describe(error, true), /^Error: outer\n\s+at .*\nCaused by: RangeError: inner/s);
});

Deno.test("what fails first counts, not what failed while it was cleared away", () => {
  const both = new SuppressedError(new Error("cannot remove"), new Interrupted());
  assert.equal(describe(both, false), "Interrupted");
  assert.equal(exitCodeOf(both), 130);
});

Deno.test("work goes on after a full disk and a lost GPU, and not after a wrong file", () => {
  const full = new WriteError("a.csv", new Error("No space left on device (os error 28)"));
  const lost = new DeviceLost({ reason: "destroyed", message: "reset" });
  const checkpoint = new Error("Cannot write a checkpoint", { cause: full });
  const cleared = new SuppressedError(new Error("cannot remove"), full);
  assert.deepEqual([full, lost, checkpoint, cleared].map(canGoOn), [true, true, true, true]);
  assert.deepEqual([new SyntaxError("a.csv:3"), "text"].map(canGoOn), [false, false]);
});

Deno.test("completion scripts name every command and option", () => {
  for (const shell of SHELLS) {
    const script = completionScript(PROGRAM, shell, "apn");
    for (const { name, options } of PROGRAM.commands) {
      assert(script.includes(name), `${shell}: ${name}`);
      for (const key of Object.keys(options)) {
        const flag = key.replace(/[A-Z]/g, (letter) => "-" + letter.toLowerCase());
        assert(script.includes(flag), `${shell}: ${name} --${flag}`);
      }
    }
  }
});
