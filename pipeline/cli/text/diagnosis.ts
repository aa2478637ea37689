/** What `doctor` finds, for a terminal. */

import type { Adapter } from "../adapter.ts";
import type { Diagnosis, Part } from "../doctor.ts";
import { pairsText } from "../terminal/table.ts";

export function diagnosisText(diagnosis: Diagnosis): string {
  const { deno, platform, processors, adapter, backends, choice, kernels, models, problems } =
    diagnosis;
  const partLine = ({ name, usable, optional = false, note }: Part) =>
    [name, `${usable ? "ok" : optional ? "missing, optional" : "missing"}: ${note}`] as const;
  return [
    `Deno ${deno}, ${platform}, ${processors} processors`,
    section("Adapter", adapter ? pairsText(adapterPairs(adapter)) : "none"),
    section("Backends", pairsText(backends.map(partLine))),
    section(
      "Backend that auto takes",
      pairsText([
        [choice.backend ?? "unknown", choice.reason],
        ["kernels", kernels],
        ["kept in", choice.file ?? "no file: neither XDG_CACHE_HOME nor HOME is set"],
      ]),
    ),
    section("Models", pairsText(models.map(partLine))),
    section(
      "To fix",
      problems.map(({ what, fix }) => `${what}\n  → ${fix}`).join("\n") || "nothing",
    ),
  ].join("\n\n");
}

function section(title: string, body: string): string {
  return `${title}\n${body.replace(/^/gm, "  ")}`;
}

function adapterPairs(adapter: Adapter): [string, string][] {
  const { vendor, architecture, isSoftware, features, limits } = adapter;
  return [
    ["name", adapter.name],
    ["kind", isSoftware ? "software" : "hardware"],
    ["vendor", [vendor, architecture].filter(Boolean).join(" ") || "unknown"],
    ["features", featuresText(features)],
    ...Object.entries(limits).map(([name, value]): [string, string] => [name, limitText(value)]),
  ];
}

/** Features that the kernels use where they are there. */
const USED_FEATURES = ["shader-f16", "timestamp-query"];

function featuresText(features: readonly string[]): string {
  const used = USED_FEATURES.map((name) => `${name} ${features.includes(name) ? "yes" : "no"}`);
  return `${used.join(", ")} (${features.length} in all)`;
}

/** Byte counts as powers of two, small counts as they are. */
function limitText(value: number): string {
  if (value < 2 ** 20) return String(value);
  return `${value} (${Math.round(value / 2 ** 20)} MiB)`;
}
