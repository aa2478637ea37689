/** Checks of the HTML pages that the program writes. */

import assert from "node:assert/strict";

const VOID = new Set(["meta", "br", "link", "img", "input", "hr"]);

/** The first tag that is not closed where it should be, or null if all are. */
export function findUnbalanced(page: string): string | null {
  const open: string[] = [];
  const text = page.replace(/<style>[^]*?<\/style>/g, "").replace(/<!DOCTYPE[^>]*>/, "");
  for (const [tag, close, name = "", empty] of text.matchAll(/<(\/?)([\w]+)(?:[^>]*?)(\/?)>/g)) {
    if (empty || VOID.has(name)) continue;
    if (!close) open.push(name);
    else if (open.pop() !== name) return tag;
  }
  return open.at(-1) ?? null;
}

/** Fails unless a page is whole, needs nothing beside it, and shows no number that is none. */
export function assertSelfContained(page: string): void {
  assert.ok(page.startsWith("<!DOCTYPE html>"));
  assert.equal(findUnbalanced(page), null);
  // A table that is wider than a phone is moved by itself.
  for (const [before] of page.matchAll(/[^>]*>\s*<table class="(?!probabilities)/g)) {
    assert.match(before, /class="wide"/);
  }
  const addresses = page.match(/\w+:\/\/[^"]*/g) ?? [];
  assert.ok(addresses.every((address) => address === "http://www.w3.org/2000/svg"));
  const text = page.replace(/base64,[^"]*/g, "");
  const slip = /.{0,40}(<script|<link|@import|NaN|>undefined|"undefined|\[object).{0,40}/.exec(
    text,
  );
  assert.equal(slip?.[0], undefined);
  for (const [, target] of page.matchAll(/(?:href|src)="([^"]{0,40})/g)) {
    assert.match(target ?? "", /^(#|data:image\/(png|jpeg);base64,)/);
  }
}
