/**
 * Corrects labels: `faces.csv` → `faces.labels.ndjson`, a line a change, and `faces.labels.csv`, all labels as
 * they are then, which `--labels` reads.
 */

import { type Attribute, ATTRIBUTES, hasAttribute, labelsOf } from "../../face/attributes.ts";
import { BufferedWriter } from "../../files/buffered_writer.ts";
import { ChangeJournal } from "../../files/changes/change_journal.ts";
import { csvRow } from "../../files/csv.ts";
import { fields, list, oneOf, text } from "../../files/json_shape.ts";
import { exists } from "../../files/write_file.ts";
import { nameInTable } from "../../image/image_name.ts";
import { besideLandmarks } from "../../landmarks/files/landmark_endings.ts";
import type { FaceTable } from "../faces/face_table.ts";
import { pause, SLICE } from "../faces/slices.ts";
import type { Correcting } from "../wire.ts";
import { Autosave, type AutosaveOptions } from "./autosave.ts";

/** A line of the journal. */
interface LabelChange {
  readonly image: string;
  /** All attributes that the face has. */
  readonly labels: readonly Attribute[];
}

const LINE = fields({ image: text, labels: list(oneOf(...ATTRIBUTES)) });

/** What labels are corrected with. */
interface LabelOptions extends Omit<AutosaveOptions, "path" | "write"> {
  /** The landmarks file beside which they go. */
  readonly landmarks: string;
  readonly table: FaceTable;
}

/** Corrects labels; dispose it to write what is not written. */
export class LabelCorrector implements AsyncDisposable {
  /** The label file. */
  readonly path: string;
  readonly #options: LabelOptions;
  readonly #journal: ChangeJournal<LabelChange>;
  readonly #saving: Autosave;

  private constructor(options: LabelOptions) {
    this.#options = options;
    this.path = besideLandmarks(options.landmarks, ".labels.csv");
    this.#journal = new ChangeJournal(
      besideLandmarks(options.landmarks, ".labels.ndjson"),
      changeOf,
    );
    this.#saving = new Autosave({ ...options, path: this.path, write: () => this.#write() });
  }

  /**
   * Corrects labels beside the landmarks file that is corrected; its journal is read, and shown.
   *
   * @returns A sentence why that cannot be, where it cannot.
   */
  static async beside(
    correcting: Correcting,
    options: Omit<LabelOptions, "landmarks">,
  ): Promise<LabelCorrector | string> {
    if (!("file" in correcting)) return correcting.off;
    if (!options.table.isLabelled) return "These faces have no labels.";
    try {
      const corrector = new LabelCorrector({ landmarks: correcting.file, ...options });
      await corrector.#read();
      return corrector;
    } catch (error) {
      const fault = `Labels cannot be corrected: ${(error as Error).message}.`;
      options.onFault(fault);
      return fault;
    }
  }

  async #read(): Promise<void> {
    const { path } = this;
    if (await exists(path) && !await exists(this.#journal.path)) {
      throw new Error(`${path} is not of this page, which would replace it; give it another name`);
    }
    this.#show(await this.#journal.read());
    // A process that was killed may have left the file behind it.
    if (this.#journal.version > 0) this.#saving.changed();
  }

  /**
   * Keeps the labels of a face; they are on the disk when this ends.
   *
   * @param revision How often its labels were changed, as it was looked at.
   * @throws {Conflict} If that has changed.
   */
  async change(id: number, revision: number, labels: readonly Attribute[]): Promise<void> {
    const image = this.#options.table.name(id);
    try {
      await this.#journal.add(image, revision, () => ({ image, labels }));
    } finally {
      this.#show([image]);
    }
    this.#saving.changed();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#saving[Symbol.asyncDispose]();
  }

  #show(images: Iterable<string>): void {
    const { table, events } = this.#options;
    for (const image of images) {
      const id = table.idOf(image);
      const changes = this.#journal.of(image);
      const last = changes.at(-1);
      if (id >= 0 && last) table.relabel(id, labelsOf(last.labels), changes.length);
    }
    events.tell({ type: "faces", version: table.version });
  }

  /** The labels of all faces. */
  async #write(): Promise<void> {
    const { table } = this.#options;
    await using file = await BufferedWriter.open(this.path);
    // Others may have added to it.
    this.#show(await this.#journal.read());
    await file.write(csvRow(["image_name", ...ATTRIBUTES]));
    for (let id = 0; id < table.size; id++) {
      const labels = table.labels(id);
      if (labels === null) continue;
      const cells = ATTRIBUTES.map((_, column) => hasAttribute(labels, column) ? 1 : -1);
      await file.write(csvRow([nameInTable(table.name(id)), ...cells]));
      if (id % SLICE === SLICE - 1) await pause();
    }
    await file.commit();
  }
}

function changeOf(value: Record<string, unknown>, where: string): LabelChange {
  const misfit = LINE(value);
  if (misfit !== null) throw new SyntaxError(`${where}: the change's${misfit}`);
  const { image, labels } = value as unknown as LabelChange;
  return { image, labels };
}
