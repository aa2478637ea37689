/// <reference lib="dom" />
/** What the page shows of a face. */

import { render } from "preact";
import { useState } from "preact/hooks";
import type { Attribute } from "../../face/attributes.ts";
import type { SaidFace } from "./page_network.ts";
import { Result } from "./result/result.tsx";

/** The element with an id; the page has it. */
export function element<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** Shows what the network says, and no map yet. */
export function showResult(said: SaidFace): void {
  const place = element("result");
  render(null, place);
  render(<Shown {...said} />, place);
  place.hidden = false;
}

function Shown({ face, attributes }: SaidFace) {
  const [chosen, setChosen] = useState<Attribute | null>(null);
  return <Result {...{ face, chosen }} said={[{ by: "", attributes }]} onChoose={setChosen} />;
}
