/// <reference lib="dom" />
/** The page: its head, and what stands below it by the address. */

import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { About } from "../wire.ts";
import { ask } from "./ask.ts";
import { Browse } from "./browse/browse.tsx";
import { Correct } from "./correct/correct.tsx";
import { Face } from "./face/face.tsx";
import { focusMain, useKeptFocus } from "./focus.ts";
import { Link, type Route, useRoute } from "./route.tsx";
import { Run } from "./runs/run.tsx";
import { Runs } from "./runs/runs.tsx";
import { Try } from "./try/try.tsx";
import { useConnection } from "./told.ts";

/** What the head leads to, by the first word of the address. */
const PLACES = [["faces", "Faces"], ["runs", "Runs"], ["try", "Try"]] as const;

function App() {
  const [about, setAbout] = useState<About | null>(null);
  const [fault, setFault] = useState("");
  const route = useRoute();
  const isConnected = useConnection();
  useKeptFocus(route);
  useEffect(() => {
    ask<About>("about").then(setAbout, (error: Error) => setFault(error.message));
  }, []);
  return (
    <>
      <a class="skip" href="#main" onClick={skipToMain}>Skip to the content</a>
      <Head about={about} route={route} />
      {!isConnected && (
        <p class="note warning" role="alert">
          The command has ended, or the connection to it. What was saved is kept; start it again,
          and open the address that it prints.
        </p>
      )}
      <main id="main" tabIndex={-1}>
        {fault !== "" && <p class="note warning">{fault}</p>}
        {about && <Place about={about} route={route} />}
      </main>
    </>
  );
}

function skipToMain(event: Event): void {
  // The part of the address behind # says where one is, and stays.
  event.preventDefault();
  focusMain();
}

function Head({ about, route }: { about: About | null; route: Route }) {
  return (
    <header class="bar">
      <Link to={{ place: "faces", query: "" }} class="brand">AttParseNet</Link>
      <nav aria-label="Places">
        {PLACES.map(([place, title]) => (
          <Link
            key={place}
            to={{ place, query: "" }}
            current={placeInHead(route) === place}
          >
            {title}
          </Link>
        ))}
      </nav>
      {about && <span class="from" title={about.dataset}>{about.dataset}</span>}
    </header>
  );
}

/** The head's place to which another one belongs. */
function placeInHead(route: Route): Route["place"] {
  return "id" in route ? "faces" : route.place === "run" ? "runs" : route.place;
}

function Place({ about, route }: { about: About; route: Route }) {
  if (route.place === "face") {
    return <Face key={route.id} about={about} id={route.id} query={route.query} />;
  }
  if (route.place === "correct") {
    return <Correct key={route.id} about={about} id={route.id} query={route.query} />;
  }
  if (route.place === "try") return <Try query={route.query} />;
  if (route.place === "runs") return <Runs />;
  if (route.place === "run") return <Run key={route.name} about={about} name={route.name} />;
  return <Browse about={about} query={route.query} />;
}

// The token has done its work: the cookie has it now, and the address need not.
history.replaceState(null, "", location.pathname + location.hash);
render(<App />, document.body);
