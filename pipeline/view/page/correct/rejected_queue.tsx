/// <reference lib="dom" />
/** The way to the faces that have no points. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { About, FacePage } from "../../wire.ts";
import { ask } from "../ask.ts";
import { Link } from "../route.tsx";
import { allDrafts } from "./drafts.ts";
import { GoBack, handledBefore } from "./handled.tsx";

/** Those that nobody has said anything of. */
export const WAITING = "state=waiting";

export function RejectedQueue(
  { about, version }: { about: About; version: number },
): JSX.Element | null {
  const [page, setPage] = useState<FacePage | null>(null);
  useEffect(() => {
    ask<FacePage>(`faces?${WAITING}&count=1`).then(setPage, () => {});
  }, [version]);
  if (!page || "off" in about.correcting) return null;
  return (
    <div class="rejected-queue">
      <Waiting page={page} />
      <Unsaved />
    </div>
  );
}

function Waiting({ page: { total, faces: [first] } }: { page: FacePage }) {
  if (!first && !handledBefore(WAITING, null)) return null;
  if (!first) {
    return (
      <>
        <p role="status">All faces are placed.</p>
        <GoBack query={WAITING} id={null} />
      </>
    );
  }
  const faces = total === 1 ? "1 face has" : `${total.toLocaleString("en")} faces have`;
  return (
    <p>
      {faces} no points:{" "}
      <Link to={{ place: "correct", id: first.id, query: WAITING }}>place them</Link>.
    </p>
  );
}

/** Faces that were changed and left. */
function Unsaved() {
  const drafts = allDrafts();
  if (drafts.length === 0) return null;
  return (
    <p>
      Not saved: {drafts.map(({ face: { id, image } }, at) => (
        <span key={id}>
          {at > 0 && ", "}
          <Link to={{ place: "correct", id, query: "" }}>{image}</Link>
        </span>
      ))}
    </p>
  );
}
