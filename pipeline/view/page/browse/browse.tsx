/// <reference lib="dom" />
/** All faces: filters above a grid. */

import type { JSX } from "preact";
import type { About } from "../../wire.ts";
import { RejectedQueue } from "../correct/rejected_queue.tsx";
import { useTitle } from "../focus.ts";
import { go } from "../route.tsx";
import { useFacesVersion } from "../told.ts";
import { Filters } from "./filters.tsx";
import { Grid } from "./grid.tsx";
import { useFaces } from "./face_pages.ts";

export function Browse({ about, query }: { about: About; query: string }): JSX.Element {
  const version = useFacesVersion();
  const faces = useFaces(query, version);
  const { total, fault } = faces;
  useTitle("Faces");
  return (
    <>
      <h1 class="unseen">Faces</h1>
      <Filters about={about} query={query} onChange={(query) => go({ place: "faces", query })} />
      <p class="count" role="status">
        {fault || (total === null
          ? "…"
          : `${total.toLocaleString("en")} of ${about.faces.toLocaleString("en")} faces`)}
      </p>
      <RejectedQueue {...{ about, version }} />
      {total === 0 && <p class="note">No face passes these filters.</p>}
      <Grid faces={faces} query={query} />
    </>
  );
}
