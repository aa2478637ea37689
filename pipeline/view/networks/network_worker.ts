/** The thread behind `RunNetworks`: pictures in, what a network says of them out. */

import { computeOf, openBackend } from "../../compute/backend.ts";
import { fit } from "../../image/reading/read_picture.ts";
import { networkInput } from "../../network/network_input.ts";
import { sigmoid } from "../../numbers/probability.ts";
import { forward, type Output } from "../../predict/forward.ts";
import { answerTasks } from "../../streams/answer_tasks.ts";
import type { Look, LookAnswer, LookedAt, LookRequest } from "./run_networks.ts";
import { StoredNetworks } from "./stored_network.ts";

/** Pictures of one pass. */
const PASS = 8;

let opened: ReturnType<typeof openBackend> | null = null;
const networks = new StoredNetworks();
/** One request after the other: they share the networks. */
let last: Promise<unknown> = Promise.resolve();

answerTasks<LookRequest, LookAnswer>(
  (request) => {
    const answer = last.then(() => look(request)).then(
      (look) => ({ look }),
      (error) => ({ fault: error instanceof Error ? error.message : `${error}` }),
    );
    last = answer;
    return answer;
  },
  (answer) =>
    "look" in answer
      ? answer.look.faces.flatMap(({ probabilities, maps }) => [probabilities.buffer, maps.buffer])
      : [],
);

async function look({ pictures, threads, ...place }: LookRequest): Promise<Look> {
  const backend = await (opened ??= openBackend("wasm", threads));
  const { network, learnt, sizes } = await networks.open(place, backend);
  using input = networkInput(computeOf(backend), sizes.input, PASS);
  const faces: LookedAt[] = [];
  for (let from = 0; from < pictures.length; from += PASS) {
    const pixels = pictures.slice(from, from + PASS).map((picture) => fit(picture, sizes.input));
    faces.push(...(await forward(pixels, network, input)).map(lookedAt));
  }
  return { learnt, mask: sizes.mask, faces };
}

/** Copies, since outputs are parts of one buffer. */
function lookedAt({ logits, maps }: Output): LookedAt {
  return { probabilities: Float32Array.from(logits, sigmoid), maps: Float32Array.from(maps) };
}
