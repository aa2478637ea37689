/** What networks of runs say of the faces of a photograph. */

import { ATTRIBUTES } from "../../face/attributes.ts";
import { resizeImage, type RgbImage } from "../../image/image.ts";
import { readTunedThresholds, sameThreshold } from "../../predict/thresholds.ts";
import type { Look, LookedAt, RunNetworks } from "../networks/run_networks.ts";
import type { Pixels, Tried, TriedBy, TriedFace } from "../wire.ts";
import { type CutRequest, FaceCutter } from "./cut_faces.ts";

/** A run by the page's name for it. */
export interface NamedRun {
  readonly name: string;
  readonly folder: string;
}

/** Most rows of a picture that the page gets to draw maps on. */
const MOST_ROWS = 436;

/** Tries networks; dispose it to end its thread. */
export class Trials implements AsyncDisposable {
  readonly #cutter = new FaceCutter();
  readonly #networks: RunNetworks;

  /** @param networks Borrowed. */
  constructor(networks: RunNetworks) {
    this.#networks = networks;
  }

  /**
   * What the runs' networks say of each face of photographs.
   *
   * @param epoch Of the runs, from 0; null for the best one.
   * @throws {Error} If there is no face in one, or a run has no such network; in a sentence for the user.
   */
  async look(
    requests: readonly CutRequest[],
    runs: readonly NamedRun[],
    epoch: number | null,
  ): Promise<Tried> {
    const faces: RgbImage[] = [];
    for (const request of requests) faces.push(...await this.#cutter.cut(request));
    const said: TriedBy[][] = faces.map(() => []);
    for (const { name, folder } of runs) {
      const look = await this.#networks.look({ run: folder, epoch }, faces);
      const thresholds = await thresholdsOf(folder);
      for (const [i, face] of look.faces.entries()) {
        said[i]!.push(saidBy(name, look, face, thresholds));
      }
    }
    return { faces: faces.map((face, i): TriedFace => ({ face: shown(face), said: said[i]! })) };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#cutter[Symbol.asyncDispose]();
  }
}

/** Those that `evaluate` has chosen, or one half. */
async function thresholdsOf(run: string): Promise<readonly number[]> {
  try {
    return await readTunedThresholds(run);
  } catch (error) {
    // A file that is damaged is no run without thresholds.
    if (error instanceof SyntaxError) throw error;
    return sameThreshold();
  }
}

function saidBy(
  run: string,
  { learnt, mask }: Look,
  { probabilities, maps }: LookedAt,
  thresholds: readonly number[],
): TriedBy {
  const columns = learnt.map((name) => ATTRIBUTES.indexOf(name));
  const attributes = columns.map((a, i) => {
    const [probability, threshold] = [probabilities[a]!, thresholds[a]!];
    return { name: learnt[i]!, probability, threshold, isPresent: probability > threshold };
  });
  const cells = mask.height * mask.width;
  const planes = new Uint8Array(cells * columns.length);
  for (const [plane, a] of columns.entries()) {
    for (let cell = 0; cell < cells; cell++) {
      const value = maps[cell * ATTRIBUTES.length + a]!;
      planes[plane * cells + cell] = Math.round(255 * Math.min(1, Math.max(0, value)));
    }
  }
  return { run, attributes, maps: { ...mask, data: planes.toBase64() } };
}

function shown(face: RgbImage): Pixels {
  const rows = Math.min(MOST_ROWS, face.height);
  const columns = Math.max(1, Math.round(face.width * rows / face.height));
  const { width, height, data } = resizeImage(face, columns, rows);
  return { width, height, data: data.toBase64() };
}
