import assert from "node:assert/strict";
import { join } from "node:path";
import { request as sendRaw } from "node:http";
import { openView } from "../../../pipeline/view.ts";
import { ServedView } from "../../contexts/view_context.ts";
import { inFolder } from "../../fixtures/face_records.ts";
import { imagesIn } from "../../../pipeline/dataset.ts";
import { encodePng } from "../../../pipeline/image/image.ts";

/** Status of a request with just these headers, which `fetch` would not send as they are. */
function rawStatus(
  origin: string,
  path: string,
  headers: Record<string, string>,
  method = "GET",
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const { hostname, port } = new URL(origin);
  // The path goes out as it is written, `..` too.
  const request = sendRaw({ hostname, port, path, headers, method }, (response) => {
    response.resume().on("end", () => resolve(response.statusCode!));
  });
  request.on("error", reject).end();
  return promise;
}

Deno.test("the page is opened by its printed address, and by nothing else", async () => {
  await using view = await ServedView.open();
  const { origin, headers } = view;
  const opened = await fetch(view.address);
  const text = await opened.text();
  assert.equal(opened.status, 200);
  assert.match(text, /^<!DOCTYPE html>/);
  assert.match(opened.headers.get("set-cookie")!, /HttpOnly; SameSite=Strict$/);
  const policy = opened.headers.get("content-security-policy")!;
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe/);
  assert.doesNotMatch(text, /<script(?![^>]* src=)|<style| style=| on[a-z]+=/, "nothing inline");

  const { cookie } = headers as { cookie: string };
  const cases: [status: number, path: string, headers: Record<string, string>, method?: string][] =
    [
      [200, "/api/about", { cookie }],
      [200, "/api/about", { cookie, "sec-fetch-site": "same-origin" }],
      [401, "/api/about", {}],
      [401, "/", {}],
      [401, "/?token=0", {}],
      [401, "/api/about?token=" + new URL(view.address).searchParams.get("token"), {}],
      [401, "/api/about", { cookie: cookie.slice(0, -1) }],
      [401, "/api/about", { cookie: cookie.replace(/\d+=/, "1=") }],
      [403, "/api/about", { cookie, "sec-fetch-site": "cross-site" }],
      [403, "/api/about", { cookie, "sec-fetch-site": "same-site" }],
      [403, "/api/about", { cookie, origin: "http://127.0.0.1:1" }],
      [403, "/api/about", { cookie, origin: "null" }],
      [403, "/api/faces/0", { cookie }, "PUT"],
      [403, "/api/faces/0", { cookie, origin: "https://example.org" }, "DELETE"],
      [421, "/api/about", { cookie, host: "example.org" }],
      [421, "/api/about", { cookie, host: new URL(origin).host + ".example.org" }],
      [404, "/nothing", { cookie }],
    ];
  for (const [status, path, headers, method] of cases) {
    const host = { host: new URL(origin).host };
    const found = await rawStatus(origin, path, { ...host, ...headers }, method);
    assert.equal(found, status, `${method ?? "GET"} ${path} ${JSON.stringify(headers)}`);
  }
});

Deno.test("no request leads to a file beyond the faces, and names are never markup", async () => {
  await inFolder(async (folder) => {
    const images = join(folder, "images");
    const name = "<img src=x onerror=alert(1)>.png";
    await Deno.mkdir(images);
    const gray = await encodePng({ width: 2, height: 2, data: new Uint8Array(4) });
    await Deno.writeFile(join(images, name), gray);
    await Deno.writeTextFile(join(folder, "secret.txt"), "words");
    await Deno.symlink(join(folder, "secret.txt"), join(images, "zz.png"));
    await using view = await ServedView.open({ records: imagesIn(images), landmarks: null });
    const host = { host: new URL(view.origin).host, cookie: view.headers.cookie! };
    const secret = "secret.txt";
    for (
      const path of [
        `/../${secret}`,
        `/..%2f${secret}`,
        `/api/faces/..%2f..%2f${secret}/picture`,
        `/api/faces/${encodeURIComponent(join(folder, secret))}/picture`,
        "/api/faces/-1/picture",
        "/api/faces/2/picture",
        "/api/faces/1e0/picture",
        "/api/faces/0/..%2f..%2fpicture",
        "/.git/config",
        "/deno.json",
      ]
    ) {
      const status = await rawStatus(view.origin, path, host);
      assert([400, 404].includes(status), `${path} has ${status}`);
    }
    const linked = await view.fetch("/api/faces/1/picture");
    assert.equal(linked.status, 404, "a link that leads out is refused");
    assert.doesNotMatch(await linked.text(), /words/);
    const page = await view.ask<{ faces: { image: string }[] }>("/api/faces?from=0&count=2");
    assert.equal(page.faces[0]!.image, name, "as text in JSON");
    const listing = await view.fetch("/api/faces");
    assert.match(listing.headers.get("content-type")!, /^application\/json/);
    assert.equal(listing.headers.get("x-content-type-options"), "nosniff");
    await listing.body?.cancel();
  });
});

Deno.test("a second page takes another port; one that is asked for and taken is an error", async () => {
  await using first = await ServedView.open();
  await using second = await ServedView.open();
  assert.notEqual(first.origin, second.origin);
  assert.equal((await first.fetch("/api/about")).status, 200);
  const { headers } = second;
  const other = await fetch(first.origin + "/api/about", { headers: { cookie: headers.cookie! } });
  assert.equal(other.status, 401, "and the cookie of one is not the other's");
  await other.body?.cancel();
  const opened = await fetch(first.origin, { headers: { "sec-fetch-dest": "document" } });
  assert.match(await opened.text(), /^Open the address/, "a person is not answered in JSON");
  const port = Number(new URL(first.origin).port);
  const signal = new AbortController().signal;
  const records = imagesIn(join(import.meta.dirname!, "..", "..", "..", "data", "readme"));
  await assert.rejects(
    openView({
      ...{ records, dataset: "x", landmarks: null, runs: [], port, signal },
      correcting: { off: "" },
    }),
    { name: "AddrInUse", message: `The port ${port} is taken: without --port a free one is found` },
  );
});
