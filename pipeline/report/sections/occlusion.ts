/** The report's answer to whether the network looks where its maps say. */

import type { AttributeOcclusion, Occlusion, OcclusionEstimate } from "../../evaluate/occlusion.ts";
import { type Html, html, key } from "../html.ts";
import { plotOcclusion } from "../plots/occlusion.ts";
import { NOTHING, spaced } from "../text.ts";

/** A sentence and a figure. */
export function renderOcclusion(occlusion: Occlusion): Html {
  const rows = occlusion.attributes.filter(({ region }) => region !== null)
    .map((attribute) => ({ ...attribute, name: spaced(attribute.name) }))
    .sort((a, b) => order(b) - order(a));
  return html`
    ${renderFinding(occlusion)}
    <figure>
      <div class="halves">
        <div class="panel"><h3>How far the logit moves</h3>${plotOcclusion(
          "How far each attribute's logit moves when its region or as much elsewhere is greyed out",
          rows,
        )}</div>
        <div class="panel"><h3>How far it falls on faces that have the attribute</h3>${plotOcclusion(
          "How far each attribute's logit falls on faces that have it",
          rows.map(({ name, fall }) => ({ name, ...fall })),
        )}</div>
      </div>
      ${renderCaption(occlusion)}
    </figure>
  `;
}

/** What is drawn, and of which attributes little or nothing is known. */
function renderCaption({ faces, split, attributes }: Occlusion): Html {
  const named = (holds: (attribute: AttributeOcclusion) => boolean) =>
    listed(attributes.filter(holds).map(({ name }) => spaced(name)));
  const whole = named(({ region, elsewhere }) => region !== null && elsewhere === null);
  const few = named((attribute) => attribute.faces > 0 && attribute.faces < faces / 2);
  const none = named(({ region }) => region === null);
  return html`<figcaption><b>Figure 5.</b> On ${faces} faces of the ${split} split, the attribute’s
    ${key("dot", "train", "region")}, and apart from that as many pixels
    ${
    key("diamond", "validation", "elsewhere")
  } on the face, in one piece at a random place, were greyed out:
    the mean change of the logit, with its interval (95&nbsp;%, bootstrap over the faces). The order is that of
    the difference of both on the left. ${
    whole && `The region of ${whole} is the whole face, which has no elsewhere. `
  }${
    few && `Less than half of the faces have the region and as many pixels beside it for ${few}. `
  }${none && `Left out, for no face has both: ${none}.`}</figcaption>`;
}

/** What the means say. */
function renderFinding({ means, attributes }: Occlusion): Html {
  const { region, elsewhere, fall } = means;
  const clear = (sign: number) =>
    attributes.filter(({ difference }) =>
      difference?.interval?.every((end) => Math.sign(end) === sign)
    );
  const [further, less] = [clear(1), clear(-1)];
  return html`<p>A network that looks where its maps say changes its mind when that place is hidden, and not
    when another one is. Greying out an attribute’s region moves its logit by ${
    estimate(region)
  } in the mean,
    as many pixels elsewhere on the face by ${
    estimate(elsewhere)
  }; on faces that have the attribute it falls
    by ${estimate(fall.region)} and ${
    estimate(fall.elsewhere)
  }. Of ${means.attributes} attributes the region
    moves ${further.length} further than elsewhere does${
    less.length > 0 && html`, and ${less.length} less (${
      listed(less.map(({ name }) => spaced(name)))
    })`
  }, as far as the intervals of the differences tell.</p>`;
}

/** The difference; attributes that have none come last. */
function order({ difference }: AttributeOcclusion): number {
  return difference?.mean ?? -Infinity;
}

function estimate(value: OcclusionEstimate | null): string {
  if (value === null) return NOTHING;
  const { mean, interval } = value;
  return interval ? `${logit(mean)} (${interval.map(logit).join(" to ")})` : logit(mean);
}

/** `1.42`, `−0.03` */
function logit(value: number): string {
  return value.toFixed(2).replace("-", "−");
}

/** `a, b and c` */
function listed(names: readonly string[]): string {
  return names.join(", ").replace(/, ([^,]*)$/, " and $1");
}
