/// <reference lib="dom" />
/** What the page shows of a face. */

import type { RgbImage } from "../../image/image.ts";
import { resizeImage } from "../../image/resize.ts";
import { drawWhere } from "../../predict/where_picture.ts";
import type { SaidAttribute, SaidFace } from "./page_network.ts";

/** The face is drawn at so many times its size, for the sake of the lines on it. */
const ENLARGED = 2;

/** The element with an id; the page has it. */
export function element<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** Shows what the network says, and no map yet. */
export function showResult({ face, attributes }: SaidFace): void {
  const { width, height } = face;
  const large = resizeImage(face, ENLARGED * width, ENLARGED * height);
  const list = element("attributes");
  const show = (said: SaidAttribute | null) => {
    drawOn(element("face"), said ? drawWhere(large, said.map) : large);
    element("face").ariaLabel = said ? `The face, with the map of ${wordsOf(said)}` : "The face";
    element("shown").textContent = said
      ? `Bright is where it sees ${wordsOf(said)}; the white line is at one half.`
      : "";
  };
  const plain = choice("The face alone", () => show(null));
  plain.classList.add("plain");
  list.replaceChildren(list.firstElementChild!, plain);
  for (const said of attributes) list.append(attributeChoice(said, () => show(said)));
  plain.querySelector("input")!.checked = true;
  element("result").hidden = false;
  show(null);
}

/** A row of an attribute: name, bar, threshold, per cent. */
function attributeChoice(said: SaidAttribute, onChosen: () => void): HTMLElement {
  const { name, probability, threshold, isPresent } = said;
  const row = choice(wordsOf(said), onChosen);
  row.dataset.attribute = name;
  row.dataset.probability = `${probability}`;
  row.classList.toggle("present", isPresent);
  const [bar, length, mark, text] = ["span", "i", "b", "output"]
    .map((tag) => document.createElement(tag)) as [HTMLElement, HTMLElement, HTMLElement, Element];
  bar.className = "bar";
  bar.ariaHidden = "true";
  length.style.width = `${100 * probability}%`;
  mark.style.left = `${100 * threshold}%`;
  mark.title = `counts above ${(100 * threshold).toFixed(0)} %`;
  bar.append(length, mark);
  text.textContent = `${isPresent ? "✓ " : ""}${(100 * probability).toFixed(1)} %`;
  row.append(bar, text);
  return row;
}

/** A radio button with its label: arrow keys go from one to the next. */
function choice(words: string, onChosen: () => void): HTMLLabelElement {
  const label = document.createElement("label");
  const button = document.createElement("input");
  const name = document.createElement("span");
  [button.type, button.name] = ["radio", "attribute"];
  button.addEventListener("change", onChosen);
  name.textContent = words;
  label.append(button, name);
  return label;
}

function wordsOf({ name }: SaidAttribute): string {
  return name.replaceAll("_", " ");
}

function drawOn(canvas: HTMLCanvasElement, { width, height, data }: RgbImage): void {
  const pixels = new ImageData(width, height);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    pixels.data.set([data[from]!, data[from + 1]!, data[from + 2]!, 255], to);
  }
  [canvas.width, canvas.height] = [width, height];
  canvas.getContext("2d")!.putImageData(pixels, 0, 0);
}
