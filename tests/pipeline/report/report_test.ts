import assert from "node:assert/strict";
import { join } from "node:path";
import { ATTRIBUTES, hasAttribute, labelsOf } from "../../../pipeline/face/attributes.ts";
import { decodeImage, encodePng } from "../../../pipeline/image/image.ts";
import { gatherEvidence, MetricsAccumulator } from "../../../pipeline/metrics/metrics.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { REGIONS } from "../../../pipeline/face/regions.ts";
import { encodeSample, report, type SampleSource } from "../../../pipeline/report.ts";
import { chooseAttributes } from "../../../pipeline/report/faces/face_masks.ts";
import { findExtremes } from "../../../pipeline/evaluate/extremes.ts";
import { html } from "../../../pipeline/report/html.ts";
import { plotCounts, plotReliability } from "../../../pipeline/report/plots/reliability.ts";
import { edgePath, fillPath } from "../../../pipeline/report/faces/outline.ts";
import { plotAttributes, plotCurves } from "../../../pipeline/report/plots/plots.ts";
import { decodeSample } from "../../../pipeline/evaluate/samples.ts";
import { assertSelfContained, findUnbalanced } from "../../comparing/page_checks.ts";
import { parseLog } from "../../../pipeline/report/training_log.ts";
import { renderWhere } from "../../../pipeline/report/sections/where.ts";
import { plotWhere } from "../../../pipeline/report/plots/where.ts";
import { inFolder } from "../../fixtures/face_records.ts";

const A = ATTRIBUTES.length;
const MASK = { height: 12, width: 9 };
const PIXELS = MASK.height * MASK.width;

/** A face whose regions are rows of the mask: region r is row r, as far as there are rows. */
function faceOf(random: Random, image: string, path: string): SampleSource {
  const labels = labelsOf(ATTRIBUTES.filter(() => random.next() < 0.4));
  return {
    image,
    path,
    size: [18, 24],
    labels,
    probabilities: Array.from(ATTRIBUTES, () => random.next()),
    mask: MASK,
    maps: Float32Array.from({ length: PIXELS * A }, () => random.next() * 1.4 - 0.2),
    bits: Uint32Array.from({ length: PIXELS }, (_, pixel) => 1 << Math.floor(pixel / MASK.width)),
  };
}

/** A configuration that says nothing but what it is. */
const BARE_CONFIG = '{"schema":"attparsenet/run@1"}';

const CONFIG = {
  schema: "attparsenet/run@1",
  preset: "lite",
  seed: 64,
  data: { dataset: "my faces/<b>" },
  network: { widths: [8, 16], mask: [12, 9] },
};

/** Writes a complete run of three faces and two epochs. */
async function writeRun(folder: string, seed: number): Promise<void> {
  const random = new Random(seed);
  const picture = { width: 18, height: 24, data: new Uint8Array(18 * 24 * 3).fill(120) };
  await Deno.writeFile(join(folder, "face.png"), await encodePng(picture));
  const faces = ["a.png", '<img src=x onerror="alert(1)">.png', "gone.png"].map((name, index) =>
    faceOf(random, name, join(folder, index === 2 ? "gone.png" : "face.png"))
  );
  const accumulator = new MetricsAccumulator();
  const logits = Float32Array.from({ length: 3 * A }, () => random.normal());
  accumulator.add({ logits, labels: faces.map(({ labels }) => labels) });
  const epoch = (epoch: number) => ({
    type: "epoch",
    epoch,
    learningRate: 0.01,
    seconds: 30,
    imagesPerSecond: 12,
    waitShare: 0.01,
    train: { loss: 1 / (epoch + 1), attributeLoss: 0.5, maskLoss: 0.1 },
    validation: {
      loss: 1.25 / (epoch + 1),
      attributeLoss: 1 / (epoch + 1),
      balancedAccuracy: 0.6,
      localisationIoU: 0.6,
      priorIoU: 0.55,
      pointing: 0.8,
      maskIoU: 0.3,
    },
  });
  const step = (step: number) => ({ type: "step", step, epoch: 0, loss: 3 / (step + 1) });
  const log = [step(0), step(1), epoch(0), epoch(1)];
  const write = (name: string, text: string) => Deno.writeTextFile(join(folder, name), text);
  await write("config.json", JSON.stringify(CONFIG));
  await write("log.ndjson", log.map((line) => JSON.stringify(line) + "\n").join(""));
  const metrics = accumulator.result("test");
  const predictions = {
    split: "test",
    images: faces.map(({ image }) => image),
    labels: faces.map(({ labels }) => labels),
    logits,
    intersection: new Uint32Array(3 * A),
    union: new Uint32Array(3 * A),
  };
  const evidence = gatherEvidence(metrics, predictions, { ...predictions, split: "validation" });
  await write("metrics.json", JSON.stringify({ ...metrics, evidence }));
  await write("extremes.json", JSON.stringify(findExtremes(predictions, faces)));
  await write("samples.json", JSON.stringify(faces.map(encodeSample)));
}

