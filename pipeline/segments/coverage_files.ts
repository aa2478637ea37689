/**
 * What the tables of exported segments are called. A folder may hold masks of several sizes: the first one's
 * tables are `coverage.csv` and `empty_masks.csv`, those of another have its size in their names.
 */

import { join } from "node:path";
import type { Extent } from "../../kernels/rasterize.ts";
import { exists, writeJson } from "../files/write_file.ts";
import { count, fields } from "../files/json_shape.ts";
import { readJsonText } from "../files/json_text.ts";
import { parseMarked, schemaOf } from "../files/schema.ts";

interface CoverageFiles {
  readonly coverage: string;
  readonly emptyMasks: string;
}

const MARK = fields({ mask: fields({ height: count, width: count }) });

/** The tables of masks of this size. */
export async function coverageFiles(out: string, mask: Extent): Promise<CoverageFiles> {
  const first = await readMaskSize(out);
  const isFirst = first === null || first.height === mask.height && first.width === mask.width;
  const size = isFirst ? "" : `_${mask.height}x${mask.width}`;
  return {
    coverage: join(out, `coverage${size}.csv`),
    emptyMasks: join(out, `empty_masks${size}.csv`),
  };
}

/**
 * The size of the masks that `coverage.csv` is about; null where nothing says.
 *
 * @throws {SyntaxError} If `segments.json` is damaged.
 */
export async function readMaskSize(out: string): Promise<Extent | null> {
  const path = pathIn(out);
  if (!await exists(path)) return null;
  const value = parseMarked("segments", await readJsonText(path), path);
  const misfit = MARK(value);
  if (misfit === null) return (value as unknown as { readonly mask: Extent }).mask;
  throw new SyntaxError(`${path}:1: the size of masks is expected: ${misfit.slice(1)}`);
}

/** Notes the size of the first masks of a folder. */
export async function writeMaskSize(out: string, { height, width }: Extent): Promise<void> {
  if (await exists(pathIn(out))) return;
  await writeJson(pathIn(out), { schema: schemaOf("segments"), mask: { height, width } });
}

function pathIn(out: string): string {
  return join(out, "segments.json");
}
