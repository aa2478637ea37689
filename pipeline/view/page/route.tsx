/// <reference lib="dom" />
/** Where in the page one is: the part of the address behind `#`, so that Back works and a place can be kept. */

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

/** A place in the page. */
export type Route =
  /** The grid of the faces that the query chooses. */
  | { readonly place: "faces"; readonly query: string }
  /** One face, among those of the query. */
  | { readonly place: "face"; readonly id: number; readonly query: string }
  /** A face whose points are corrected, and then the next of the query. */
  | { readonly place: "correct"; readonly id: number; readonly query: string }
  /** Networks tried on photographs. */
  | { readonly place: "try"; readonly query: string }
  /** All runs. */
  | { readonly place: "runs"; readonly query: string }
  /** One run. */
  | { readonly place: "run"; readonly name: string; readonly query: string };

const FACES: Route = { place: "faces", query: "" };

/** The address of a place: `#/face/12?with=Smiling`. */
export function addressOf(route: Route): string {
  const face = "id" in route ? `face/${route.id}` : "";
  const run = "name" in route ? `run/${encodeURIComponent(route.name)}` : "";
  const path = route.place === "correct" ? `${face}/edit` : face || run || route.place;
  return `#/${path}${route.query && "?" + route.query}`;
}

function routeOf(address: string): Route {
  const [, path = "", query = ""] = /^#\/([^?]*)\??(.*)$/.exec(address) ?? [];
  const [place, id = "", what] = path.split("/");
  if (place === "face" && /^\d+$/.test(id)) {
    return { place: what === "edit" ? "correct" : "face", id: Number(id), query };
  }
  if (place === "run" && id !== "") return { place, name: decoded(id), query };
  return place === "faces" || place === "try" || place === "runs" ? { place, query } : FACES;
}

/** A name in an address; what is not well encoded stands for itself. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** Goes to a place; `replace` leaves no step to go back to. */
export function go(route: Route, { replace = false } = {}): void {
  if (replace) location.replace(addressOf(route));
  else location.hash = addressOf(route);
}

/** Where one is. */
export function useRoute(): Route {
  const [route, setRoute] = useState(() => routeOf(location.hash));
  useEffect(() => {
    const follow = () => setRoute(routeOf(location.hash));
    addEventListener("hashchange", follow);
    follow(); // It may have changed since the first drawing.
    return () => removeEventListener("hashchange", follow);
  }, []);
  return route;
}

interface LinkProps extends Omit<JSX.HTMLAttributes<HTMLAnchorElement>, "to"> {
  readonly to: Route;
  /** Whether one is there. */
  readonly current?: boolean;
  readonly children?: ComponentChildren;
}

export function Link({ to, current = false, children, ...rest }: LinkProps): JSX.Element {
  return (
    <a {...rest} href={addressOf(to)} aria-current={current ? "page" : undefined}>{children}</a>
  );
}
