/**
 * Which attributes a synthetic face has.
 *
 * Sex, age and looks are drawn first, the rest given those, so that attributes go together as they do
 * in photographs; what excludes each other on a face excludes each other here. The shares are higher
 * than CelebA's for rare attributes (each lies between 8 and 60 %), so that a few hundred faces teach
 * all of them.
 */

import type { Attribute } from "../face/attributes.ts";
import type { Random } from "../numbers/random.ts";

/** Shares for women and men, of those to whom the attribute can apply at all. */
type Shares = readonly [women: number, men: number];

/** The attributes of one face while they are drawn. */
class Traits {
  readonly present = new Set<Attribute>();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  has(...names: Attribute[]): boolean {
    return names.some((name) => this.present.has(name));
  }

  chance(probability: number): boolean {
    return this.#random.next() < probability;
  }

  /** Adds an attribute with the share of the face's sex. */
  draw(name: Attribute, [women, men]: Shares): void {
    if (this.chance(this.has("Male") ? men : women)) this.present.add(name);
  }

  /** Adds one of the attributes, or none: `shares` may add up to less than one. */
  drawOne(shares: readonly (readonly [name: Attribute, share: number])[]): void {
    let rest = this.#random.next();
    for (const [name, share] of shares) {
      rest -= share;
      if (rest < 0) {
        this.present.add(name);
        return;
      }
    }
  }
}

function drawPerson(traits: Traits): void {
  traits.draw("Male", [0.5, 0.5]);
  traits.draw("Young", [0.6, 0.5]);
  const fair = traits.has("Young") ? 0.6 : 0.22;
  traits.draw("Attractive", [fair + 0.1, fair]);
  traits.draw("Pale_Skin", [0.28, 0.2]);
  traits.draw("Blurry", [0.2, 0.2]);
}

function drawShape(traits: Traits): void {
  traits.draw("Chubby", traits.has("Attractive") ? [0.16, 0.2] : [0.3, 0.4]);
  const double = traits.has("Chubby") ? 0.5 : 0.1;
  traits.draw("Double_Chin", [double, double]);
  if (!traits.has("Chubby")) traits.draw("Oval_Face", [0.48, 0.4]);
  traits.draw("Big_Nose", [0.18, 0.36]);
  if (!traits.has("Big_Nose")) traits.draw("Pointy_Nose", [0.45, 0.3]);
  traits.draw("Big_Lips", [0.4, 0.2]);
  traits.draw("Narrow_Eyes", [0.22, 0.28]);
  const bags = traits.has("Young") ? 0.2 : 0.45;
  traits.draw("Bags_Under_Eyes", [bags, bags]);
}

function drawExpression(traits: Traits): void {
  traits.draw("Smiling", [0.52, 0.42]);
  const smiling = traits.has("Smiling");
  const open = smiling ? 0.6 : 0.3;
  traits.draw("Mouth_Slightly_Open", [open, open]);
  const high = smiling ? 0.5 : 0.22;
  traits.draw("High_Cheekbones", [high, high]);
}

function drawHead(traits: Traits): void {
  traits.draw("Wearing_Hat", [0.14, 0.18]);
  if (traits.has("Wearing_Hat")) return;
  traits.draw("Bald", traits.has("Young") ? [0, 0.26] : [0, 0.42]);
  if (traits.has("Bald")) return;
  drawHairColor(traits);
  traits.drawOne([["Straight_Hair", 0.38], ["Wavy_Hair", 0.4]]);
  traits.draw("Bangs", [0.36, 0.2]);
  if (!traits.has("Bangs")) traits.draw("Receding_Hairline", [0.12, 0.55]);
}

function drawHairColor(traits: Traits): void {
  const gray = traits.has("Young") ? 0.05 : 0.46;
  const rest = 1 - gray;
  traits.drawOne([
    ["Gray_Hair", gray],
    ["Black_Hair", rest * 0.36],
    ["Brown_Hair", rest * 0.34],
    ["Blond_Hair", rest * 0.3],
  ]);
}

/** A beard of some kind, or none: `No_Beard` says that nothing of it is drawn on chin and lip. */
function drawBeard(traits: Traits): void {
  if (!traits.has("Male") || traits.chance(0.09)) {
    traits.present.add("No_Beard");
  } else {
    traits.draw("Goatee", [0, 0.46]);
    traits.draw("Mustache", [0, 0.46]);
    if (!traits.has("Goatee", "Mustache")) traits.present.add("5_o_Clock_Shadow");
    else traits.draw("5_o_Clock_Shadow", [0, 0.15]);
  }
  if (!traits.has("Wearing_Hat")) traits.draw("Sideburns", [0, traits.has("No_Beard") ? 0.2 : 0.5]);
}

function drawBrows(traits: Traits): void {
  traits.draw("Arched_Eyebrows", [0.52, 0.14]);
  traits.draw("Bushy_Eyebrows", traits.has("Arched_Eyebrows") ? [0.04, 0.12] : [0.12, 0.46]);
}

function drawAdornment(traits: Traits): void {
  traits.draw("Eyeglasses", traits.has("Young") ? [0.2, 0.24] : [0.32, 0.36]);
  traits.draw("Heavy_Makeup", traits.has("Young") ? [0.5, 0.01] : [0.36, 0]);
  traits.draw("Wearing_Lipstick", traits.has("Heavy_Makeup") ? [0.92, 0.8] : [0.46, 0.01]);
  traits.draw("Rosy_Cheeks", [0.42, 0.08]);
  traits.draw("Wearing_Earrings", [0.46, 0.08]);
  traits.draw("Wearing_Necktie", [0.04, 0.42]);
  if (!traits.has("Wearing_Necktie")) traits.draw("Wearing_Necklace", [0.5, 0.08]);
}

export function drawTraits(random: Random): ReadonlySet<Attribute> {
  const traits = new Traits(random);
  drawPerson(traits);
  drawShape(traits);
  drawExpression(traits);
  drawHead(traits);
  drawBeard(traits);
  drawBrows(traits);
  drawAdornment(traits);
  return traits.present;
}
