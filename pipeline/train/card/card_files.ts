/** The card of a run's network, `RUN/model/card.json`, and its page. */

import { join } from "node:path";
import { readJsonText } from "../../files/json_text.ts";
import { parseMarked, schemaOf } from "../../files/schema.ts";
import { exists, writeFile, writeJson } from "../../files/write_file.ts";
import type { Metrics } from "../../metrics/metrics.ts";
import { readRunConfig } from "../files/run_folder.ts";
import { cardPage } from "./card_page.ts";
import { CARD } from "./card_shape.ts";
import { makeCard, type ModelCard } from "./model_card.ts";

/** Writes the card of a run and its page, with what was measured if something was. */
export async function writeCard(run: string, metrics: Metrics | null): Promise<void> {
  try {
    await writeCardOf(join(run, "model"), makeCard(await readRunConfig(run), metrics));
  } catch (error) {
    // Who trains or evaluates the same run at this moment writes it too: no reason to end a training.
    if (!(error instanceof Deno.errors.Busy)) throw error;
  }
}

/** Writes a card and its page into a folder; returns their paths. */
export async function writeCardOf(folder: string, card: ModelCard): Promise<string[]> {
  const [data, page] = [join(folder, "card.json"), join(folder, "README.md")];
  await writeJson(data, { schema: schemaOf("card"), ...card });
  await writeFile(page, cardPage(card));
  return [data, page];
}

/**
 * The card of a run; runs of older versions get one that knows no measures.
 *
 * @throws {SyntaxError} If it is damaged, or of another version.
 */
export async function readCard(run: string): Promise<ModelCard> {
  const path = join(run, "model", "card.json");
  if (!await exists(path)) return makeCard(await readRunConfig(run), null);
  const card = parseMarked("card", await readJsonText(path), path);
  const misfit = CARD(card);
  if (misfit === null) return card as unknown as ModelCard;
  throw new SyntaxError(`${path}: the card${misfit}; evaluate writes it anew`);
}
