/**
 * Whether `RUN/model/` holds a network of this program, before any memory is asked for: what the layers say
 * of themselves must be what the weights file holds.
 *
 * tfjs makes every weight before it reads one, as large as the layers want it, and says little of a layer
 * that is not as it expects.
 */

import { ATTRIBUTES } from "../../face/attributes.ts";
import { count, fields, list, oneOf, type Shape, text, tuple } from "../../files/json_shape.ts";
import { oneLine, quoted } from "../../files/quoted.ts";

/** Numbers of a weight. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
}

/** A layer as tfjs writes it. */
export interface Layer {
  readonly name: string;
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly inbound_nodes: readonly (readonly (readonly [string, 0, 0, unknown])[])[];
}

/** What `model.json` holds. */
export interface ModelFile {
  readonly modelTopology: {
    readonly config: {
      readonly layers: readonly Layer[];
      readonly output_layers: readonly (readonly [string, 0, 0])[];
    };
  };
  readonly weightsManifest: readonly [{ readonly weights: readonly WeightSpec[] }];
}

const SWITCH = oneOf(true, false);
/** Rows or columns of zeros. */
const few = oneOf(...Array.from({ length: 16 }, (_, i) => i));
const side = oneOf(...Array.from({ length: 16 }, (_, i) => i + 1));
const PAIR = (value: number) => tuple(oneOf(value), oneOf(value));
const LINK = tuple(text, oneOf(0), oneOf(0), fields({}));
const END = tuple(text, oneOf(0), oneOf(0));

const MODEL = fields({
  modelTopology: fields({
    class_name: oneOf("Model", "Functional"),
    config: fields({
      name: text,
      layers: list(fields({
        name: text,
        class_name: text,
        config: fields({ name: text }),
        inbound_nodes: list(list(LINK)),
      })),
      input_layers: list(END, 1),
      output_layers: list(END, 2),
    }),
  }),
  weightsManifest: tuple(fields({
    weights: list(fields({ name: text, shape: list(count), dtype: oneOf("float32") })),
  })),
});

/** What the configuration of each class of layer must say, as far as sizes depend on it. */
const CLASSES: Readonly<Record<string, Shape>> = {
  InputLayer: fields({ batch_input_shape: tuple(oneOf(null), count, count, oneOf(3)) }),
  Conv2D: fields({
    ...{ filters: count, kernel_size: tuple(side, side), strides: PAIR(1), dilation_rate: PAIR(1) },
    ...{ padding: oneOf("valid"), data_format: oneOf("channels_last"), use_bias: oneOf(false) },
  }),
  Conv2DTranspose: fields({
    ...{ filters: count, kernel_size: PAIR(2), strides: PAIR(2), padding: oneOf("valid") },
    ...{ data_format: oneOf("channels_last"), use_bias: oneOf(false) },
  }),
  BatchNormalization: fields({ axis: oneOf(-1, 3), center: oneOf(true), scale: SWITCH }),
  ReLU: fields({ max_value: oneOf(null) }),
  MaxPooling2D: fields({ pool_size: PAIR(2), strides: PAIR(2), padding: oneOf("valid") }),
  Cropping2D: fields({ cropping: tuple(PAIR(2), PAIR(2)) }),
  ZeroPadding2D: fields({ padding: tuple(tuple(few, few), tuple(few, few)) }),
  Reshape: fields({ target_shape: tuple(count, count, count) }),
  Activation: fields({ activation: oneOf("sigmoid") }),
  Add: fields({}),
  Flatten: fields({}),
  Dense: fields({ units: count, use_bias: oneOf(true) }),
};

/**
 * Checks the value of `model.json`.
 *
 * @returns The same, if it can be loaded, and the bytes that its weights file must have.
 * @throws {SyntaxError} If it is no network of ours, or its weights are others than its layers'; without the
 * name of the file.
 */
export function checkModel(model: unknown): { model: ModelFile; bytes: number } {
  const misfit = MODEL(model);
  if (misfit !== null) throw new SyntaxError(misfit.replace(/^[. ]/, ""));
  const { modelTopology, weightsManifest: [{ weights }] } = model as ModelFile;
  const found = new Map(weights.map(({ name, shape }) => [name, shape]));
  const needed = neededWeights(modelTopology.config);
  for (const { name, shape } of needed) {
    const other = found.get(name);
    if (other && String(other) === String(shape)) continue;
    throw new SyntaxError(
      `the layers need ${quoted(name)} as [${shape}], the weights have ` +
        (other ? `[${oneLine(String(other), 60)}]` : "none of this name"),
    );
  }
  if (weights.length !== needed.length) {
    throw new SyntaxError(`there are ${weights.length} weights for layers with ${needed.length}`);
  }
  const bytes = needed.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);
  return { model: model as ModelFile, bytes };
}

