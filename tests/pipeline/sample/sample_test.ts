import assert from "node:assert/strict";
import { join } from "node:path";
import { ATTRIBUTES, hasAttribute, namesOf } from "../../../pipeline/face/attributes.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { SPLITS } from "../../../pipeline/face/record.ts";
import { SAMPLE_SEED, sampleFaces, writeSample } from "../../../pipeline/sample.ts";
import { drawFace } from "../../../pipeline/sample/face.ts";
import { placePoint } from "../../../pipeline/sample/pose.ts";
import { drawTraits } from "../../../pipeline/sample/traits.ts";

const SHIPPED = new URL("../../../data/sample/", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, SHIPPED));

/** The label of every face of the shipped set, by image. */
function shippedLabels(): Map<string, number> {
  const [, names, ...rows] = read("Anno/list_attr_celeba.txt").trimEnd().split("\n");
  assert.equal(names, ATTRIBUTES.join(" "));
  return new Map(rows.map((row) => {
    const [image, ...values] = row.split(/ +/);
    assert.equal(values.length, 40, row);
    return [image!, values.reduce((sum, value, i) => sum + (value === "1" ? 2 ** i : 0), 0)];
  }));
}

/** The placed landmarks of many faces, without drawing them. */
function* plannedFaces(count: number) {
  for (let i = 0; i < count; i++) {
    const face = drawFace(new Random(`plan ${i}`));
    yield { seed: `plan ${i}`, at: face.points.map((point) => placePoint(face.pose, point)), face };
  }
}

Deno.test("sampleFaces() gives the same bytes for the same seed and others for another", async () => {
  const [first, again, other] = await Promise.all([
    Array.fromAsync(sampleFaces({ count: 3, seed: 5 })),
    Array.fromAsync(sampleFaces({ count: 3, seed: 5 })),
    Array.fromAsync(sampleFaces({ count: 3, seed: 6 })),
  ]);
  assert.deepEqual(first, again);
  assert.notDeepEqual(first[0]!.jpeg, other[0]!.jpeg);
  assert.notDeepEqual(first[0]!.points, other[0]!.points);
});

Deno.test("sampleFaces() draws a face from seed and number alone", async () => {
  const [few, more] = await Promise.all([
    Array.fromAsync(sampleFaces({ count: 1, seed: 9 })),
    Array.fromAsync(sampleFaces({ count: 2, seed: 9 })),
  ]);
  assert.equal(few[0]!.image, "000001.jpg");
  assert.deepEqual({ ...few[0], split: null }, { ...more[0], split: null });
});

Deno.test("sampleFaces() refuses counts and seeds that are no whole numbers", async () => {
  for (const count of [0, -1, 1.5, NaN, 1e6]) {
    await assert.rejects(
      Array.fromAsync(sampleFaces({ count, seed: 1 })),
      RangeError,
      String(count),
    );
  }
  await assert.rejects(Array.fromAsync(sampleFaces({ count: 1, seed: 0.5 })), RangeError);
});

Deno.test("data/sample is what the generator produces, byte for byte", async () => {
  const count = shippedLabels().size;
  const landmarks = read("Anno/list_landmarks_68.csv").split("\n");
  const partition = read("Eval/list_eval_partition.txt").split("\n");
  const labels = shippedLabels();
  let index = 0;
  for await (const face of sampleFaces({ count, seed: SAMPLE_SEED })) {
    const shipped = Deno.readFileSync(new URL(`Img/img_align_celeba/${face.image}`, SHIPPED));
    assert.deepEqual(face.jpeg, shipped, `${face.image} differs`);
    assert.equal(face.labels, labels.get(face.image));
    assert.equal(partition[index], `${face.image} ${SPLITS.indexOf(face.split)}`);
    const [image, ...values] = landmarks[index + 1]!.split(",");
    assert.equal(image, face.image);
    for (let i = 0; i < 68; i++) {
      assert.ok(Math.abs(Number(values[i]) - face.points[2 * i]!) < 0.006, `${image} x_${i}`);
      assert.ok(Math.abs(Number(values[68 + i]) - face.points[2 * i + 1]!) < 0.006);
    }
    if (++index === 3) break;
  }
});

