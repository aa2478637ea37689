import assert from "node:assert/strict";
import { join } from "node:path";
import type { Adapter } from "../../../pipeline/cli/adapter.ts";
import { KERNELS, writeMeasurement } from "../../../pipeline/compute/backend_measurements.ts";
import { examineChoice } from "../../../pipeline/cli/doctor_choice.ts";
import { diagnosisText } from "../../../pipeline/cli/text/diagnosis.ts";
import {
  type Diagnosis,
  examine,
  examinePredictor,
  type Part,
  predictorProblems,
} from "../../../pipeline/cli/doctor.ts";
import { installCommand, type Machine, planSetup } from "../../../pipeline/cli/setup.ts";
import { findPredictorFile } from "../../../pipeline/landmarks.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { inCache } from "../../contexts/cache_context.ts";
import { inFolder } from "../../fixtures/face_records.ts";
import {
  partsOf,
  smallPredictor,
  writeShapePredictor,
} from "../../fixtures/shape_predictor_writer.ts";

/** What dlib's predictor is called among the models. */
const PREDICTOR = "shape_predictor_68_face_landmarks";

const DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n';
const UBUNTU = 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n';
const MINT = 'ID="linuxmint"\nID_LIKE="ubuntu debian"\n';
const FEDORA = "ID=fedora\n";

const ADAPTER: Adapter = {
  name: "llvmpipe",
  vendor: "mesa",
  architecture: "",
  device: "0",
  description: "llvmpipe",
  isSoftware: true,
  features: ["shader-f16"],
  limits: { maxStorageBufferBindingSize: 2 ** 27, maxStorageBuffersPerShaderStage: 8 },
};

const BARE: Machine = {
  adapter: null,
  os: "linux",
  osRelease: DEBIAN,
  isRoot: true,
  isOff: false,
};

Deno.test("planSetup() installs only without an adapter, as root, on Debian and its kin", () => {
  const installs = (change: Partial<Machine>) => planSetup({ ...BARE, ...change }).install;
  for (const osRelease of [DEBIAN, UBUNTU, MINT]) assert(installs({ osRelease }), osRelease);
  assert(!installs({ adapter: ADAPTER }));
  assert(!installs({ isRoot: false }));
  assert(!installs({ isOff: true }));
  assert(!installs({ osRelease: FEDORA }));
  assert(!installs({ osRelease: "" }));
  assert(!installs({ os: "darwin" }));
});

Deno.test("planSetup() says in one line what it does or what the user can do", () => {
  const line = (change: Partial<Machine>) => planSetup({ ...BARE, ...change }).line;
  assert.match(line({ adapter: ADAPTER }), /the software adapter llvmpipe/);
  assert.match(line({}), /Installing libvulkan1 mesa-vulkan-drivers/);
  assert.match(line({ isOff: true }), /ATTPARSENET_SETUP=off/);
  assert.match(line({ isRoot: false }), /sudo apt-get install -y libvulkan1 mesa-vulkan-drivers$/);
  assert.match(line({ osRelease: FEDORA }), /dnf install/);
  for (const change of [{}, { isOff: true }, { isRoot: false }, { os: "windows" as const }]) {
    assert(!line(change).includes("\n"));
  }
});

Deno.test("installCommand() names the packages of the distribution", () => {
  const command = (osRelease: string) => installCommand({ os: "linux", osRelease, isRoot: true });
  assert.equal(
    command(UBUNTU),
    "apt-get update && apt-get install -y libvulkan1 mesa-vulkan-drivers",
  );
  assert.match(command("ID=manjaro\nID_LIKE=arch\n"), /^pacman -S /);
  assert.match(command("ID=alpine\n"), /^apk add /);
  assert.match(command("ID=unheardof\n"), /Vulkan/);
});

Deno.test("examine() finds the models and the wasm backend of this machine", async () => {
  const { models, backends, problems } = await examine();
  const predictor = models.at(-1) as Part;
  assert.deepEqual([predictor.name, predictor.optional], [PREDICTOR, true]);
  assert.equal(predictor.usable, await findPredictorFile() !== null);
  assert.deepEqual(
    models.slice(0, -1).map(({ name, usable }) => [name, usable]),
    [["face_landmark_68", true], ["ssd_mobilenetv1", true], ["tiny_face_detector", true]],
  );
  assert.deepEqual(backends.map(({ name }) => name), ["webgpu", "wasm", "cpu"]);
  assert(backends[1]?.usable, backends[1]?.note);
  assert.deepEqual(problems.filter(({ fatal }) => fatal), []);
  assert(problems.every(({ what }) => !what.startsWith(PREDICTOR)), "dlib's predictor is optional");
});

