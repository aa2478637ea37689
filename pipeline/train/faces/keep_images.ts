/** Keeping the training images on a graphics card, where they fit. */

import type { BatchPlan } from "../../face/batches.ts";
import type { Face } from "../../face/faces.ts";
import { ResidentImages } from "../../network/resident_images.ts";
import type { Learner } from "../../compute/learner.ts";

const MEBIBYTE = 2 ** 20;

/**
 * Brings the images that are trained on to the device once, so that a step uploads their places only. Nothing
 * happens without a device, and on a software adapter, whose memory is the machine's own.
 *
 * @param pixelsOf Fetches the pixels of faces that came without; null where that means to decode them all.
 * @param most MiB of the device's memory that they may take; WebGPU does not tell how much there is.
 * @param log Hears whether they stay there, and if not, why.
 * @returns The images that are there; null if none are.
 */
export async function keepImages(
  learner: Learner,
  faces: readonly Face[],
  { input, pixelsOf }: Pick<BatchPlan, "input"> & { readonly pixelsOf: PixelsOf | null },
  most: number,
  log: (line: string) => void,
): Promise<ResidentImages | null> {
  const steps = learner.onDevice;
  if (!steps || steps.host.gpu.isFallback || most === 0) return null;
  const size = Math.ceil(ResidentImages.bytesOf(faces.length, input) / MEBIBYTE);
  const isAtHand = pixelsOf !== null || faces.every(({ pixels }) => pixels !== null);
  if (size > most || !isAtHand) {
    const why = size > most
      ? `they take ${size} MiB, and ${most} are allowed`
      : "not all are in memory";
    log(`The training images go to the device batch by batch: ${why}`);
    return null;
  }
  const { device } = steps.host.gpu;
  device.pushErrorScope("out-of-memory");
  const records = faces.map(({ record }) => record);
  // One that cannot be fetched is left out when its turn comes, and said then.
  const fetch = (place: number) =>
    faces[place]!.pixels ?? pixelsOf!(faces[place]!).catch(() => null);
  const resident = await ResidentImages.upload(steps.host.gpu, records, input, fetch);
  if (await device.popErrorScope()) {
    resident[Symbol.dispose]();
    log("The training images go to the device batch by batch: its memory is full");
    return null;
  }
  steps.useResident(resident);
  log(`The training images stay on the device: ${faces.length} of them, ${size} MiB`);
  return resident;
}

type PixelsOf = NonNullable<BatchPlan["pixelsOf"]>;
