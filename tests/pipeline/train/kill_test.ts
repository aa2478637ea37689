import { killPipelines } from "../../endurance/kill.ts";

Deno.test("a pipeline that is killed ends with the bits of one that was not", async () => {
  const folder = await Deno.makeTempDir({ prefix: "attparsenet-kill-" });
  try {
    const job = { folder, count: 4, seed: 3, faces: 12, isLarge: false, log: () => {} };
    await killPipelines(job);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
