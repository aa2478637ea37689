import { openDataset } from "../pipeline/dataset.ts"; import { readCsv } from "../pipeline/csv.ts";
import { openBackend, describeBackend } from "../pipeline/backend.ts"; import { train } from "../pipeline/train.ts"; import { trainConfig } from "../pipeline/presets.ts";
import type { FaceRecord } from "../pipeline/record.ts";
Deno.env.set("XDG_RUNTIME_DIR","/tmp");
const o = JSON.parse(Deno.args[0] ?? "{}"); const backendName = Deno.args[1] ?? "auto";
const ds = await openDataset("data/sample"); const pts=new Map<string,Float32Array>();
for await (const {fields} of readCsv("data/sample/Anno/list_landmarks_68.csv")) { if (fields[0]==="image_name") continue; const n=fields.slice(1).map(Number); const p=new Float32Array(136); for(let i=0;i<68;i++){p[2*i]=n[i]!;p[2*i+1]=n[68+i]!;} pts.set(fields[0]!,p);} 
async function* recs(): AsyncGenerator<FaceRecord> { for await (const r of ds.records()) yield {...r, points: pts.get(r.image)!}; }
using backend = await openBackend(backendName as never); console.log(describeBackend(backend));
const config = trainConfig("lite", o);
const t=performance.now();
const r = await train({ records: recs(), config, backend, out: Deno.args[2] ?? "/tmp/run1", force: true, onEpoch: (l)=>console.log(l.epoch, l.seconds.toFixed(1)+"s", l.imagesPerSecond.toFixed(1)+"/s", "train",l.train.loss.toFixed(4),l.train.attributeLoss.toFixed(4),l.train.maskLoss.toFixed(4),"val",l.validation?.loss.toFixed(4),l.validation?.attributeLoss.toFixed(4),l.validation?.maskLoss.toFixed(4),"acc",l.validation?.accuracy?.toFixed(3),"BA",l.validation?.balancedAccuracy?.toFixed(3),"IoU",l.validation?.maskIoU?.toFixed(3)), onReject:(r,why)=>console.log(r.image,why) });
console.log(r.faces, r.bestEpoch, ((performance.now()-t)/1000).toFixed(0)+"s");