Deno.test("examineChoice() says what was measured last on the adapter", () =>
  inCache(async () => {
    const hardware = { ...ADAPTER, name: "a card", isSoftware: false };
    const none = await examineChoice(hardware);
    assert.deepEqual([none.backend, none.reason], [
      "webgpu",
      "hardware adapter; the first training measures it",
    ]);
    assert.equal((await examineChoice(ADAPTER)).backend, null);
    const network = "plain 109x89";
    const kept = { adapter: "a card", network, batch: 16, kernels: KERNELS };
    await writeMeasurement({ ...kept, seconds: { webgpu: 0.004, wasm: 0.05 } });
    await writeMeasurement({ ...kept, batch: 8, seconds: { webgpu: 0.1, wasm: 0.05 } });
    const { backend, reason } = await examineChoice(hardware);
    assert.equal(backend, "wasm");
    assert.equal(
      reason,
      "hardware adapter; a training step of 8 images (plain 109x89) takes webgpu 0.10 s, wasm 0.050 s",
    );
    await writeMeasurement({ ...kept, seconds: { webgpu: 0.004, wasm: 0.05 } });
    assert.equal((await examineChoice(hardware)).backend, "webgpu", "the newest is the last");
    assert.equal((await examineChoice(ADAPTER)).backend, null, "another adapter's");
  }));

Deno.test("examinePredictor() says where dlib's predictor is, or where to get it", () =>
  inFolder(async (folder) => {
    const missing = await examinePredictor(null);
    assert.deepEqual([missing.usable, missing.optional], [false, true]);
    for (
      const word of ["libdlib-data", "http://dlib.net/", "./models", "non-commercial", "300-W"]
    ) {
      assert(missing.note.includes(word), missing.note);
    }
    const path = join(folder, "model.dat");
    const initial = new Float32Array(136).fill(0.5);
    const file = writeShapePredictor(partsOf(smallPredictor(new Random(1), initial)));
    await Deno.writeFile(path, file);
    const there = await examinePredictor(path);
    assert.deepEqual([there.usable, there.optional], [true, true]);
    assert(there.note.startsWith(`${path}, 0 MiB (for non-commercial use`), there.note);
    await Deno.writeFile(path, file.subarray(0, 99));
    const damaged = await examinePredictor(path);
    assert.equal(damaged.usable, false);
    assert.match(damaged.note, /^Cannot read the shape predictor .*model\.dat: it is cut short/);
  }));

Deno.test("predictorProblems() minds a damaged predictor, which would be taken, and no missing one", () => {
  const part = { name: PREDICTOR, usable: false, note: "it is cut short" };
  assert.deepEqual(predictorProblems({ ...part, optional: true }), []);
  assert.deepEqual(predictorProblems({ ...part, usable: true }), []);
  const [problem] = predictorProblems(part);
  assert.equal(problem?.fatal, false);
  assert.equal(problem.what, `${PREDICTOR}: it is cut short`);
  assert.match(problem.fix, /^replace or remove it .*--predictor face-api$/);
});

Deno.test("diagnosisText() shows what is missing together with the command that brings it", () => {
  const diagnosis: Diagnosis = {
    deno: "2.9.6",
    platform: "linux x86_64",
    processors: 2,
    adapter: null,
    backends: [{ name: "webgpu", usable: false, note: "no adapter" }],
    choice: { backend: "wasm", reason: "there is no adapter", file: "/cache/backend.json" },
    kernels: "none: there is no adapter",
    models: [],
    problems: [{ what: "No adapter", fix: "apt-get install x", fatal: false }],
  };
  assert.match(
    diagnosisText(diagnosis),
    /wasm +there is no adapter\n +kernels +none: there is no adapter\n +kept in +\/cache\/backend\.json/,
  );
  assert.match(diagnosisText(diagnosis), /To fix\n {2}No adapter\n {4}→ apt-get install x$/);
  const models = [{ name: "a", usable: true, note: "9 KiB" }, {
    name: "b",
    usable: false,
    note: "x",
  }];
  const optional = { name: "c", usable: false, optional: true, note: "get it" };
  assert.match(
    diagnosisText({ ...diagnosis, models: [...models, optional] }),
    /Models\n {2}a +ok: 9 KiB\n {2}b +missing: x\n {2}c +missing, optional: get it\n/,
  );
  const whole = diagnosisText({ ...diagnosis, adapter: ADAPTER, problems: [] });
  assert.match(whole, /maxStorageBufferBindingSize +134217728 \(128 MiB\)/);
  assert.match(whole, /shader-f16 yes, timestamp-query no/);
  assert.match(whole, /To fix\n {2}nothing$/);
});