Deno.test("findUnbalanced() finds a tag that is left open or closed too early", () => {
  assert.equal(findUnbalanced("<!DOCTYPE html><p><b>x</b><br></p>"), null);
  assert.equal(findUnbalanced("<p><b>x</p></b>"), "</p>");
  assert.equal(findUnbalanced("<p><i>x</i>"), "p");
});

Deno.test({
  name: "report() writes one page that needs nothing beside it, with reading and writing alone",
  permissions: { read: true, write: true },
  fn: () =>
    inFolder(async (folder) => {
      await writeRun(folder, 1);
      const path = await report({ run: folder });
      assert.equal(path, join(folder, "report.html"));
      const page = await Deno.readTextFile(path);
      assertSelfContained(page);
    }),
});

Deno.test("report() escapes what it is told and shows it", () =>
  inFolder(async (folder) => {
    await writeRun(folder, 2);
    const page = await Deno.readTextFile(await report({ run: folder }));
    assert.ok(page.includes("&lt;img src=x onerror=&quot;alert(1)&quot;&gt;.png"));
    assert.ok(!page.includes("<img"));
    assert.ok(page.includes("my faces/&lt;b&gt;"));
    assert.ok(page.includes("--dataset &#39;my faces/&lt;b&gt;&#39;"), "quoted for a shell");
    assert.ok(page.includes("network.widths") && page.includes("8, 16"));
  }));

Deno.test("report() shows curves, a row for each attribute, and each face's masks", () =>
  inFolder(async (folder) => {
    await writeRun(folder, 3);
    const out = join(folder, "elsewhere", "page.html");
    assert.equal(await report({ run: folder, out }), out);
    const page = await Deno.readTextFile(out);
    for (const name of ATTRIBUTES) {
      assert.ok(page.includes(`<th scope="row">${name.replaceAll("_", " ")}</th>`), name);
    }
    const shares = ["Balanced accuracy, %", "Localisation, %", "Pointing, %", "Joint mask IoU, %"];
    for (const title of ["Total loss", ...shares, "Learning rate"]) {
      assert.ok(page.includes(`<h3>${title}</h3>`), title);
    }
    assert.match(
      page,
      /2 epochs in 1 min 00 s\. The attribute loss of the validation split is lowest after epoch 2/,
    );
    assert.equal(page.match(/<article class="face">/g)?.length, 3);
    const [, faces = ""] = page.split('<section id="faces">');
    assert.equal(faces.match(/image file not readable/g)?.length, 1);
    const maps = [...faces.matchAll(/data:image\/png;base64,([^"]*)/g)].map(([, text]) =>
      text ?? ""
    );
    assert.equal(
      maps.length,
      2 + 3 * 5,
      "two faces that are there, and five maps for each of three",
    );
    const { width, height } = await decodeImage(Uint8Array.fromBase64(maps[1] ?? ""), "map");
    assert.deepEqual({ width, height }, MASK);
  }));

Deno.test("report() shows intervals, outcomes, reliability, contradictions, best and worst faces", () =>
  inFolder(async (folder) => {
    await writeRun(folder, 10);
    const page = await Deno.readTextFile(await report({ run: folder }));
    assert.match(page, /<dd class="interval">\d+\.\d to \d+\.\d<\/dd>/);
    assert.equal(page.match(/<td class="outcome right"/g)?.length, 2 * A);
    assert.equal(page.match(/<td class="outcome wrong"/g)?.length, 2 * A);
    assert.match(page, /the 3 faces of\s+the validation split/);
    assert.match(page, /aria-label="Share of positives over predicted probability"/);
    assert.match(page, /<th scope="row">several hair colours<\/th>\s*<td>\d<\/td>/);
    assert.equal(
      page.match(/log loss \d\.\d\d/g)?.length,
      2,
      "of three faces the best and the worst",
    );
    assert.match(page, /<i>(missed|false)<\/i> [A-Z5]/);
  }));

Deno.test("report() takes a run that was evaluated before there was evidence", () =>
  inFolder(async (folder) => {
    await writeRun(folder, 11);
    const path = join(folder, "metrics.json");
    const { evidence: _, ...old } = JSON.parse(await Deno.readTextFile(path));
    await Deno.writeTextFile(path, JSON.stringify(old));
    await Deno.remove(join(folder, "extremes.json"));
    const page = await Deno.readTextFile(await report({ run: folder }));
    assertSelfContained(page);
    assert.match(page, /evaluated by a version that measured no intervals/);
    assert.match(page, /no best and worst faces/);
    assert.match(page, /<b>Table 1\.<\/b>/);
  }));

Deno.test("report() gives the same bytes for the same files", () =>
  inFolder(async (folder) => {
    await writeRun(folder, 4);
    const first = await Deno.readTextFile(await report({ run: folder }));
    assert.equal(await Deno.readTextFile(await report({ run: folder })), first);
  }));

Deno.test("report() says what a run lacks and how to get it", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "config.json"), BARE_CONFIG);
    const page = await Deno.readTextFile(await report({ run: folder }));
    assert.equal(findUnbalanced(page), null);
    assert.match(page, /has not been evaluated yet/);
    assert.match(page, /no training log/);
    assert.match(page, /no sample faces/);
    assert.match(page, /deno task train[^]*--dataset DIR/);
  }));