Deno.test("data/sample holds every file once, under 4 MB, with every attribute in 8 to 60 %", () => {
  const labels = shippedLabels();
  const files = [...Deno.readDirSync(new URL("Img/img_align_celeba/", SHIPPED))];
  assert.ok(files.length >= 320);
  assert.deepEqual(files.map(({ name }) => name).sort(), [...labels.keys()]);
  const texts = ["Anno/list_attr_celeba.txt", "Anno/list_landmarks_68.csv"].map(read);
  assert.equal(texts[0]!.split("\n")[0], String(files.length));
  assert.equal(texts[1]!.trimEnd().split("\n").length, files.length + 1);
  const bytes = files.reduce(
    (sum, { name }) => sum + Deno.statSync(new URL(`Img/img_align_celeba/${name}`, SHIPPED)).size,
    texts.reduce((sum, text) => sum + text.length, 0),
  );
  assert.ok(bytes < 4e6, `${bytes} bytes`);
  for (const [column, name] of ATTRIBUTES.entries()) {
    const present = [...labels.values()].filter((face) => hasAttribute(face, column)).length;
    const share = present / labels.size;
    assert.ok(share >= 0.08 && share <= 0.6, `${name}: ${share}`);
  }
});

Deno.test("data/sample has about 75, 10 and 15 % to train, validate and test", () => {
  const splits = read("Eval/list_eval_partition.txt").trimEnd().split("\n").map((row) =>
    row.split(" ")
  );
  const labels = shippedLabels();
  assert.deepEqual(splits.map(([image]) => image), [...labels.keys()]);
  const shares = ["0", "1", "2"].map((split) =>
    splits.filter((row) => row[1] === split).length / splits.length
  );
  for (const [i, goal] of [0.75, 0.1, 0.15].entries()) {
    assert.ok(Math.abs(shares[i]! - goal) < 0.01, `${shares}`);
  }
});

Deno.test("drawTraits() leaves out what excludes each other", () => {
  const hair = ["Black_Hair", "Blond_Hair", "Brown_Hair", "Gray_Hair"] as const;
  const onTop = [...hair, "Bangs", "Receding_Hairline", "Straight_Hair", "Wavy_Hair"] as const;
  for (let seed = 0; seed < 3000; seed++) {
    const traits = drawTraits(new Random(seed));
    const count = (names: readonly (typeof ATTRIBUTES[number])[]) =>
      names.filter((name) => traits.has(name)).length;
    const story = `seed ${seed}: ${[...traits]}`;
    assert.equal(count(hair), traits.has("Bald") || traits.has("Wearing_Hat") ? 0 : 1, story);
    if (traits.has("Bald") || traits.has("Wearing_Hat")) assert.equal(count(onTop), 0, story);
    assert.ok(count(["Bald", "Wearing_Hat"]) < 2, story);
    assert.ok(count(["Straight_Hair", "Wavy_Hair"]) < 2, story);
    assert.ok(count(["Bangs", "Receding_Hairline"]) < 2, story);
    assert.ok(count(["Big_Nose", "Pointy_Nose"]) < 2, story);
    assert.ok(count(["Chubby", "Oval_Face"]) < 2, story);
    assert.ok(count(["Wearing_Necktie", "Wearing_Necklace"]) < 2, story);
    const beard = count(["5_o_Clock_Shadow", "Goatee", "Mustache"]);
    assert.equal(beard === 0, traits.has("No_Beard"), story);
    if (!traits.has("Male")) assert.equal(beard + count(["Sideburns", "Bald"]), 0, story);
  }
});

Deno.test("landmarks of planned faces lie in the frame in iBUG's order", () => {
  for (const { seed, at } of plannedFaces(300)) {
    const x = (i: number) => at[i]![0];
    const y = (i: number) => at[i]![1];
    assert.equal(at.length, 68, seed);
    for (let i = 0; i < 68; i++) {
      assert.ok(x(i) > 0 && x(i) < 178 && y(i) > 0 && y(i) < 218, `${seed}: point ${i} ${at[i]}`);
    }
    // Each row runs from the picture's left to its right.
    const rows = [
      [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13],
      [17, 18, 19, 20, 21, 22, 23, 24, 25, 26],
      [31, 32, 33, 34, 35],
      [36, 37, 38, 39, 42, 43, 44, 45],
      [41, 40, 47, 46],
      [48, 49, 50, 51, 52, 53, 54],
      [59, 58, 57, 56, 55],
      [60, 61, 62, 63, 64],
      [67, 66, 65],
    ];
    for (const row of rows) {
      for (let i = 1; i < row.length; i++) {
        assert.ok(x(row[i - 1]!) < x(row[i]!), `${seed}: ${row[i - 1]} is right of ${row[i]}`);
      }
    }
    // Each column runs downwards: brow, eye, nose, lips, chin.
    for (
      const column of [[19, 37, 41, 31, 48, 6], [24, 44, 46, 35, 54, 10], [
        27,
        28,
        29,
        30,
        33,
        51,
        62,
        66,
        57,
        8,
      ]]
    ) {
      for (let i = 1; i < column.length; i++) {
        assert.ok(
          y(column[i - 1]!) < y(column[i]!),
          `${seed}: ${column[i - 1]} below ${column[i]}`,
        );
      }
    }
  }
});

