/// <reference lib="dom" />
/** The page of an exported network: what its buttons do. */

import type { RgbImage } from "../../image/image.ts";
import { closeCamera, openCamera, takePicture } from "./page_camera.ts";
import { PageNetwork } from "./page_network.ts";
import { readPicture } from "./page_pictures.ts";
import { element, showResult } from "./page_result.tsx";

type State = "opening" | "ready" | "busy" | "done" | "failed";

const FOLDER = new URL(".", document.baseURI);
const [file, camera] = [element<HTMLInputElement>("file"), element<HTMLButtonElement>("camera")];
/** Null as long as none is open, which stays so where no backend works. */
let network: PageNetwork | null = null;

/** Says how things stand, and lets nobody interfere with what is under way. */
function tell(state: State, text: string): void {
  document.body.dataset.state = state;
  element("status").textContent = text;
  for (const input of [file, camera]) input.disabled = network === null || state === "busy";
}

/** Does something for the user; what goes wrong is said in words. */
async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    tell("failed", error instanceof Error ? error.message : `${error}`);
  }
}

async function look(read: () => Promise<RgbImage>): Promise<void> {
  tell("busy", "Looking for the face …");
  element("result").hidden = true;
  // Time to show that, before the work that lets nothing else happen.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const said = await network!.look(await read());
  if (said === null) throw new Error("No face was found in this picture.");
  showResult(said);
  const { find, look } = said.times;
  const took = `${look.toFixed(0)} ms by ${network!.backend}`;
  tell("done", `Found the face in ${find.toFixed(0)} ms; its attributes took ${took}.`);
}

function readFile(chosen: File | undefined): Promise<void> {
  if (!chosen || file.disabled) return Promise.resolve();
  return attempt(() => look(() => readPicture(chosen)));
}

function listen(): void {
  const drop = element("drop");
  file.addEventListener("change", async () => {
    await readFile(file.files?.[0]);
    file.value = ""; // The same file may be chosen again.
  });
  const over = (event: DragEvent, isOver: boolean) => {
    event.preventDefault();
    drop.classList.toggle("over", isOver);
  };
  document.addEventListener("dragover", (event) => over(event, true));
  document.addEventListener("dragleave", (event) => over(event, false));
  document.addEventListener("drop", (event) => {
    over(event, false);
    readFile(event.dataTransfer?.files[0]);
  });
  camera.addEventListener("click", () => attempt(openCamera));
  element("close").addEventListener("click", closeCamera);
  element("shoot").addEventListener("click", () =>
    attempt(async () => {
      const image = takePicture();
      closeCamera();
      await look(() => Promise.resolve(image));
    }));
}

/** What the card says: where the network is from, and what it is not for. */
function showCard({ card }: PageNetwork): void {
  const { preset, training: { dataset } } = card;
  const from = dataset === null ? "" : `, trained on ${dataset}`;
  element("network").textContent = `Network: ${preset}${from}`;
  const list = element("limits");
  for (const limit of card.limits) {
    const item = document.createElement("li");
    item.textContent = limit;
    list.querySelector("ul")!.append(item);
  }
  list.hidden = false;
}

await attempt(async () => {
  listen();
  const wanted = new URLSearchParams(location.search).get("backend");
  network = await PageNetwork.open(FOLDER, wanted);
  showCard(network);
  tell("ready", `Ready, on ${network.backend}.`);
});