Deno.test("report() shows measures that are all undefined as dashes", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "config.json"), BARE_CONFIG);
    const metrics = JSON.stringify(new MetricsAccumulator().result("validation"));
    await Deno.writeTextFile(join(folder, "metrics.json"), metrics);
    const page = await Deno.readTextFile(await report({ run: folder }));
    assert.match(page, /The validation split has no faces/);
    assert.equal(/.{0,40}(NaN|null|n\/a|undefined %).{0,40}/.exec(page)?.[0], undefined);
  }));

Deno.test("report() refuses what is no run, in one sentence", () =>
  inFolder(async (folder) => {
    const gone = join(folder, "gone");
    await assert.rejects(report({ run: gone }), {
      message: `Cannot report on ${gone}: there is no such folder`,
    });
    await assert.rejects(report({ run: folder }), {
      message: `Cannot report on ${folder}: it is not a run folder, for it has no config.json`,
    });
    const file = join(folder, "file");
    await Deno.writeTextFile(file, "");
    await assert.rejects(report({ run: file }), { message: /it is a file, and a run is a folder/ });
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["file"]);
  }));

Deno.test("report() names the file and line of what is damaged", () =>
  inFolder(async (folder) => {
    const rejects = async (name: string, text: string, message: RegExp) => {
      await writeRun(folder, 5);
      await Deno.writeTextFile(join(folder, name), text);
      await assert.rejects(report({ run: folder }), { name: "SyntaxError", message });
    };
    await rejects(
      "config.json",
      '{\n  "a": 1,\n  b\n}',
      /config\.json:3: the file is not valid JSON/,
    );
    await rejects("config.json", '{\n  "a": 1,\n', /config\.json:3: the file is not valid JSON/);
    await rejects("config.json", "[]", /config\.json:1: a JSON object is expected/);
    await rejects(
      "log.ndjson",
      '{"type":"step"}\n{"ty\n{}\n',
      /log\.ndjson:2: the line is not JSON/,
    );
    await rejects("metrics.json", '{"split":"test"}', /metrics\.json:1: the measures of a split/);
    await writeRun(folder, 5);
    const metrics = JSON.parse(await Deno.readTextFile(join(folder, "metrics.json")));
    const broken = JSON.stringify({ ...metrics, evidence: { ...metrics.evidence, bins: null } });
    await rejects("metrics.json", broken, /metrics\.json:1: the evidence is not complete/);
    await rejects("extremes.json", '{"best":[{}]}', /extremes\.json:1: lists of the best and the/);
    const bare = '{"schema":"attparsenet/samples@1"}';
    await rejects("samples.json", bare, /samples\.json:1: a list of faces is expected/);
    await rejects(
      "samples.json",
      '[{"image":"a.jpg"}]',
      /The sample a\.jpg is not complete: path is no text/,
    );
  }));

