/** HTML as values: text is escaped unless it has been made here. */

import { escape } from "@std/html";
import { inert } from "../files/quoted.ts";

/** A piece of HTML that is safe to put into a page as it is. */
export class Html {
  /** @param text well-formed HTML or SVG in which everything foreign has been escaped */
  constructor(readonly text: string) {}
}

/** What a template takes: HTML goes in as it is, text and numbers escaped, nothing leaves nothing. */
export type HtmlValue = Html | string | number | null | undefined | false | readonly HtmlValue[];

/** A template tag: html`<td>${name}</td>`. Values may stand in text and inside quoted attributes. */
export function html(literals: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  const parts = literals.flatMap((literal, i) => [literal, render(values[i])]);
  return new Html(parts.join(""));
}

/** Text loses the characters that nobody sees. */
function render(value: HtmlValue): string {
  if (value === null || value === undefined || value === false) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map(render).join("");
  return escape(inert(String(value)));
}

/** A mark as a plot has it, and what it stands for; its shape and its colour are those of `style.css`. */
export function key(shape: string, colour: string, text: string): Html {
  return html`<span class="key ${shape}" style="--key:var(--${colour})">${text}</span>`;
}

/** Heads of a table's columns. */
export function columns(...titles: readonly string[]): Html[] {
  return titles.map((title) => html`<th scope="col">${title}</th>`);
}

/** Cells of a table's row. */
export function cells(...values: readonly HtmlValue[]): Html[] {
  return values.map((value) => html`<td>${value}</td>`);
}
