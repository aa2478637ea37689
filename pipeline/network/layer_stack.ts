/** The layers that networks are stacked of, and how they are found again in a network by their names. */

import * as tfl from "@tensorflow/tfjs-layers";

/** PyTorch's defaults; tfjs's momentum is the share that is kept. */
const NORM = { epsilon: 1e-5, momentum: 0.9 } as const;

/** Rows and columns that a 3x3 convolution takes from each side. */
const CUT = 1;

/** Adds layers to symbolic tensors; each with weights starts from the next seed. */
export class LayerStack {
  #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Filters without a bias: the normalisation behind them has a shift of its own. */
  convolution(
    x: tfl.SymbolicTensor,
    name: string,
    filters: number,
    side: number,
  ): tfl.SymbolicTensor {
    const kernelInitializer = uniformInitializer(this.#seed++);
    return apply(
      tfl.layers.conv2d({ name, filters, kernelSize: side, useBias: false, kernelInitializer }),
      x,
    );
  }

  /** A batch normalisation alone. */
  normalisation(x: tfl.SymbolicTensor, name: string): tfl.SymbolicTensor {
    return apply(tfl.layers.batchNormalization({ name, ...NORM }), x);
  }

  /** A batch normalisation with a ReLU, which the kernels fuse. */
  activation(x: tfl.SymbolicTensor, name: string): tfl.SymbolicTensor {
    return apply(tfl.layers.reLU({ name: `relu${name}` }), this.normalisation(x, `norm${name}`));
  }

  /** The largest of every 2x2 pixels. */
  pool(x: tfl.SymbolicTensor, name: string): tfl.SymbolicTensor {
    return apply(tfl.layers.maxPooling2d({ name, poolSize: 2 }), x);
  }

  /**
   * Two convolutions, each with normalisation and ReLU before it, added to what of x lies under their
   * output; x is brought to their number of channels by 1x1 filters where it has another.
   */
  block(
    x: tfl.SymbolicTensor,
    name: string,
    { filters, pool }: { readonly filters: number; readonly pool: boolean },
  ): tfl.SymbolicTensor {
    const first = this.activation(x, `${name}a`);
    const middle = this.convolution(first, `conv${name}a`, filters, 3);
    const branch = this.convolution(
      this.activation(middle, `${name}b`),
      `conv${name}b`,
      filters,
      3,
    );
    const isSame = x.shape.at(-1) === filters;
    const cut = apply(
      tfl.layers.cropping2D({ name: `cut${name}`, cropping: 2 * CUT }),
      isSame ? x : first,
    );
    const straight = isSame ? cut : this.convolution(cut, `conv${name}c`, filters, 1);
    const sum = this.sum([branch, straight], `add${name}`);
    return pool ? this.pool(sum, `pool${name}`) : sum;
  }

  sum(terms: tfl.SymbolicTensor[], name: string): tfl.SymbolicTensor {
    return tfl.layers.add({ name }).apply(terms) as tfl.SymbolicTensor;
  }

  /** x in the middle of a larger image of zeros, itself if it is as large; an odd row or column is the last. */
  padded(
    x: tfl.SymbolicTensor,
    name: string,
    { height, width }: { readonly height: number; readonly width: number },
  ): tfl.SymbolicTensor {
    const [, high, wide] = x.shape as [null, number, number];
    const [down, across] = [height - high, width - wide];
    if (down === 0 && across === 0) return x;
    const halves = (
      count: number,
    ): [number, number] => [Math.floor(count / 2), Math.ceil(count / 2)];
    return apply(
      tfl.layers.zeroPadding2d({ name, padding: [halves(down), halves(across)] }),
      x,
    );
  }

  /** Twice the side: four numbers a filter in place of each pixel. */
  enlarged(
    x: tfl.SymbolicTensor,
    name: string,
    filters: number,
    { fromZero = false }: { readonly fromZero?: boolean } = {},
  ): tfl.SymbolicTensor {
    const kernelInitializer = uniformInitializer(this.#seed++);
    return apply(
      tfl.layers.conv2dTranspose({
        ...{ name, filters, kernelSize: 2, strides: 2, useBias: false },
        kernelInitializer: fromZero ? "zeros" : kernelInitializer,
      }),
      x,
    );
  }

  /**
   * Adds a number of its own to each of x, which training leaves as it is. Stock tfjs has no layer for that
   * but a normalisation that does nothing else: of all numbers as channels, with a mean of 0 and a variance
   * that its epsilon makes 1.
   */
  offset(x: tfl.SymbolicTensor, name: string): tfl.SymbolicTensor {
    const shape = x.shape.slice(1) as number[];
    const flat = apply(tfl.layers.flatten({ name: `flatten_${name}` }), x);
    const variance = 1 - NORM.epsilon;
    const moved = apply(
      tfl.layers.batchNormalization({
        ...{ name, ...NORM, scale: false, trainable: false },
        movingVarianceInitializer: tfl.initializers.constant({ value: variance }) as never,
      }),
      flat,
    );
    return apply(tfl.layers.reshape({ name: `${name}_maps`, targetShape: shape }), moved);
  }

  /** Each number as a probability. */
  probabilities(x: tfl.SymbolicTensor, name: string): tfl.SymbolicTensor {
    return apply(tfl.layers.activation({ name, activation: "sigmoid" }), x);
  }

  /** A fully connected layer on all numbers of x. */
  dense(x: tfl.SymbolicTensor, name: string, units: number): tfl.SymbolicTensor {
    const kernelInitializer = uniformInitializer(this.#seed++);
    const flat = apply(tfl.layers.flatten({ name: "flatten" }), x);
    return apply(tfl.layers.dense({ name, units, kernelInitializer }), flat);
  }
}

function apply(layer: tfl.layers.Layer, x: tfl.SymbolicTensor): tfl.SymbolicTensor {
  return layer.apply(x) as tfl.SymbolicTensor;
}

/** The layer that adds the prior to the maps of a head that has one. */
export const PRIOR = "prior";

/** The layer of a network that adds the prior; undefined if it has none. */
export function priorLayer({ layers }: tfl.LayersModel): tfl.layers.Layer | undefined {
  return layers.find(({ name }) => name === PRIOR);
}

/** The layers of a network that enlarge, first to last. */
export function enlargingLayers({ layers }: tfl.LayersModel): tfl.layers.Layer[] {
  return ofClass(layers, "Conv2DTranspose");
}

/** A normalisation and the layers behind it that a kernel can take over with it. */
export interface NormLayers {
  readonly norm: tfl.layers.Layer;
  /** The ReLU behind it. */
  readonly relu: tfl.layers.Layer | null;
  /** The pool behind that. */
  readonly pool: tfl.layers.Layer | null;
}

/** The normalisations of a network with what is behind them, first to last. */
export function normLayers({ layers }: tfl.LayersModel): NormLayers[] {
  const named = new Map(layers.map((layer) => [layer.name, layer]));
  return ofClass(layers, "BatchNormalization").filter(({ name }) => name !== PRIOR).map((norm) => ({
    norm,
    relu: norm.name.startsWith("norm")
      ? named.get(norm.name.replace("norm", "relu")) ?? null
      : null,
    pool: norm.name === "norm1" ? named.get("pool") ?? null : null,
  }));
}

/** The convolutions of a network, first to last. */
export function convLayers({ layers }: tfl.LayersModel): tfl.layers.Layer[] {
  return ofClass(layers, "Conv2D");
}

function ofClass(layers: readonly tfl.layers.Layer[], name: string): tfl.layers.Layer[] {
  return layers.filter((layer) => layer.getClassName() === name);
}

/** Uniform within ±1/√fanIn, as PyTorch's convolution and linear layers start. */
function uniformInitializer(seed: number): ReturnType<typeof tfl.initializers.varianceScaling> {
  return tfl.initializers.varianceScaling({
    scale: 1 / 3,
    mode: "fanIn",
    distribution: "uniform",
    seed,
  });
}