Deno.test("encodeSample() packs maps by attribute and true masks bit by bit", () => {
  const maps = new Float32Array(2 * A);
  maps[0 * A + 1] = 0.5; // pixel 0, Arched_Eyebrows
  maps[1 * A + 1] = 7;
  maps[1 * A + 39] = -1;
  const sample = encodeSample({
    image: "a.jpg",
    path: "faces/a.jpg",
    size: [178, 218],
    labels: labelsOf(["Big_Lips", "Big_Nose"]),
    probabilities: new Float32Array(A).fill(0.123456),
    mask: { height: 1, width: 2 },
    maps,
    bits: Uint32Array.of(1 << REGIONS.indexOf("mouth"), 1 << REGIONS.indexOf("nose")),
  });
  assert.deepEqual(sample.labels, ["Big_Lips", "Big_Nose"]);
  assert.equal(sample.probabilities[0], 0.1235);
  const predicted = Uint8Array.fromBase64(sample.predicted);
  assert.deepEqual([...predicted.subarray(0, 6)], [0, 0, 128, 255, 0, 0]);
  assert.equal(predicted.length, 2 * A);
  // Two bits an attribute. Big_Lips is column 6: its first pixel is bit 12, from the left bit 4 of
  // byte 1. Big_Nose is column 7: its second pixel is bit 15, the last of byte 1.
  assert.deepEqual([...Uint8Array.fromBase64(sample.truth)], [0, 0b00001001, ...Array(8).fill(0)]);
});

Deno.test("decodeSample() gives back what encodeSample() was given", () => {
  const random = new Random(6);
  const source = faceOf(random, "a.png", "b/a.png");
  const face = decodeSample(JSON.parse(JSON.stringify(encodeSample(source))));
  assert.equal(face.labels, source.labels);
  assert.deepEqual(face.size, source.size);
  let nose = 0;
  for (let pixel = 0; pixel < PIXELS; pixel++) {
    for (let c = 0; c < A; c++) {
      const value = Math.min(Math.max(source.maps[pixel * A + c]!, 0), 1);
      assert.equal(face.predicted[c * PIXELS + pixel], Math.round(255 * value));
      if (!hasAttribute(source.labels, c)) assert.equal(face.truth[c * PIXELS + pixel], 0);
    }
    nose += face.truth[ATTRIBUTES.indexOf("Big_Nose") * PIXELS + pixel]!;
  }
  assert.equal(nose, hasAttribute(source.labels, 7) ? MASK.width : 0, "the nose is one row");
});

Deno.test("encodeSample() and decodeSample() refuse wrong sizes and names", () => {
  const source = faceOf(new Random(7), "a.png", "a.png");
  assert.throws(() => encodeSample({ ...source, bits: new Uint32Array(3) }), {
    name: "TypeError",
    message: "The sample a.png needs 108 values of region bits, it has 3",
  });
  const sample = encodeSample(source);
  assert.throws(() => decodeSample({ ...sample, labels: ["Nice_Hat"] }), {
    name: "TypeError",
    message: 'The sample a.png has the unknown attribute "Nice_Hat"',
  });
  assert.throws(() => decodeSample({ ...sample, truth: "AAAA" }), /needs 540 values of truth/);
  assert.throws(() => decodeSample({ ...sample, predicted: "*" }), /not base64/);
  assert.throws(() => decodeSample(null), /The sample is not complete: is no object/);
});

Deno.test("chooseAttributes() takes present attributes with a mask, whatever was predicted", () => {
  const face = decodeSample(encodeSample(faceOf(new Random(8), "a.png", "a.png")));
  const [chosen = []] = chooseAttributes([face], 5);
  assert.equal(chosen.length, 5);
  for (const column of chosen) {
    assert.ok(hasAttribute(face.labels, column));
    assert.ok(face.truth.subarray(column * PIXELS, (column + 1) * PIXELS).some(Boolean));
  }
  const denied = { ...face, predicted: new Uint8Array(face.predicted.length) };
  assert.deepEqual(chooseAttributes([denied], 5), [chosen]);
  assert.deepEqual(chooseAttributes([{ ...face, labels: 0 }], 5), [[]]);
});

Deno.test("chooseAttributes() prefers other places, then what was not shown yet", () => {
  const source = faceOf(new Random(9), "a.png", "a.png");
  const labels = labelsOf(["Smiling", "Big_Lips", "Big_Nose", "Pointy_Nose", "Young"]);
  const face = decodeSample(encodeSample({ ...source, labels }));
  const names = chooseAttributes([face, face], 2).map((columns) =>
    columns.map((c) => ATTRIBUTES[c])
  );
  assert.deepEqual(names, [["Big_Lips", "Big_Nose"], ["Pointy_Nose", "Smiling"]]);
});

Deno.test("fillPath() and edgePath() trace a mask by hand", () => {
  // # .
  // # #
  const mask = { width: 2, height: 2, data: Uint8Array.of(1, 0, 1, 1) };
  assert.equal(fillPath(mask), "M0 0h1v1h-1zM0 1h2v1h-2z");
  assert.equal(edgePath(mask), "M0 0h1M1 1h1M0 2h2M0 0v2M1 0v1M2 1v1");
  assert.equal(fillPath({ width: 1, height: 1, data: Uint8Array.of(0) }), "");
});

