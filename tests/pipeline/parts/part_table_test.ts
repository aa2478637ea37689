import assert from "node:assert/strict";
import { ATTRIBUTES } from "../../../pipeline/face/attributes.ts";
import {
  parsePartTable,
  PART_TABLE,
  partBits,
  PARTS,
  type PartTable,
} from "../../../pipeline/parts/part_table.ts";

Deno.test("parsePartTable() reads attributes and parts in any order, with comments", () => {
  const text = "\ufeff# mine\r\nsmiling: l_lip, mouth # both\n\nBig_Nose:nose\n";
  assert.deepEqual(parsePartTable(text, "t.txt"), {
    Big_Nose: ["nose"],
    Smiling: ["mouth", "l_lip"],
  });
  const lines = Object.entries(PART_TABLE).map(([name, parts]) => `${name}: ${parts.join(" ")}`);
  assert.deepEqual(parsePartTable(lines.join("\n"), "t.txt"), PART_TABLE);
});

Deno.test("parsePartTable() names file, line and what is wrong", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["\nBig_Nose: nose\nBeard: skin", /^t\.txt:3: "Beard" is no attribute\.$/],
    ["Big_Nose: nose snout", /^t\.txt:1: "snout" is no part; the parts are skin, nose, /],
    ["Big_Nose: nose\nbig_nose: skin", /^t\.txt:2: Big_Nose is there already\.$/],
    ["Big_Nose nose", /^t\.txt:1: an attribute and its parts are expected, as "Big_Lips: /],
    ["Big_Nose: nose: skin", /^t\.txt:1: an attribute and its parts are expected/],
    ["Big_Nose: # none", /^t\.txt:1: Big_Nose has no part; leave its line out\.$/],
    ["# nothing\n", /^t\.txt:1: the table has no attribute\.$/],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => parsePartTable(text, "t.txt"), { name: "SyntaxError", message });
  }
});

Deno.test("partBits() gives each attribute its parts, and refuses what is none", () => {
  const bits = partBits({ Big_Lips: ["u_lip", "l_lip"], Young: ["skin"] });
  assert.equal(bits[ATTRIBUTES.indexOf("Big_Lips")], (1 << 10) | (1 << 11));
  assert.equal(bits[ATTRIBUTES.indexOf("Young")], 1);
  assert.equal(bits.filter((word) => word !== 0).length, 2);
  assert.equal(PARTS.length, 18);
  const wrong: PartTable = { Big_Nose: ["snout"] };
  assert.throws(() => partBits(wrong), { name: "RangeError", message: /"snout" of Big_Nose/ });
});

Deno.test("no region of the table has one side of a face without the other", () => {
  for (const [name, parts] of Object.entries(PART_TABLE)) {
    for (const part of parts.filter((part) => /^[lr]_(?!lip)/.test(part))) {
      const other = (part.startsWith("l") ? "r" : "l") + part.slice(1);
      assert(parts.includes(other), `${name} has ${part} and not ${other}`);
    }
  }
});
