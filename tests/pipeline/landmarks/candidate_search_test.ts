import assert from "node:assert/strict";
import {
  CandidateSearch,
  type Look,
} from "../../../pipeline/landmarks/detection/candidate_search.ts";
import type { Scored } from "../../../pipeline/landmarks/detection/candidates.ts";
import { Random } from "../../../pipeline/numbers/random.ts";

const IMAGE = { width: 400, height: 300, data: new Uint8Array(3 * 400 * 300) };

function faceAt(x: number, y: number, side: number, score: number, sure: boolean): Scored {
  const box = { x, y, width: side, height: side };
  const extent = [x + side / 2, y + side / 2, side] as const;
  return { box, extent, score, sure, certain: false, known: false };
}

/** A search whose looks see these faces, and how often each look was taken. */
function searchOf(seen: readonly (readonly Scored[])[], isSmall = false) {
  const taken = seen.map(() => 0);
  const looks = seen.map((faces, i): Look => ({
    isThorough: i > 0,
    find() {
      taken[i]!++;
      return [...faces];
    },
  }));
  return {
    search: new CandidateSearch({ image: IMAGE, name: "auto", hint: null, looks, isSmall }),
    taken,
  };
}

Deno.test("CandidateSearch has every face alone that it has among all, seed 5", () => {
  const random = new Random(5);
  for (let round = 0; round < 300; round++) {
    const seen = Array.from({ length: 3 }, () =>
      Array.from({ length: random.integer(4) }, () => {
        const [x, y] = [random.integer(300), random.integer(200)];
        return faceAt(x, y, 30 + random.integer(60), random.next(), random.integer(2) === 0);
      }));
    const { search, taken } = searchOf(seen, random.integer(2) === 0);
    const alone = [...search.candidates()];
    for (const face of search.all()) assert(alone.includes(face), `round ${round} of seed 5`);
    assert.equal(new Set(alone).size, alone.length, `round ${round} of seed 5: one comes twice`);
    assert.deepEqual(taken, [1, 1, 1], "each look is taken once");
  }
});

Deno.test("CandidateSearch takes a look only when nothing before it has led to a face", () => {
  const [large, small, other] = [
    faceAt(100, 50, 150, 0.9, true),
    faceAt(300, 10, 40, 0.9, true),
    faceAt(10, 200, 60, 0.8, true),
  ];
  const { search, taken } = searchOf([[small, large], [other]]);
  const candidates = search.candidates();
  assert.equal(candidates.next().value, large);
  assert.deepEqual(taken, [1, 0]);
  assert.equal(candidates.next().value, other);
  // What no look took for the best comes in the end.
  assert.deepEqual([...candidates], [small]);
});
