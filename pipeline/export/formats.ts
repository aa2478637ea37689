/** The forms that a network can be exported in. */

export const EXPORT_FORMATS = ["onnx", "pytorch", "safetensors", "tfjs", "web"] as const;

/** One of them. */
export type ExportFormat = typeof EXPORT_FORMATS[number];
