/** The network in a browser: pictures in, what it says of their faces out. */

import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { UNCHANGED } from "../../../kernels/augment.ts";
import { augment } from "../../../kernels/cpu/augment.ts";
import { ATTRIBUTES } from "../../face/attributes.ts";
import { roundHundredth } from "../../face/record_json.ts";
import type { RgbImage } from "../../image/image.ts";
import { resizeImage } from "../../image/resize.ts";
import { cutAlignedFace } from "../../landmarks/aligned_face.ts";
import { FaceFinder } from "../../landmarks/face_finder.ts";
import { applyNetwork } from "../../network/network.ts";
import { logitOf, sigmoid } from "../../numbers/probability.ts";
import type { ModelCard } from "../../train/card/model_card.ts";
import { chooseBackend, type PageBackend, startWasm } from "./page_backends.ts";
import type { SaidAttribute } from "./result/said_face.ts";

/** What the network says of a picture. */
export interface SaidFace {
  /** The face as CelebA's aligned images show it. */
  readonly face: RgbImage;
  /** The likeliest first. */
  readonly attributes: readonly SaidAttribute[];
  /** Milliseconds that it took to find the face, and to look at it. */
  readonly times: { readonly find: number; readonly look: number };
}

/** A network that has been loaded. */
export class PageNetwork {
  readonly card: ModelCard;
  readonly backend: PageBackend;
  readonly #model: tfl.LayersModel;
  readonly #finder = new FaceFinder();

  private constructor(card: ModelCard, model: tfl.LayersModel, backend: PageBackend) {
    [this.card, this.#model, this.backend] = [card, model, backend];
  }

  /**
   * Loads the network from the page's folder.
   *
   * @param wanted A backend's name; null for the first one that works.
   * @throws {Error} If a file is missing, or nothing computes here.
   */
  static async open(folder: URL, wanted: string | null): Promise<PageNetwork> {
    const response = await fetch(new URL("card.json", folder));
    if (!response.ok) throw new Error("card.json is missing beside the page.");
    const card: ModelCard = await response.json();
    await startWasm(folder);
    const model = await tfl.loadLayersModel(new URL("model.json", folder).href);
    const { height, width } = card.input;
    const grey = new Uint8Array(height * width * 3).fill(128);
    // Kernels are compiled by it, too.
    const backend = await chooseBackend(wanted, async () => {
      const { logits } = await forward(model, grey, card.input);
      return logits.every(Number.isFinite);
    });
    return new PageNetwork(card, model, backend);
  }

  /** What the network says of the face in a picture; null if there is none. */
  async look(image: RgbImage): Promise<SaidFace | null> {
    const start = performance.now();
    const face = await this.#aligned(image);
    if (face === null) return null;
    const found = performance.now();
    await tf.setBackend(this.backend);
    const { input, outputs, thresholds } = this.card;
    const { logits, maps } = await forward(
      this.#model,
      resizeImage(face, input.width, input.height).data,
      input,
    );
    const times = { find: found - start, look: performance.now() - found };
    const attributes = outputs.learnt.map((name) => {
      const a = ATTRIBUTES.indexOf(name);
      const threshold = thresholds?.[name] ?? 0.5;
      return {
        ...{ name, threshold, probability: sigmoid(logits[a]!) },
        isPresent: logits[a]! > logitOf(threshold),
        map: { ...outputs.maps, data: maps.filter((_, i) => i % ATTRIBUTES.length === a) },
      };
    });
    attributes.sort((one, other) => other.probability - one.probability);
    return { face, attributes, times };
  }

  /** The face of a picture, found and cut out as `predict --align` does without dlib's predictor. */
  async #aligned(image: RgbImage): Promise<RgbImage | null> {
    await tf.setBackend("wasm");
    const search = { image, detector: "auto", hint: null, all: false } as const;
    const [[face] = []] = await this.#finder.find([search]);
    return face ? cutAlignedFace(image, face.points.map(roundHundredth)) : null;
  }
}

/** Runs the network on u8 [H, W, 3]: f32 [40] and f32 [h, w, 40]. */
async function forward(
  model: tfl.LayersModel,
  pixels: Uint8Array,
  size: { readonly height: number; readonly width: number },
): Promise<{ logits: Float32Array; maps: Float32Array }> {
  const outputs = tf.tidy(() => {
    const numbers = augment([pixels], [UNCHANGED], size);
    return applyNetwork(model, tf.tensor4d(numbers, [1, size.height, size.width, 3]), false);
  });
  const { logits, maps } = outputs;
  const [said, where] = await Promise.all([logits.data<"float32">(), maps.data<"float32">()]);
  tf.dispose([logits, maps]);
  return { logits: said, maps: where };
}
