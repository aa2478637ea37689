import assert from "node:assert/strict";
import { join } from "node:path";
import { correctingIn } from "../../../pipeline/cli/stages/viewing.ts";
import { inFolder } from "../../fixtures/face_records.ts";

Deno.test("view corrects the landmarks file that it is given, and never a data set's own", () =>
  inFolder(async (folder) => {
    const [own, link] = [join(folder, "own.csv"), join(folder, "link.csv")];
    await Deno.writeTextFile(own, "");
    await Deno.symlink(own, link);
    const offFor = async (landmarks: string | undefined) => {
      const { correcting } = await correctingIn({ landmarks }, own);
      return "off" in correcting ? correcting.off : null;
    };
    assert.match((await offFor(undefined))!, /--landmarks FILE\.csv/);
    assert.match((await offFor(own))!, /data set's own/);
    assert.match((await offFor(link))!, /data set's own/);
    assert.match((await offFor(join(folder, "one.pts")))!, /\.pts/);
    const file = join(folder, "new.csv");
    assert.deepEqual(await correctingIn({ landmarks: file }, own), { correcting: { file } });
    assert.deepEqual(await correctingIn({ landmarks: own }, null), { correcting: { file: own } });
  }));
