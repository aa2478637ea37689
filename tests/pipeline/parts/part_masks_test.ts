import assert from "node:assert/strict";
import { join } from "node:path";
import { PictureReader } from "../../../pipeline/image/reading/picture_reader.ts";
import { PartMasks } from "../../../pipeline/parts/part_masks.ts";
import { inFolder, recordOf } from "../../fixtures/face_records.ts";
import { partPath, writeParts } from "../../fixtures/part_files.ts";

const READER = new PictureReader({ workers: 0 });
const TABLE = { Smiling: ["mouth"], Black_Hair: ["hair"], Wearing_Hat: ["hat"] } as const;
const [MOUTH, HAIR] = [1 << 9, 1 << 12];
const CELLS = { height: 2, width: 3 };

/** A face whose image is half as wide again as it is high. */
const face = (image: string) => recordOf(image, { size: [12, 8] });

Deno.test("bitsOf() has a bit a part in the cells that nearest-neighbour resizing picks", () =>
  inFolder(async (folder) => {
    const mouth = ["#.....", "......", "..#.##", "######"];
    await writeParts(folder, 2001, { mouth });
    await writeParts(folder, 2001, { hair: ["##.", "..."], nose: ["###", "###"] }, 3);
    const masks = await PartMasks.open(folder, TABLE, READER);
    const bits = await masks.bitsOf(face("2001.jpg"), CELLS);
    // Of the mouth, rows 0 and 2 and columns 0, 2 and 4; the nose is no attribute's.
    assert.deepEqual(bits, Uint32Array.of(MOUTH | HAIR, HAIR, 0, 0, MOUTH, MOUTH));
    assert.deepEqual(await masks.bitsOf(face("a/02001.PNG"), CELLS), bits);
    // A hat has no file: it is not there, which is no fault.
    await writeParts(folder, 7, { nose: ["###", "###"] });
    const other = await PartMasks.open(folder, TABLE, READER);
    assert.deepEqual(await other.bitsOf(face("7.jpg"), CELLS), new Uint32Array(6));
  }));

Deno.test("bitsOf() says why the parts of a face are not known", () =>
  inFolder(async (folder) => {
    const [wide] = await writeParts(folder, 1, { hair: ["######", "......"] });
    const [damaged] = await writeParts(folder, 2, { hair: ["###", "..."], mouth: ["###", "..."] });
    await Deno.truncate(damaged!, 40);
    await Deno.mkdir(partPath(folder, 3, "hat"));
    const masks = await PartMasks.open(folder, TABLE, READER);
    const of = async (image: string) => String(await masks.bitsOf(face(image), CELLS));
    assert.equal(
      await of("1.jpg"),
      `its part masks cannot be used: ${wide} has 6x2 pixels, which is not the shape of the image, 12x8`,
    );
    assert.match(
      await of("2.jpg"),
      /^its part masks cannot be used: .*00002_hair\.png: the PNG is/,
    );
    assert.match(
      await of("3.jpg"),
      /^its part masks cannot be used: .*00003_hat\.png is not a file/,
    );
    assert.equal(await of("4.jpg"), "it has no part masks");
    assert.equal(await of("59999.jpg"), "it has no part masks", "its folder is not there either");
    assert.match(await of("face_4.jpg"), /^its name is no number/);
  }));

Deno.test("PartMasks.open() finds the masks in the data set's folder, and refuses others", () =>
  inFolder(async (folder) => {
    await writeParts(join(folder, "CelebAMask-HQ-mask-anno"), 5, { mouth: ["###", "..."] });
    const masks = await PartMasks.open(folder, TABLE, READER);
    const bits = await masks.bitsOf(face("5.jpg"), CELLS);
    assert.deepEqual(bits, Uint32Array.of(MOUTH, MOUTH, MOUTH, 0, 0, 0));
    for (const wrong of [join(folder, "nowhere"), join(folder, "CelebAMask-HQ-mask-anno", "0")]) {
      await assert.rejects(PartMasks.open(wrong, TABLE, READER), {
        name: "NotFound",
        message: /^There are no part masks in .*: looked for the folders 0, 1, … of CelebAMask-HQ-/,
      });
    }
  }));
