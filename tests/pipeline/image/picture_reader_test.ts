import assert from "node:assert/strict";
import { join } from "node:path";
import { readImage } from "../../../pipeline/image/image.ts";
import {
  type PictureAnswer,
  PictureReader,
} from "../../../pipeline/image/reading/picture_reader.ts";
import {
  fit,
  pictureOf,
  type PictureRequest,
} from "../../../pipeline/image/reading/read_picture.ts";
import { openPictureFile } from "../../../pipeline/image/picture_file.ts";
import { mapInOrder } from "../../../pipeline/streams/map_in_order.ts";
import type { PoolWorker } from "../../../pipeline/streams/worker_pool.ts";
import { SAMPLE } from "../../contexts/train_context.ts";
import { inFolder } from "../../fixtures/face_records.ts";

const IMAGES = join(SAMPLE, "Img", "img_align_celeba");
const SIZE = { height: 54, width: 44 };

/** Requests for the sample's first pictures. */
function requests(count: number): PictureRequest[] {
  return Array.from({ length: count }, (_, i) => {
    const path = join(IMAGES, `${String(i + 1).padStart(6, "0")}.jpg`);
    return { path, size: SIZE, useDamaged: false };
  });
}

function readAll(reader: PictureReader, wanted: readonly PictureRequest[]) {
  const read = (request: PictureRequest) => reader.read(request).catch((error: Error) => error);
  return Array.fromAsync(mapInOrder(wanted, read, reader.window));
}

Deno.test("pictures are the same, in the same order, for any number of threads", async () => {
  const wanted = requests(200);
  const plain = await Promise.all(wanted.map(async ({ path }) => {
    const image = await readImage(path);
    return { pixels: fit(image, SIZE), width: image.width, height: image.height };
  }));
  for (const workers of [0, 1, 2, 3]) {
    await using reader = new PictureReader({ workers });
    const read = await readAll(reader, wanted);
    for (const [i, picture] of read.entries()) {
      assert(!(picture instanceof Error), String(picture));
      const { pixels, width, height } = picture;
      assert.deepEqual({ pixels, width, height }, plain[i], `${wanted[i]!.path}, ${workers}`);
    }
  }
});

Deno.test("of a header, size and digest are read without pixels", async () => {
  await using reader = new PictureReader({ workers: 1 });
  const [whole, header] = await readAll(
    reader,
    requests(1).flatMap((request) => [
      request,
      { ...request, size: null },
    ]),
  ) as [PictureAnswer, PictureAnswer];
  assert("file" in whole && "file" in header);
  assert.deepEqual({ ...whole, pixels: null, damage: undefined }, { ...header, damage: undefined });
});

Deno.test("a picture that cannot be used is refused by its name, in threads and without", () =>
  inFolder(async (folder) => {
    const damaged = join(folder, "damaged.jpg");
    const bytes = await Deno.readFile(requests(1)[0]!.path);
    await Deno.writeFile(damaged, bytes.subarray(0, bytes.length >> 1));
    const faults = [
      { path: join(folder, "none.jpg"), size: SIZE, useDamaged: false },
      { path: damaged, size: SIZE, useDamaged: false },
      { path: folder, size: null, useDamaged: false },
    ];
    const messages: string[][] = [];
    for (const workers of [0, 2]) {
      await using reader = new PictureReader({ workers });
      const read = await readAll(reader, [...requests(80), ...faults, ...requests(3)]);
      const [missing, cut, noFile, ...others] = read.slice(80) as Error[];
      assert(missing instanceof Deno.errors.NotFound);
      assert.match(cut!.message, /Cannot decode .*damaged\.jpg: the JPEG is damaged or cut short/);
      assert.match(noFile!.message, /is not a file/);
      assert(others.every((picture) => "file" in picture), "what comes after is read");
      messages.push([missing, cut, noFile].map((error) => error!.message));
    }
    assert.deepEqual(messages[0], messages[1]);
  }));

Deno.test("a thread that dies of a picture costs this one alone, and says so", async () => {
  const deadly = 100;
  let started = 0;
  const start = (): PoolWorker<PictureRequest, PictureAnswer> => {
    started++;
    return {
      ready: Promise.resolve(),
      answer: (some) =>
        Promise.all(some.map(async (request) => {
          if (request === wanted[deadly]) throw new Error("out of memory");
          return await pictureOf(await openPictureFile(request.path), request);
        })),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  };
  const wanted = requests(150);
  await using reader = new PictureReader({ workers: 2, start });
  const read = await readAll(reader, wanted);
  const failed = read.flatMap((picture, i) => picture instanceof Error ? [i] : []);
  assert.deepEqual(failed, [deadly]);
  const { path } = wanted[deadly]!;
  assert.equal(
    String(read[deadly]),
    `SyntaxError: Cannot read ${path}: the thread died of it: out of memory`,
  );
  assert(started > 2, "it is replaced");
});

Deno.test("few pictures are read without a thread", async () => {
  await using reader = new PictureReader({ start: () => assert.fail("a thread was started") });
  assert.equal((await readAll(reader, requests(64))).length, 64);
});
