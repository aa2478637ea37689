/// <reference lib="dom" />
/** A button that copies a text. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";

/** Milliseconds for which it says that it has. */
const SAID_FOR = 1500;

export function CopyButton({ text }: { text: string }): JSX.Element {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), SAID_FOR);
  };
  return <button type="button" class="small" onClick={copy}>{isCopied ? "Copied" : "Copy"}</button>;
}
