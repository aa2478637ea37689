/** Curves of training runs of two programs, as one SVG picture. */

import * as Plot from "@observablehq/plot";
import { DOMImplementation } from "@xmldom/xmldom";

/** Measures of a split. */
interface Measures {
  readonly accuracy: number;
  readonly balancedAccuracy: number;
}

/** A training run of one of the two programs. */
export interface ReferenceRun {
  readonly program: "ours" | "PyTorch";
  readonly seed: number;
  readonly epochs: readonly {
    /** From 0. */
    readonly epoch: number;
    /** Of its steps. */
    readonly seconds: number;
    readonly trainLoss: number;
    readonly validation: Measures & { readonly loss: number };
  }[];
  readonly bestEpoch: number;
  readonly test: Measures;
}

/** A small plot: what it shows of an epoch. */
interface Panel {
  readonly title: string;
  readonly value: (epoch: ReferenceRun["epochs"][number]) => number;
}

const PANELS: readonly Panel[] = [
  { title: "loss of the training steps", value: ({ trainLoss }) => trainLoss },
  { title: "loss on the validation split", value: ({ validation }) => validation.loss },
  { title: "accuracy on the validation split", value: ({ validation }) => validation.accuracy },
  {
    title: "balanced accuracy on the validation split",
    value: ({ validation }) => validation.balancedAccuracy,
  },
];

const SIZE = { width: 400, height: 270 };
/** Okabe and Ito's blue and vermilion: told apart by everybody, and in print. */
const COLOURS = { ours: "#0072b2", PyTorch: "#d55e00" } as const;

/** Draws the curves of all runs: a line a run, a colour a program. */
export function drawCurves(runs: readonly ReferenceRun[]): string {
  const panels = PANELS.map((panel, index) => {
    const [x, y] = [index % 2 * SIZE.width, (index >> 1) * SIZE.height];
    return `<g transform="translate(${x} ${y})">${drawPanel(panel, runs)}</g>`;
  });
  const [width, height] = [2 * SIZE.width, 2 * SIZE.height];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">` +
    `<rect width="${width}" height="${height}" fill="white"/>${panels.join("")}</svg>\n`;
}

function drawPanel({ title, value }: Panel, runs: readonly ReferenceRun[]): string {
  const points = runs.flatMap(({ program, seed, epochs }) =>
    epochs.map((epoch) => ({ program, seed, epoch: epoch.epoch + 1, value: value(epoch) }))
  );
  const last = Math.max(...points.map(({ epoch }) => epoch));
  const document = new DOMImplementation().createDocument("http://www.w3.org/1999/xhtml", "html");
  const channels = { x: "epoch", y: "value", stroke: "program" } as const;
  const svg = Plot.plot({
    document: document as never,
    ...SIZE,
    marginTop: 46,
    marginLeft: 50,
    marginRight: 16,
    marginBottom: 36,
    style: "overflow: visible",
    color: { domain: Object.keys(COLOURS), range: Object.values(COLOURS) },
    x: { label: "epoch", labelArrow: "none", tickFormat: "d", ticks: last, domain: [1, last] },
    y: { label: null, nice: true, ticks: 5, tickFormat: "~g" },
    marks: [
      Plot.gridY({ stroke: "#dddddd", strokeOpacity: 1, ticks: 5 }),
      Plot.line(points, { ...channels, z: ({ program, seed }) => `${program} ${seed}` }),
      Plot.dot(points, { x: "epoch", y: "value", fill: "program", r: 2.5 }),
    ],
  });
  const legend = Object.entries(COLOURS).map(([program, colour], i) =>
    `<text x="${50 + i * 60}" y="34" fill="${colour}">${program}</text>`
  );
  const heading = `<text x="50" y="18" font-weight="bold">${title}</text>`;
  return String(svg).replace(/<style>[^]*?<\/style>/, "") + heading + legend.join("");
}
