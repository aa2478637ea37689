/// <reference lib="dom" />
/** What those notice who do not see the page change: its title, and where the keyboard is. */

import { useEffect, useRef } from "preact/hooks";
import type { Route } from "./route.tsx";

/** Names the page by its place, for as long as that is shown. */
export function useTitle(title: string): void {
  useEffect(() => void (document.title = `${title} – AttParseNet`), [title]);
}

/** Moves the keyboard's focus to what the place shows. */
export function focusMain(): void {
  document.getElementById("main")!.focus({ preventScroll: true });
}

/** Keeps the focus in the page where it was on something that has gone with the place before. */
export function useKeptFocus(route: Route): void {
  const isFirst = useRef(true);
  useEffect(() => {
    if (!isFirst.current && document.activeElement === document.body) focusMain();
    isFirst.current = false;
  }, [route.place, "id" in route && route.id]);
}
