import assert from "node:assert/strict";
import { join } from "node:path";
import { measureHost } from "./hardware/parts/host_part.ts";
import { MeasuredPeer } from "./hardware/measured_peer.ts";
import { parseOptions, PART_NAMES, type PartName } from "./hardware/options.ts";
import { type Part, runParts } from "./hardware/parts/part.ts";
import { countCalls, withoutDispatches } from "../comparing/gpu_calls.ts";
import { gpuTest, hasGpu } from "../contexts/gpu_test_context.ts";
import { outcomeOf, ROOT } from "../processes/task_command.ts";

Deno.test("bench hardware: without options all parts but `host` run, and no JSON is printed", () => {
  const { parts, json } = parseOptions([]);
  assert.deepEqual(parts, PART_NAMES.filter((name) => name !== "host"));
  assert.equal(json, false);
});

Deno.test("bench hardware: --only takes parts, in their own order, with the adapter before them", () => {
  const expected = { parts: ["adapter", "host", "masks"], json: true };
  assert.deepEqual(parseOptions(["--only", "masks,host", "--json"]), expected);
  assert.deepEqual(parseOptions(["--json", "--only=masks,host"]), expected);
});

Deno.test("bench hardware: an unknown part or option is refused, and the known ones are named", () => {
  const list = /there is no part "mask"; parts: adapter, host, steps/;
  assert.throws(() => parseOptions(["--only", "host,mask"]), list);
  assert.throws(() => parseOptions(["--only"]), SyntaxError);
  assert.throws(() => parseOptions(["--jsn"]), /no option --jsn; there are --only and --json/);
});

/** Runs parts made here. */
async function runMade(parts: readonly Part[], seconds = 60) {
  const cache = await Deno.makeTempDir({ prefix: "attparsenet-" });
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  try {
    return { results: await runParts(parts, { seconds, cache, print }), lines };
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}

const part = (name: PartName, run: Part["run"], limit = 20): Part => ({ name, limit, run });
const GOOD = part("predict", ({ results, print }) => {
  results.predict = [{ name: "ours", value: 7 }];
  print("seven");
  return Promise.resolve();
});

Deno.test("bench hardware: a part that fails leaves a line, and the rest goes on", async () => {
  const bad = part("steps", () => Promise.reject(new Error("no driver\nat line 1")));
  const { results, lines } = await runMade([bad, GOOD]);
  assert.deepEqual(lines, ["steps: no driver", "seven"]);
  assert.deepEqual(results.failures, ["steps: no driver"]);
  assert.equal(results.predict?.[0]?.value, 7);
});

Deno.test("bench hardware: a part that hangs is given up, and is not heard any more", async () => {
  let late: (line: string) => void = () => {};
  const hanging = part("steps", ({ print }) => {
    late = print;
    return new Promise(() => {});
  }, 0.05);
  const { lines } = await runMade([hanging, GOOD]);
  late("late");
  assert.deepEqual(lines, ["steps: no result within 0 s", "seven"]);
});

Deno.test("bench hardware: when the time for all parts is over, the others are named", async () => {
  const { lines } = await runMade([GOOD], 0);
  assert.deepEqual(lines, ["predict: left out, since the 0 s for all parts are over"]);
});

/** A process that answers, refuses, ends or hangs, as it is asked. */
async function withPeer(use: (peer: MeasuredPeer) => Promise<void>, signal: AbortSignal) {
  const folder = await Deno.makeTempDir({ prefix: "attparsenet-" });
  try {
    const file = join(folder, "peer.ts");
    const answering = new URL("./hardware/answer_lines.ts", import.meta.url).href;
    await Deno.writeTextFile(
      file,
      `import { answerLines } from "${answering}";
      const ways = {
        answer: (q) => Promise.resolve({ twice: 2 * q.number }),
        refuse: () => Promise.reject(new Error("out of memory")),
        hang: () => new Promise((done) => setTimeout(done, 1e6)),
        end: () => Deno.exit(3),
      };
      await answerLines((question) => ways[question.way](question));`,
    );
    const args = ["run", "--no-check", "-A", "--config", join(ROOT, "deno.json"), file];
    await using peer = new MeasuredPeer(Deno.execPath(), args, signal);
    await use(peer);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("MeasuredPeer answers, refuses, and is killed when it takes too long", async () => {
  await withPeer(async (peer) => {
    assert.deepEqual(await peer.ask({ way: "answer", number: 4 }, 30), { twice: 8 });
    await assert.rejects(peer.ask({ way: "refuse" }, 30), /^Error: out of memory$/);
    assert.deepEqual(await peer.ask({ way: "answer", number: 5 }, 30), { twice: 10 });
    await assert.rejects(peer.ask({ way: "hang" }, 0.1), /^Error: no result within 0.1 s$/);
    assert(peer.isOver);
    await assert.rejects(peer.ask({ way: "answer", number: 1 }, 30), /was ended before/);
  }, new AbortController().signal);
});

Deno.test("MeasuredPeer is killed when its part is over, and says so when it ends by itself", async () => {
  const part = new AbortController();
  await withPeer(async (peer) => {
    setTimeout(() => part.abort(new Error("the 1 s for steps are over")), 10);
    await assert.rejects(peer.ask({ way: "hang" }, 30), /the 1 s for steps are over/);
  }, part.signal);
  await withPeer(async (peer) => {
    await assert.rejects(peer.ask({ way: "end" }, 30), /The process has ended/);
  }, new AbortController().signal);
});

gpuTest(
  "withoutDispatches() leaves out what gives the device work, and countCalls() the rest",
  async (gpu) => {
    const source = `
    @group(0) @binding(0) var<storage, read_write> numbers: array<f32>;
    @compute @workgroup_size(4) fn main(@builtin(global_invocation_id) id: vec3u) {
      numbers[id.x] = 7.0;
    }`;
    const numbers = gpu.createBuffer(16);
    const fill = () => {
      gpu.dispatch({ label: "fill", source }, [numbers], [1]);
      gpu.host.submit();
      return Promise.resolve();
    };
    const calls = await countCalls(() => withoutDispatches(fill));
    assert.deepEqual([calls.submit, calls.createBindGroup, calls.createBuffer], [1, 1, 0]);
    assert.deepEqual([...new Float32Array(await gpu.read(numbers))], [0, 0, 0, 0]);
    await fill();
    assert.deepEqual([...new Float32Array(await gpu.read(numbers))], [7, 7, 7, 7]);
    gpu.destroy(numbers);
  },
);

/** The benchmark as `deno task bench` starts it. */
function bench(...args: string[]): Deno.Command {
  const permissions = [
    "--allow-read",
    "--allow-write",
    "--allow-env",
    "--allow-run",
    "--allow-sys",
  ];
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...permissions, "tests/bench/hardware_bench.ts", ...args],
    cwd: ROOT,
  });
}

