/// <reference lib="dom" />
/** Colours of the style, for canvases. */

import { useEffect, useState } from "preact/hooks";

/** A canvas knows no variables of the style: the colour that one stands for now. */
export function inked(box: HTMLElement, variable: string): string {
  box.style.color = `var(${variable})`;
  return getComputedStyle(box).color;
}

/** Whether the page is dark now. */
export function useDark(): boolean {
  const [query] = useState(() => matchMedia("(prefers-color-scheme: dark)"));
  const [isDark, setDark] = useState(query.matches);
  useEffect(() => {
    const follow = () => setDark(query.matches);
    query.addEventListener("change", follow);
    return () => query.removeEventListener("change", follow);
  }, []);
  return isDark;
}
