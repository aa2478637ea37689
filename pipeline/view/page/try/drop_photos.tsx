/// <reference lib="dom" />
/** Where photographs come in: chosen, dropped anywhere on the page, or pasted. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

interface DropProps {
  readonly onFiles: (files: File[]) => void;
}

export function DropPhotos({ onFiles }: DropProps): JSX.Element {
  const [isOver, setOver] = useState(false);
  usePageDrops(onFiles, setOver);
  return (
    <label class={isOver ? "drop over" : "drop"}>
      <input
        type="file"
        name="photos"
        multiple
        accept="image/*,.avif,.tif,.tiff,.bmp"
        onChange={({ currentTarget }) => {
          onFiles([...currentTarget.files!]);
          currentTarget.value = ""; // The same file may be chosen again.
        }}
      />
      <span>
        <b>Choose photographs</b>, drop them here, or paste one
      </span>
    </label>
  );
}

/** Takes files that are dropped or pasted; `onOver` hears whether some are held above the page. */
function usePageDrops(onFiles: DropProps["onFiles"], onOver: (isOver: boolean) => void): void {
  useEffect(() => {
    const listening = new AbortController();
    const { signal } = listening;
    const take = (event: Event, data: DataTransfer | null) => {
      const files = [...data?.files ?? []];
      if (files.length === 0) return;
      event.preventDefault();
      onFiles(files);
    };
    const over = (event: DragEvent) => {
      event.preventDefault();
      onOver(event.type === "dragover");
    };
    addEventListener("dragover", over, { signal });
    addEventListener("dragleave", over, { signal });
    addEventListener("drop", (event) => {
      over(event);
      take(event, event.dataTransfer);
    }, { signal });
    addEventListener("paste", (event) => take(event, event.clipboardData), { signal });
    return () => listening.abort();
  }, [onFiles]);
}