Deno.test("planned faces are aligned as CelebA's: eyes near (69, 111) and (108, 111)", () => {
  const eyes = { leftX: 0, leftY: 0, rightX: 0, rightY: 0 };
  const count = 300;
  for (const { seed, at } of plannedFaces(count)) {
    const middle = (axis: 0 | 1, from: number) =>
      at.slice(from, from + 6).reduce((sum, point) => sum + point[axis] / 6, 0);
    eyes.leftX += middle(0, 36) / count;
    eyes.leftY += middle(1, 36) / count;
    eyes.rightX += middle(0, 42) / count;
    eyes.rightY += middle(1, 42) / count;
    assert.ok(Math.abs(middle(0, 36) - 69) < 12 && Math.abs(middle(1, 36) - 111) < 12, seed);
  }
  const goals = { leftX: 69, leftY: 111, rightX: 108, rightY: 111 };
  for (const [name, goal] of Object.entries(goals)) {
    const value = eyes[name as keyof typeof eyes];
    assert.ok(Math.abs(value - goal) < 2.5, `${name} ${value}`);
  }
});

Deno.test("planned faces show their cues where the landmarks say", () => {
  const height = (at: readonly (readonly [number, number])[], top: number, bottom: number) =>
    at[bottom]![1] - at[top]![1];
  const means = new Map<string, number[]>();
  const note = (name: string, value: number) => means.set(name, [...means.get(name) ?? [], value]);
  for (const { at, face } of plannedFaces(200)) {
    const has = (name: typeof ATTRIBUTES[number]) => face.traits.has(name) ? "with" : "without";
    note(`${has("Mouth_Slightly_Open")} Mouth_Slightly_Open`, height(at, 62, 66));
    note(`${has("Narrow_Eyes")} Narrow_Eyes`, -height(at, 37, 41));
    note(`${has("Big_Lips")} Big_Lips`, height(at, 51, 62) + height(at, 66, 57));
    note(`${has("Big_Nose")} Big_Nose`, at[35]![0] - at[31]![0]);
    note(`${has("Chubby")} Chubby`, at[12]![0] - at[4]![0]);
  }
  for (const name of ["Mouth_Slightly_Open", "Narrow_Eyes", "Big_Lips", "Big_Nose", "Chubby"]) {
    const mean = (values: number[]) =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    const [shown, hidden] = [means.get(`with ${name}`)!, means.get(`without ${name}`)!];
    assert.ok(mean(shown) > mean(hidden) + 3, `${name}: ${mean(shown)} and ${mean(hidden)}`);
  }
});

Deno.test("writeSample() writes CelebA's layout, and nothing when it is stopped", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const out = join(folder, "made");
    const progress: number[] = [];
    await writeSample({ out, count: 2, seed: 3, onProgress: (done) => progress.push(done) });
    assert.deepEqual(progress, [1, 2]);
    const [count, , row] = Deno.readTextFileSync(join(out, "Anno/list_attr_celeba.txt")).split(
      "\n",
    );
    assert.equal(count, "2");
    const [face] = await Array.fromAsync(sampleFaces({ count: 2, seed: 3 }));
    const values = row!.split(/ +/).slice(1);
    assert.deepEqual(ATTRIBUTES.filter((_, i) => values[i] === "1"), namesOf(face!.labels));
    const jpeg = Deno.readFileSync(join(out, "Img/img_align_celeba/000001.jpg"));
    assert.deepEqual(jpeg, face!.jpeg);
    await assert.rejects(writeSample({ out, count: 1 }), /folder is not empty \(it holds \w+\)/);

    const stopped = new AbortController();
    const half = writeSample({
      out: join(folder, "half"),
      count: 5,
      signal: stopped.signal,
      onProgress: () => stopped.abort(new Error("enough")),
    });
    await assert.rejects(half, /enough/);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["made"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
