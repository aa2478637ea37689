/// <reference lib="dom" />
/** What has become of corrections. */

import type { JSX } from "preact";
import { useCallback, useState } from "preact/hooks";
import type { Told } from "../../wire.ts";
import { useTold } from "../told.ts";

/** What was said last: it stands beside the next face, too. */
let said = "";

export function SavingNote(): JSX.Element {
  const [text, setText] = useState(said);
  useTold(useCallback((event: Told) => {
    if (event.type === "saving") setText(said = event.text);
  }, []));
  return <p class="hint" role="status">{text}</p>;
}