Deno.test({
  name: "bench hardware --json ends with all results as one line",
  ignore: !hasGpu,
  fn: async () => {
    const { code, out } = await outcomeOf(bench("--only", "adapter", "--json"));
    assert.equal(code, 0);
    const { adapter, steps, failures } = JSON.parse(out.trim().split("\n").at(-1)!);
    assert.deepEqual([steps, failures], [[], []]);
    assert.equal(typeof adapter.isSoftware, "boolean");
    assert(out.startsWith(adapter.name) && out.includes("  driver: "));
  },
});

Deno.test({
  name:
    "bench hardware: the steps of its JSON have the promised fields, and steady ones make nothing",
  ignore: !hasGpu,
  fn: async () => {
    const host = part("host", (bench) => measureHost(bench, "lite 16", "hardware"), 60);
    const { results } = await runMade([host]);
    assert.deepEqual(results.failures, []);
    const [{ hostMs, calls, ...rest }] = JSON.parse(JSON.stringify(results.steps));
    assert(hostMs > 0);
    assert.deepEqual(rest, {
      name: "lite 16",
      way: "webgpu",
      kernels: "hardware",
      deviceMs: null,
      imagesPerSecond: null,
      tuneSeconds: null,
      firstStepSeconds: null,
    });
    const { createBuffer, createBindGroup, getMappedRange, submit } = calls;
    assert.deepEqual([createBuffer, createBindGroup, getMappedRange], [0, 0, 0]);
    assert(submit <= 2, `${submit} submits`);
  },
});

Deno.test("bench hardware says what is wrong with its arguments, and exits 2", async () => {
  const { code, out } = await outcomeOf(bench("--only", "everything"));
  assert.equal(code, 2);
  assert.match(out, /there is no part "everything"/);
});
