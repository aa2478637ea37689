/** Keeping the training images on a graphics card, where they fit. */

import type { Face, InputSize } from "../../face/faces.ts";
import { ResidentImages } from "../../network/resident_images.ts";
import type { Learner } from "../../compute/learner.ts";

const MEBIBYTE = 2 ** 20;

/**
 * Brings the images that are trained on to the device once, so that a step uploads their places only. Nothing
 * happens without a device, and on a software adapter, whose memory is the machine's own.
 *
 * @param most MiB of the device's memory that they may take; WebGPU does not tell how much there is.
 * @param log Hears whether they stay there, and if not, why.
 */
export async function keepImages(
  learner: Learner,
  faces: readonly Face[],
  input: InputSize,
  most: number,
  log: (line: string) => void,
): Promise<void> {
  const steps = learner.onDevice;
  if (!steps || steps.host.gpu.isFallback || most === 0) return;
  const size = Math.ceil(ResidentImages.bytesOf(faces.length, input) / MEBIBYTE);
  const images = faces.flatMap(({ pixels }) => pixels ?? []);
  if (size > most || images.length < faces.length) {
    const why = size > most
      ? `they take ${size} MiB, and ${most} are allowed`
      : "not all are in memory";
    return log(`The training images go to the device batch by batch: ${why}`);
  }
  const { device } = steps.host.gpu;
  device.pushErrorScope("out-of-memory");
  const resident = new ResidentImages(steps.host.gpu, images, input);
  const refused = await device.popErrorScope();
  if (refused) {
    resident[Symbol.dispose]();
    return log("The training images go to the device batch by batch: its memory is full");
  }
  steps.useResident(resident);
  log(`The training images stay on the device: ${images.length} of them, ${size} MiB`);
}
