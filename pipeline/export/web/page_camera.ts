/// <reference lib="dom" />
/** The camera, which is on only between two buttons. */

import type { RgbImage } from "../../image/image.ts";
import { pixelsOf } from "./page_pictures.ts";
import { element } from "./page_result.tsx";

/**
 * Shows what the camera sees.
 *
 * @throws {Error} If there is none, or it is not allowed; the message is for the user.
 */
export async function openCamera(): Promise<void> {
  if (!navigator.mediaDevices) {
    throw new Error("The camera needs an address that begins with https:// or http://localhost.");
  }
  const video = element<HTMLVideoElement>("video");
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user" } });
  } catch (cause) {
    const isDenied = cause instanceof DOMException && cause.name === "NotAllowedError";
    const what = isDenied ? "The browser does not allow the camera" : "There is no camera";
    throw new Error(`${what}; choose a photo instead.`, { cause });
  }
  element("viewfinder").hidden = false;
  element("shoot").focus();
}

/** The picture that the camera shows. @throws {Error} If it shows none yet. */
export function takePicture(): RgbImage {
  const video = element<HTMLVideoElement>("video");
  const { videoWidth: width, videoHeight: height } = video;
  if (width === 0) throw new Error("The camera shows no picture yet.");
  return pixelsOf(video, { width, height });
}

/** Turns the camera off. */
export function closeCamera(): void {
  const video = element<HTMLVideoElement>("video");
  const stream = video.srcObject as MediaStream | null;
  for (const track of stream?.getTracks() ?? []) track.stop();
  video.srcObject = null;
  element("viewfinder").hidden = true;
  element("camera").focus();
}
