/** What `card.json` must look like to be made a page and exported. */

import {
  count,
  fields,
  list,
  nullable,
  number,
  record,
  type Shape,
  share,
  text,
} from "../../files/json_shape.ts";
import { TRUTH } from "../../metrics/metrics_file.ts";
import { MEANS, MEASURES } from "./card_measures.ts";

const measure = fields({ value: nullable(share), interval: nullable(list(share, 2)) });

function measures(names: readonly string[]): Shape {
  return fields(Object.fromEntries(names.map((name) => [name, measure])));
}

/** A card as `makeCard` makes it. */
export const CARD: Shape = fields({
  preset: text,
  network: fields({
    input: fields({ height: count, width: count }),
    widths: list(count),
    architecture: text,
    maskHead: text,
  }),
  input: fields({
    ...{ height: count, width: count, channels: list(text), range: list(number, 2) },
    ...{ scaling: text, alignment: text },
  }),
  outputs: fields({
    ...{ names: list(text), learnt: list(text) },
    maps: fields({ height: count, width: count, values: text }),
  }),
  thresholds: nullable(record(share)),
  measures: nullable(fields({
    ...{ split: text, images: count, truth: TRUTH },
    ...{ level: nullable(share), means: measures(MEANS) },
    attributes: record(measures(MEASURES)),
  })),
  training: fields({
    ...{ dataset: nullable(text), faces: nullable(count), validationFaces: nullable(count) },
    ...{ imported: nullable(text), seed: nullable(number), epochs: nullable(count) },
    versions: record(text),
  }),
  licence: text,
  intendedUse: list(text),
  limits: list(text),
});
