/** How maps lie on true regions, counted for each face and attribute. */

/** `pointing` where there is nothing to point at: no attribute, no landmarks, or an empty region. */
export const NOWHERE = 255;

/**
 * Cells of N faces' maps, masks and regions. The region of a face's attribute is the union of the
 * attribute's regions; its true mask is the region where the face has the attribute, else empty.
 *
 * Files of older versions lack all but the first two; `priorUnion` and `priorIntersection` are also absent where
 * no prior is known.
 */
export interface MaskOverlap {
  /** u32 [N, A]: cells of the map that are also in the true mask. */
  readonly intersection: Uint32Array;
  /** u32 [N, A]: cells of the map, the true mask, or both. */
  readonly union: Uint32Array;
  /** u32 [N, A]: cells of both the prior and the region; 0 where there is nothing to point at. */
  readonly priorIntersection?: Uint32Array;
  /** u32 [N, A]: cells of the prior, the region, or both; 0 where there is nothing to point at. */
  readonly priorUnion?: Uint32Array;
  /** u8 [N, A]: 1 where the map's maximum is in the region, 0 where not; 255 with nothing to point at. */
  readonly pointing?: Uint8Array;
  /**
   * u32 [N, A]: cells of both the region and the one drawn from landmarks, where the region is another's; 0
   * with nothing to point at, or without landmarks. Absent where regions are drawn from landmarks themselves.
   */
  readonly landmarkIntersection?: Uint32Array;
  /** u32 [N, A]: the same of cells in either. */
  readonly landmarkUnion?: Uint32Array;
}

/** What *where* is measured against: regions drawn from landmarks, or masks of a face's parts. */
export type Truth = "landmarks" | PartTruth;

/** Hand-made masks of parts. */
export interface PartTruth {
  /** Their folder. */
  readonly masks: string;
  /** The parts that make up an attribute's region, by its name; of others, *where* is not measured. */
  readonly parts: Readonly<Record<string, readonly string[]>>;
}

/**
 * What *where* was measured against, as a sentence goes on: `against hand-made masks of parts (20 attributes)`;
 * null for regions drawn from landmarks.
 */
export function truthText(
  { truth = "landmarks" }: { readonly truth?: Truth | undefined },
): string | null {
  if (truth === "landmarks") return null;
  return `against hand-made masks of parts (${Object.keys(truth.parts).length} attributes)`;
}

const OVERLAP_ARRAYS = {
  intersection: Uint32Array,
  union: Uint32Array,
  priorIntersection: Uint32Array,
  priorUnion: Uint32Array,
  pointing: Uint8Array,
  landmarkIntersection: Uint32Array,
  landmarkUnion: Uint32Array,
} as const;

type OverlapName = keyof typeof OVERLAP_ARRAYS;

const NAMES = Object.keys(OVERLAP_ARRAYS) as OverlapName[];

export function overlapNames(overlap: MaskOverlap): OverlapName[] {
  return NAMES.filter((name) => overlap[name] !== undefined);
}

/** An overlap with each of its arrays changed; nothing else of the object is kept. */
export function mapOverlap(
  overlap: MaskOverlap,
  change: <T extends Uint32Array | Uint8Array>(array: T, name: OverlapName) => T,
): MaskOverlap {
  return Object.fromEntries(
    overlapNames(overlap).map((name) => [name, change(overlap[name]!, name)]),
  ) as unknown as MaskOverlap;
}

/** Joins the overlaps of batches; an array that one of them lacks is left out. */
export function joinOverlaps(parts: readonly MaskOverlap[]): MaskOverlap {
  const known = NAMES.filter((name) =>
    isNeeded(name) || (parts.length > 0 && parts.every((part) => part[name] !== undefined))
  );
  return Object.fromEntries(known.map((name) => {
    const length = parts.reduce((sum, part) => sum + part[name]!.length, 0);
    const whole = new OVERLAP_ARRAYS[name](length);
    let at = 0;
    for (const part of parts) {
      whole.set(part[name]!, at);
      at += part[name]!.length;
    }
    return [name, whole];
  })) as unknown as MaskOverlap;
}

/**
 * Whether a value counts in localisation, prior and pointing. Older files do not say which true regions
 * were empty, and a guess would be off by what it is to measure: nothing of them counts.
 */
export function isLocalised({ pointing }: MaskOverlap, at: number): boolean {
  return pointing !== undefined && pointing[at] !== NOWHERE;
}

/**
 * Takes an overlap from a file; only intersection and union must be in it.
 *
 * @param read Gives an array of N x A values, or throws.
 * @throws {SyntaxError} If a value of `pointing` is none.
 */
export function readOverlap(
  has: (name: OverlapName) => boolean,
  read: (name: OverlapName, Type: typeof OVERLAP_ARRAYS[OverlapName]) => Uint32Array | Uint8Array,
): MaskOverlap {
  const names = NAMES.filter((name) => isNeeded(name) || has(name));
  const overlap = Object.fromEntries(
    names.map((name) => [name, read(name, OVERLAP_ARRAYS[name])]),
  ) as unknown as MaskOverlap;
  if (overlap.pointing?.some((value) => value > 1 && value !== NOWHERE)) {
    throw new SyntaxError(`a value of pointing is neither 0, 1 nor ${NOWHERE}`);
  }
  return overlap;
}

function isNeeded(name: OverlapName): boolean {
  return name === "intersection" || name === "union";
}
