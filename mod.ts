/**
 * AttParseNet for Deno: from a folder of faces to a network that says which of 40 attributes a face has,
 * and where.
 *
 * A {@linkcode FaceRecord} travels through stages, each a {@linkcode Stage}: an async generator function
 * that {@linkcode toStream} turns into a pair of Web Streams.
 *
 * ```ts
 * import { landmarks, openDataset, toStream } from "@attparsenet/attparsenet";
 *
 * const dataset = await openDataset("data/sample");
 * const faces = ReadableStream.from(dataset.records({ split: "test" }))
 *   .pipeThrough(toStream(landmarks()));
 * for await (const { image, rejected } of faces) console.log(image, rejected ?? "found");
 * ```
 *
 * Dimension letters in all docs: B batch, H W image, h w mask, C channels, A = 40 attributes,
 * P = 68 landmarks, R = 14 regions.
 *
 * @module
 */

// Records and attributes.
export {
  type Attribute,
  attributeColumn,
  ATTRIBUTES,
  hasAttribute,
  labelsOf,
  namesOf,
} from "./pipeline/face/attributes.ts";
export {
  type Box,
  type FaceRecord,
  type Split,
  SPLITS,
  type Turn,
  TURNS,
} from "./pipeline/face/record.ts";
export { type Stage, toStream } from "./pipeline/streams/to_stream.ts";
export { countText, type FaceCount, type LeftOut } from "./pipeline/face/face_count.ts";
export { fromJson, readRecords, toJson, writeRecords } from "./pipeline/face/record_json.ts";

// Reading data sets and images.
export {
  Dataset,
  type DatasetFiles,
  type DatasetOptions,
  type FolderOptions,
  imagesIn,
  type LabelSource,
  type LabelTable,
  type Layout,
  type NameTable,
  openDataset,
  readLabels,
  type RecordOptions,
  type Shard,
  type TableOptions,
} from "./pipeline/dataset.ts";
export {
  decodeImage,
  type DecodeOptions,
  encodePng,
  type PngSource,
  readImage,
  resizeImage,
  type RgbImage,
} from "./pipeline/image/image.ts";

// Landmarks.
export {
  addBoxes,
  type DetectorName,
  DETECTORS,
  type FaceAnswer,
  type FaceError,
  type FaceRequest,
  findPredictorFile,
  type FoundFaces,
  type ImportedFace,
  importLandmarks,
  type ImportOptions,
  joinLandmarks,
  type JoinOptions,
  type JournalOptions,
  type Landmarker,
  LandmarkJournal,
  type LandmarkOptions,
  type LandmarkRow,
  type LandmarkRows,
  landmarks,
  type LandmarkScore,
  type LandmarkSettings,
  type LandmarkWriteOptions,
  type NoFace,
  openJournal,
  type PlacedFace,
  readImports,
  readLandmarks,
  readPredictor,
  type ScoredFace,
  scoreLandmarks,
  type ScoreOptions,
  type TreeCascade,
  type WorstOptions,
  writeLandmarks,
  writeWorst,
} from "./pipeline/landmarks.ts";

// Packs of decoded faces.
export {
  Pack,
  pack,
  type Packed,
  type PackIndex,
  type PackOptions,
  type PackWish,
  type PictureFacts,
} from "./pipeline/pack.ts";

// Regions and segments.
export {
  ATTRIBUTE_REGIONS,
  type Corner,
  type Region,
  REGION_SHAPES,
  REGIONS,
  type RegionShape,
} from "./pipeline/face/regions.ts";
export {
  parsePartTable,
  PART_TABLE,
  PARTS,
  type PartTable,
  readPartTable,
} from "./pipeline/parts/part_table.ts";
export {
  drawContactSheet,
  drawOverlay,
  type ExportOptions,
  exportSegments,
  type ExportSummary,
  type Extent,
  type MaskFormat,
  type OverlayFace,
  polygonsOf,
  type RegionPolygons,
  type Segmented,
  segments,
  type SegmentsOptions,
} from "./pipeline/segments.ts";

