/**
 * What is left on a terminal: the emulator that tells it, and every task of a command. The file's commands
 * are in `standalone_test.ts`, and all widths of both in `deno task endure terminal`.
 */

import assert from "node:assert/strict";
import { RunningProgress } from "../../../pipeline/cli/terminal/running_progress.ts";
import { fill, textWidth } from "../../../pipeline/cli/terminal/text_width.ts";
import { hasTerminals, TerminalTrial } from "../../processes/on_terminal.ts";
import { Screen } from "../../processes/screen.ts";

/** The lines after some text. */
function shown(columns: number, text: string): string[] {
  const screen = new Screen(columns);
  screen.write(text);
  return screen.lines;
}

Deno.test("Screen shows what a terminal shows", () => {
  assert.deepEqual(shown(9, "one\r\ntwo\rT\r\n\x1b[31mred\x1b[0m"), ["one", "Two", "red"]);
  assert.deepEqual(shown(5, "a bar\r\x1b[Kdone\r\n"), ["done", ""], "five fit into five");
  assert.deepEqual(shown(5, "a bar!\r\x1b[Kdone"), ["a bardone"], "six leave five behind");
  assert.deepEqual(shown(4, "顔と顔"), ["顔と顔"]);
  assert.deepEqual(shown(5, "顔と顔\r\x1b[Kdone"), ["顔とdone"]);
  assert.throws(() => shown(9, "\x1b[2J"), /ESC \[2J/);
  assert.throws(() => shown(9, "\x07"), /u0007/);
});

Deno.test("textWidth() counts columns", () => {
  const cases = [["", 0], ["abc", 3], ["é", 1], ["e\u0301", 1], ["顔", 2], ["한", 2], ["ｱ", 1], [
    "Ａ",
    2,
  ]];
  for (const [text, width] of cases) assert.equal(textWidth(text as string), width, `${text}`);
  assert.equal(textWidth("😀━╌─"), 5);
  assert.equal(fill("顔", 4), "顔  ");
  assert.equal(fill("顔", 4, "before"), "  顔");
  assert.equal(fill("too long", 4), "too long");
});

Deno.test("a bar never leaves anything behind, however narrow the terminal", () => {
  for (const columns of [1, 2, 5, 12, 20, 40, 80, 200]) {
    const screen = new Screen(columns);
    const sink = {
      write: (text: string) => screen.write(text),
      send: () => Promise.resolve(),
      columns,
    };
    const progress = new RunningProgress("landmarks", "images", sink);
    progress.update(119, 123456789);
    progress.redraw();
    progress.finish();
    const [last, ...empty] = screen.lines.reverse();
    assert.equal(last, "");
    assert.equal(empty.length, 1, `${columns} columns`);
    assert.match(empty[0]!, /^landmarks: 119 images in /);
  }
});

Deno.test("every task leaves on a terminal what it writes into a pipe", {
  ignore: !hasTerminals,
}, async () => {
  await using trial = await TerminalTrial.make([Deno.execPath(), "task"]);
  await trial.run((index) => [60, 100, 200][index % 3]!);
});
