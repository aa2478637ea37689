/** What all pages have around their content: one HTML document that needs nothing beside it. */

import { Html, html, type HtmlValue } from "./html.ts";
import style from "./style.css" with { type: "text" };

interface Page {
  /** What kind of page it is: `report`, `comparison`. */
  readonly kind: string;
  readonly title: string;
  /** Where its numbers come from. */
  readonly provenance: Html;
  readonly main: HtmlValue;
}

export function renderDocument({ kind, title, provenance, main }: Page): string {
  const page = html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>${title} – AttParseNet ${kind}</title>
        <style>${new Html(style)}</style>
      </head>
      <body>
        <header>
          <p class="kicker">AttParseNet ${kind}</p>
          <h1>${title}</h1>
          ${provenance}
        </header>
        <main>${main}</main>
      </body>
    </html>
  `;
  return page.text.trimStart();
}