/** The weights of layers, from the first to the last. */
function neededWeights(
  { layers, output_layers: ends }: ModelFile["modelTopology"]["config"],
): WeightSpec[] {
  const outputs = new Map<string, readonly number[]>();
  const weights = layers.flatMap((layer) => {
    const { name, class_name: kind, config } = layer;
    const misfit = Object.hasOwn(CLASSES, kind) ? CLASSES[kind]!(config) : `'s class is unknown`;
    if (misfit !== null) throw new SyntaxError(`the layer ${quoted(name)}${misfit}`);
    if (outputs.has(name) || config.name !== name) {
      throw new SyntaxError(
        `there are two names for the layer ${quoted(name)}, or two layers of it`,
      );
    }
    const { output, weights } = layerSizes(layer, inputOf(layer, outputs));
    if (output.some((length) => length < 1)) {
      throw new SyntaxError(`nothing is left of the image behind the layer ${quoted(name)}`);
    }
    outputs.set(name, output);
    return Object.entries(weights).map(([key, shape]) => ({ name: `${name}/${key}`, shape }));
  });
  const [logits = [], maps = []] = ends.map(([name]) => outputs.get(name));
  const isOurs = logits.length === 1 && maps.length === 3 &&
    [logits, maps].every((sizes) => sizes.at(-1) === ATTRIBUTES.length);
  if (isOurs) return weights;
  throw new SyntaxError(
    `it does not end in ${ATTRIBUTES.length} logits and ${ATTRIBUTES.length} maps`,
  );
}

/** What comes into a layer: of several things, all are alike. */
function inputOf(
  { name, class_name: kind, inbound_nodes: nodes }: Layer,
  outputs: ReadonlyMap<string, readonly number[]>,
): readonly number[] {
  const links = nodes.flat();
  const inputs = links.map(([from]) => outputs.get(from));
  const counts = { InputLayer: 0, Add: 2 }[kind] ?? 1;
  const isRight = links.length === counts && nodes.length === Math.min(counts, 1) &&
    inputs.every((input) => input && String(input) === String(inputs[0]));
  if (!isRight) throw new SyntaxError(`the layer ${quoted(name)} is put behind the wrong ones`);
  return inputs[0] ?? [];
}

/** Sizes of what a layer makes and of its weights, from what comes in: [h, w, channels], or [numbers]. */
function layerSizes(
  { name, class_name: kind, config }: Layer,
  input: readonly number[],
): { output: readonly number[]; weights: Readonly<Record<string, readonly number[]>> } {
  const lengths = { InputLayer: [0], Dense: [1], Reshape: [1], BatchNormalization: [1, 3] };
  if (!(lengths[kind as keyof typeof lengths] ?? [3]).includes(input.length)) {
    throw new SyntaxError(`the layer ${quoted(name)} is put behind the wrong ones`);
  }
  const [height = 0, width = 0, channels = 0] = input;
  switch (kind) {
    case "InputLayer":
      return { output: (config.batch_input_shape as number[]).slice(1), weights: {} };
    case "Conv2D": {
      const [rows, columns] = config.kernel_size as [number, number];
      const filters = config.filters as number;
      const kernel = [rows, columns, channels, filters];
      return { output: [height - rows + 1, width - columns + 1, filters], weights: { kernel } };
    }
    case "Conv2DTranspose": {
      const filters = config.filters as number;
      const kernel = [2, 2, filters, channels];
      return { output: [2 * height, 2 * width, filters], weights: { kernel } };
    }
    case "BatchNormalization": {
      const scale = config.scale ? ["gamma"] : [];
      const names = [...scale, "beta", "moving_mean", "moving_variance"];
      return {
        output: input,
        weights: Object.fromEntries(names.map((name) => [name, [input.at(-1)!]])),
      };
    }
    case "ZeroPadding2D": {
      const [rows, columns] = config.padding as [[number, number], [number, number]];
      return {
        output: [height + rows[0] + rows[1], width + columns[0] + columns[1], channels],
        weights: {},
      };
    }
    case "Reshape": {
      const shape = config.target_shape as number[];
      if (sizeOf(shape) === height) return { output: shape, weights: {} };
      throw new SyntaxError(`the layer ${quoted(name)} makes [${shape}] of ${height} numbers`);
    }
    case "MaxPooling2D":
      return { output: [Math.floor(height / 2), Math.floor(width / 2), channels], weights: {} };
    case "Cropping2D":
      return { output: [height - 4, width - 4, channels], weights: {} };
    case "Flatten":
      return { output: [height * width * channels], weights: {} };
    case "Dense": {
      const units = config.units as number;
      return { output: [units], weights: { kernel: [height, units], bias: [units] } };
    }
    default:
      return { output: input, weights: {} };
  }
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