Deno.test("renderWhere() says of an evaluation without landmarks that there is none, and shows others", () => {
  const accumulator = new MetricsAccumulator();
  const faces = { logits: new Float32Array(A), labels: [2 ** A - 1] };
  accumulator.add(faces);
  assert.match(renderWhere(accumulator.result("test")).text, /has not been measured/);
  assert.match(renderWhere(null).text, /has not been measured/);
  const counts = new Uint32Array(A).fill(4);
  const overlap = {
    ...{ intersection: counts, union: counts, priorIntersection: counts, priorUnion: counts },
    pointing: Uint8Array.from(counts, (_, column) => column < 38 ? 1 : 255),
  };
  const measured = new MetricsAccumulator();
  measured.add({ ...faces, overlap });
  const { text } = renderWhere(measured.result("test"));
  assert.match(text, /prior<\/span>: .*mean 100\.0/s);
  assert.match(text, /Attributes for which there is no such face are left out/);
  assert(text.includes("Wearing Necklace") && !text.includes("Young"));
});

Deno.test("parseLog() lets later lines count and leaves an unfinished one out", () => {
  const log = parseLog(
    [
      '{"type":"step","step":0,"epoch":0,"loss":9}',
      '{"type":"step","step":1,"epoch":0,"loss":8}',
      '{"type":"epoch","epoch":0,"train":{"loss":8.5},"validation":null}',
      '{"type":"note","text":"resumed"}',
      '{"type":"step","step":1,"epoch":0,"loss":7}',
      '{"type":"step","step":2,"epoch":1,"loss":6}',
      '{"type":"epoch","epoch":0,"train":{"loss":8},"validation":{"loss":1}}',
      '{"type":"step","step":3,"epo',
    ].join("\n"),
    "log.ndjson",
  );
  assert.deepEqual(log.steps.map(({ epochs, loss }) => [epochs, loss]), [
    [0.25, 9],
    [0.75, 7],
    [1.25, 6],
  ]);
  assert.equal(log.epochs.length, 1);
  assert.equal(log.epochs[0]?.train.loss, 8);
  assert.equal(log.epochs[0]?.validation?.loss, 1);
  assert.equal(log.epochs[0]?.validation?.maskIoU, null);
  assert.equal(log.epochs[0]?.validation?.localisationIoU, null);
  assert.deepEqual(parseLog("", "log.ndjson"), { faces: [], steps: [], epochs: [] });
});

Deno.test("plotCurves() and plotAttributes() draw extreme data without NaN", () => {
  const curves = [[], [[1, 0.5]], [[1, 0], [2, 0]], [[0.5, 1e-9], [1, 1e9]]] as [
    number,
    number,
  ][][];
  for (const points of curves) {
    const { text } = plotCurves({
      label: "a < b",
      curves: [{ kind: "train", points }],
      format: "share",
    });
    assert.doesNotMatch(text, /NaN|undefined|Infinity/);
    assert.ok(text.includes('aria-label="a &lt; b"'));
  }
  const empty = {
    name: "Bald",
    balancedAccuracy: null,
    interval: null,
    f1: null,
    averagePrecision: null,
  };
  const full = {
    name: "Bangs",
    balancedAccuracy: 0.2,
    interval: [0.1, 0.3] as const,
    f1: 0,
    averagePrecision: 1,
  };
  assert.doesNotMatch(plotAttributes("x", [empty, full]).text, /NaN|undefined|Infinity/);
  assert.doesNotMatch(plotAttributes("x", [empty]).text, /NaN|undefined|Infinity/);
  const unknown = { localisation: null, interval: null, prior: null, landmarks: null };
  const nowhere = { name: "Bald", ...unknown, pointing: null };
  const missed = { ...nowhere, localisation: 0, interval: [0, 0] as const, prior: 1, pointing: 0 };
  assert.doesNotMatch(plotWhere("x", [nowhere, missed]).text, /NaN|undefined|Infinity/);
  for (
    const bins of [[], [{ count: 0, probability: null, positives: null }], [
      { count: 1, probability: 1, positives: 0 },
    ]]
  ) {
    for (const plot of [plotReliability, plotCounts]) {
      assert.doesNotMatch(plot(bins).text, /NaN|undefined|Infinity/);
    }
  }
});

Deno.test("html() escapes values and keeps its own pieces", () => {
  const piece = html`<b title="${`"'`}">${"<&>"}</b>`;
  assert.equal(piece.text, '<b title="&quot;&#39;">&lt;&amp;&gt;</b>');
  assert.equal(html`${[piece, null, undefined, false, 0]}`.text, `${piece.text}0`);
});
