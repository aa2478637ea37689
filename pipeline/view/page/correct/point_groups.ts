/** The 68 points by the part of the face that they outline. Source: iBUG 300-W annotation. */

interface PointGroup {
  readonly name: string;
  /** The first point, and the one after the last. */
  readonly from: number;
  readonly to: number;
  /** Whether its outline comes back to its start. */
  readonly isClosed: boolean;
}

export const POINT_GROUPS: readonly PointGroup[] = [
  { name: "jaw", from: 0, to: 17, isClosed: false },
  { name: "left brow", from: 17, to: 22, isClosed: false },
  { name: "right brow", from: 22, to: 27, isClosed: false },
  { name: "bridge of the nose", from: 27, to: 31, isClosed: false },
  { name: "nostrils", from: 31, to: 36, isClosed: false },
  { name: "left eye", from: 36, to: 42, isClosed: true },
  { name: "right eye", from: 42, to: 48, isClosed: true },
  { name: "outer lips", from: 48, to: 60, isClosed: true },
  { name: "inner lips", from: 60, to: 68, isClosed: true },
];

/** `left eye, point 37 of 68` */
export function pointName(point: number): string {
  const group = POINT_GROUPS.find(({ from, to }) => point >= from && point < to)!;
  return `${group.name}, point ${point + 1} of 68`;
}
