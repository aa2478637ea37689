/// <reference lib="dom" />
/** The way to the faces that have no points. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { About, FacePage } from "../../wire.ts";
import { ask } from "../ask.ts";
import { Link } from "../route.tsx";

/** Those that nobody has said anything of. */
const QUERY = "state=waiting";

export function RejectedQueue(
  { about, version }: { about: About; version: number },
): JSX.Element | null {
  const [page, setPage] = useState<FacePage | null>(null);
  useEffect(() => {
    ask<FacePage>(`faces?${QUERY}&count=1`).then(setPage, () => {});
  }, [version]);
  const [first] = page?.faces ?? [];
  if (!page || !first || "off" in about.correcting) return null;
  const faces = page.total === 1 ? "1 face has" : `${page.total.toLocaleString("en")} faces have`;
  return (
    <p class="rejected-queue">
      {faces} no points:{" "}
      <Link to={{ place: "correct", id: first.id, query: QUERY }}>place them</Link>.
    </p>
  );
}
