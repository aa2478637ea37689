/// <reference lib="dom" />
/** One photograph: its name and what is seen in it; opened, each face with all that is said of it. */

import type { JSX } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Attribute } from "../../../face/attributes.ts";
import { drawOn } from "../../../export/web/result/face_picture.tsx";
import { Result } from "../../../export/web/result/result.tsx";
import { spaced } from "../../../report/text.ts";
import type { TriedFace } from "../../wire.ts";
import { pictureOf, saidOf } from "./said.ts";
import type { Photo } from "./trial_queue.ts";

interface TriedPhotoProps {
  readonly photo: Photo;
  /** Whether it is opened at first. */
  readonly isFirst: boolean;
  readonly chosen: Attribute | null;
  readonly onChoose: (name: Attribute | null) => void;
}

export function TriedPhoto({ photo, isFirst, ...choice }: TriedPhotoProps): JSX.Element {
  const { file, tried, fault } = photo;
  const [isOpen, setOpen] = useState(isFirst);
  if (tried === null) {
    return (
      <p class={fault === "" ? "photo" : "photo failed"}>
        <b>{file.name}</b> {fault || "is waiting …"}
      </p>
    );
  }
  const [main] = tried.faces;
  const others = tried.faces.length - 1;
  return (
    <details
      class="photo"
      open={isOpen}
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
    >
      <summary>
        <Thumb face={main!} />
        <span>
          <b>{file.name}</b>
          {others > 0 && ` and ${others} ${others === 1 ? "face" : "faces"} more`}
          <span class="seen">{seenIn(main!)}</span>
        </span>
      </summary>
      {isOpen && tried.faces.map((face, i) => <Answers key={i} face={face} {...choice} />)}
    </details>
  );
}

/** What networks say of one face. */
export function Answers({ face, ...choice }: { face: TriedFace } & Answered): JSX.Element {
  const [picture, said] = useMemo(() => [pictureOf(face), saidOf(face)], [face]);
  return <Result face={picture} said={said} {...choice} />;
}

type Answered = Omit<Parameters<typeof Result>[0], "face" | "said">;

function Thumb({ face }: { face: TriedFace }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => drawOn(canvas.current!, pictureOf(face)), [face]);
  return <canvas ref={canvas} class="thumb" aria-hidden="true" />;
}

/** The attributes that count, by the network that was asked first. */
function seenIn({ said: [first] }: TriedFace): string {
  const seen = first!.attributes.filter(({ isPresent }) => isPresent);
  seen.sort((one, other) => other.probability - one.probability);
  return seen.map(({ name }) => spaced(name)).join(", ") || "nothing above its threshold";
}
