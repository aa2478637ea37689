import assert from "node:assert/strict";
import { join } from "node:path";
import { ATTRIBUTES, hasAttribute, labelsOf } from "../../../pipeline/face/attributes.ts";
import type { FaceRecord } from "../../../pipeline/face/record.ts";
import { ATTRIBUTE_REGIONS, REGIONS } from "../../../pipeline/face/regions.ts";
import { encodePredictions, predictionsPath } from "../../../pipeline/metrics/predictions.ts";
import { joinLandmarks } from "../../../pipeline/landmarks.ts";
import { segments } from "../../../pipeline/segments.ts";
import { FaceQueries } from "../../../pipeline/view/faces/face_query.ts";
import { FaceScores } from "../../../pipeline/view/faces/face_scores.ts";
import { FaceTable } from "../../../pipeline/view/faces/face_table.ts";
import { RegionIndex } from "../../../pipeline/view/faces/region_index.ts";
import { SAMPLE_LANDMARKS } from "../../contexts/train_context.ts";
import { sampleRecords } from "../../contexts/view_context.ts";
import { inFolder, recordOf, streamOf } from "../../fixtures/face_records.ts";

const FRAME = { width: 178, height: 218 };
/** In pixels: none, over the right edge, over the upper left corner. */
const SHIFTS = [[0, 0], [110, 0], [-95, -40]] as const;

interface Choosing {
  readonly queries: FaceQueries;
  readonly table: FaceTable;
}

async function choosing(
  records: AsyncIterable<FaceRecord>,
  landmarks: string | null,
  pathOf = (): string => assert.fail("no run"),
): Promise<Choosing> {
  const table = await FaceTable.from(records);
  if (landmarks !== null) await table.readLandmarks(landmarks);
  const regions = new RegionIndex(table, FRAME);
  const scores = new FaceScores(table, pathOf);
  return { table, queries: new FaceQueries({ table, regions, scores }) };
}

async function names({ queries, table }: Choosing, query: string): Promise<string[]> {
  const { ids } = await queries.choose(new URLSearchParams(query));
  return Array.from(ids, (id) => table.name(id));
}

Deno.test("region= and mask= choose the faces whose segments lack them", async () => {
  await inFolder(async (folder) => {
    // The sample's points, every third face moved so far that some of it leaves the picture.
    const [head, ...lines] = (await Deno.readTextFile(SAMPLE_LANDMARKS)).trim().split("\n");
    const moved = lines.slice(0, 60).map((line, row) => {
      const [name, ...values] = line.split(",");
      const [dx, dy] = SHIFTS[row % 3]!;
      return [name, ...values.map((value, i) => Number(value) + (i < 68 ? dx : dy))].join();
    });
    const path = join(folder, "faces.csv");
    await Deno.writeTextFile(path, [head, ...moved].join("\n") + "\n");
    const choice = await choosing(sampleRecords(), path);
    const drawn = segments({ frame: FRAME, mask: FRAME, gpu: null });
    const missing = new Map<string, number>();
    const empty: string[] = [];
    for await (const { record, bits } of drawn(joinLandmarks(path)(sampleRecords()))) {
      if (!bits) continue;
      const all = bits.reduce((all, word) => all | word, 0);
      missing.set(record.image, ~all & (2 ** REGIONS.length - 1));
      const lacks = ATTRIBUTES.some((name, column) =>
        hasAttribute(record.labels!, column) &&
        ATTRIBUTE_REGIONS[name].every((region) => !(all & 1 << REGIONS.indexOf(region)))
      );
      if (lacks) empty.push(record.image);
    }
    const lacking = (region: number) =>
      [...missing].filter(([, bits]) => bits & 1 << region).map(([name]) => name);
    for (const [index, region] of REGIONS.entries()) {
      assert.deepEqual(await names(choice, `region=${region}`), lacking(index), region);
    }
    assert(lacking(REGIONS.indexOf("left_ear")).length > 5, "some are missing");
    const any = [...missing].filter(([, bits]) => bits > 0).map(([name]) => name);
    assert.deepEqual(await names(choice, "region=one"), any);
    assert(empty.length > 3 && empty.length < 60, `${empty.length} labels without a mask`);
    assert.deepEqual(await names(choice, "mask=empty"), empty);
    await assert.rejects(names(choice, "region=tail"), /There is no region "tail"/);
    await assert.rejects(names(choice, "mask=full"), RangeError);
  });
});

Deno.test("sort= orders faces by how wrong a run is, and leaves out those it says nothing of", async () => {
  await inFolder(async (run) => {
    const labels = labelsOf(["Smiling", "Male"]);
    const records = ["a.jpg", "b.jpg", "c.jpg", "d.jpg"].map((image) =>
      recordOf(image, { labels })
    );
    // All attributes are said rightly but: a has a small doubt of Smiling, b denies Male, d denies both.
    const logits = new Float32Array(3 * ATTRIBUTES.length);
    const said = [["Smiling", "Male"], ["Smiling"], []];
    for (const [row, present] of said.entries()) {
      for (const [column, name] of ATTRIBUTES.entries()) {
        logits[row * ATTRIBUTES.length + column] = present.includes(name) ? 3 : -3;
      }
    }
    logits[ATTRIBUTES.indexOf("Smiling")] = 0.5;
    const counts = () => new Uint32Array(logits.length);
    const bytes = encodePredictions({
      ...{
        split: "test",
        images: ["a.jpg", "b.jpg", "d.jpg"],
        labels: Array(3).fill(labels),
        logits,
      },
      ...{ intersection: counts(), union: counts() },
    });
    await Deno.writeFile(predictionsPath(run), bytes);
    const pathOf = (name: string) => name === "first" ? run : assert.fail(`no run ${name}`);
    const choice = await choosing(streamOf(records), null, pathOf as () => string);
    assert.deepEqual(await names(choice, ""), ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]);
    assert.deepEqual(await names(choice, "run=first&sort=loss"), ["d.jpg", "b.jpg", "a.jpg"]);
    assert.deepEqual(await names(choice, "run=first&sort=Smiling"), ["d.jpg", "a.jpg", "b.jpg"]);
    const { scores } = await choice.queries.choose(new URLSearchParams("run=first&sort=wrong"));
    assert.deepEqual([...scores!], [0, 1, NaN, 2]);
    const { scores: losses } = await choice.queries.choose(
      new URLSearchParams("run=first&sort=Male"),
    );
    assert.equal(losses![1]!.toFixed(4), Math.log(1 + Math.exp(3)).toFixed(4), "by hand");
    await assert.rejects(names(choice, "run=first&sort=beauty"), /There is no order "beauty"/);
    await Deno.remove(predictionsPath(run));
    await assert.rejects(names(choice, "run=first&sort=Bald"), /has not been evaluated yet/);
  });
});
