/**
 * Faces and their names elsewhere: label files often say `000001.jpg` where the file, or another table, has
 * `000001.png` or `000001.JPG`. What differs from a face's name in case or ending only is that face's, unless
 * something has the very name.
 */

import type { NameTable } from "../files/tables/name_table.ts";
import { bareName } from "../image/image_name.ts";

/** Whose each name is. */
export interface SharedNames {
  /** By face: its name elsewhere, where it is not the face's own. */
  readonly files: ReadonlyMap<number, string>;
  /** Names that are no face's. */
  readonly others: readonly string[];
}

/**
 * Gives the names that were found to the faces without one of the exact name.
 *
 * @param exact By face: not 0 where its very name was found.
 * @param fail Makes the error where several may be meant, of the faces' names and of those found.
 */
export function shareAlike(
  found: readonly string[],
  exact: Uint8Array,
  names: NameTable,
  fail: (named: string, held: string) => Error,
): SharedNames {
  const [faces, twice] = [new Map<string, number>(), new Map<string, number>()];
  for (let face = 0; face < exact.length; face++) {
    if (exact[face] !== 0) continue;
    const bare = bareName(names.name(face));
    (faces.has(bare) ? twice : faces).set(bare, face);
  }
  if (faces.size === 0) return { files: new Map(), others: found };
  const [files, others] = [new Map<number, string>(), new Array<string>()];
  for (const name of found) {
    const bare = bareName(name);
    const face = faces.get(bare);
    if (face === undefined) {
      others.push(name);
      continue;
    }
    const [first, other] = [files.get(face), twice.get(bare)];
    if (first !== undefined || other !== undefined) {
      const named = other === undefined ? "" : ` and ${names.name(other)}`;
      throw fail(
        names.name(face) + named,
        first === undefined ? name : `both ${first} and ${name}`,
      );
    }
    files.set(face, name);
  }
  return { files, others };
}