// Training and what comes of it.
export {
  type Backend,
  type BackendName,
  BACKENDS,
  openBackend,
} from "./pipeline/compute/backend.ts";
export { type BackendWork, chooseBackend } from "./pipeline/compute/backend_choice.ts";
export { PRESETS, trainConfig, type TrainOverrides } from "./pipeline/network/presets.ts";
export type {
  NarrowSettings,
  PresetName,
  ScheduleSettings,
  TargetSettings,
  TrainConfig,
  Warmup,
} from "./pipeline/network/settings.ts";
export type { Augmentation } from "./pipeline/face/batches.ts";
export type { OptimizerSettings } from "./kernels/tfjs/optimizer.ts";
export { maskSize, type NetworkConfig } from "./pipeline/network/network.ts";
export { train, type TrainOptions, type TrainResult } from "./pipeline/train.ts";
export type { EpochLine, Losses, Validation } from "./pipeline/train/files/log.ts";
export type { StepTimes } from "./pipeline/train/step_times.ts";
export type { InputSize, OnReject } from "./pipeline/face/faces.ts";
export type { FileFacts, PictureSize } from "./pipeline/image/reading/read_picture.ts";
export type { PoolWorker } from "./pipeline/streams/worker_pool.ts";
export {
  evaluate,
  type Evaluated,
  type EvaluateOptions,
  type MaskOptions,
} from "./pipeline/evaluate.ts";
export type { OccludeOptions } from "./pipeline/evaluate/occluder.ts";
export type {
  AttributeOcclusion,
  Occlusion,
  OcclusionEstimate,
  Shifts,
} from "./pipeline/evaluate/occlusion.ts";
export {
  type AttributeEvidence,
  type AttributeMetrics,
  type CalibrationBin,
  type ConsistencyCount,
  type Evidence,
  type Interval,
  type Intervals,
  type MaskOverlap,
  type Metrics,
  MetricsAccumulator,
  type MetricsBatch,
  type Outcomes,
  type PartTruth,
  type ResampledName,
  type SeenFaces,
  type Truth,
  type TunedMeasures,
} from "./pipeline/metrics/metrics.ts";
export {
  predict,
  type PredictedImage,
  type Prediction,
  type PredictOptions,
  type RejectedImage,
} from "./pipeline/predict.ts";
export { findImages, type FindOptions, type ImagePlace } from "./pipeline/image/find_images.ts";
export type { Probabilities } from "./pipeline/predict/most_likely.ts";
export type { AlignOptions } from "./pipeline/predict/pictures.ts";
export type { WrittenMaps } from "./pipeline/predict/write_maps.ts";
export { readTunedThresholds } from "./pipeline/predict/thresholds.ts";
export {
  drawHeatMap,
  type HeatMap,
  type HeatMapOptions,
} from "./pipeline/image/drawing/heat_map.ts";
export {
  type AttributeDifference,
  compare,
  type CompareOptions,
  type Comparison,
  type Difference,
  type Estimate,
  type Estimates,
  type RunResult,
  type SettingDifference,
  type SettingResult,
} from "./pipeline/compare.ts";
export {
  EXPORT_FORMATS,
  type ExportedShards,
  type ExportFormat,
  exportModel,
  type ExportModelOptions,
  exportShards,
  type ExportShardsOptions,
  type OnnxOptions,
  type ShardEntry,
} from "./pipeline/export.ts";
export {
  type ImageRange,
  type ImportedDataset,
  importModel,
  type ImportModelOptions,
  importParquet,
  type ImportParquetOptions,
} from "./pipeline/import.ts";
export { report, type ReportOptions } from "./pipeline/report.ts";

// The synthetic data set.
export {
  type SampleFace,
  sampleFaces,
  type SampleOptions,
  writeSample,
} from "./pipeline/sample.ts";

// The GPU.
export { type Binding, Gpu, type Kernel, type PassHost } from "./kernels/webgpu/gpu.ts";
export {
  jointLoss,
  type JointLossBuffers,
  jointLossParts,
  type JointLossShape,
  type LossTargets,
  type MaskLoss,
  packTargets,
} from "./kernels/joint_loss.ts";
export { type SharedHeap, WasmThreads } from "./kernels/wasm/threads.ts";
export type { Job, JobName } from "./kernels/wasm/job.ts";
export { rasterize, type RasterizeJob, type RasterizeTuning } from "./kernels/rasterize.ts";
