/** @file Max pooling that says where each maximum stood, and its opposite. A place is row-major over the space. */
import { arange, zeros, type Tensor } from '../../tensor/index.ts'
import { checkTensor, greatestOfWindows } from '../../tensor/internal.ts'
import { isInteger } from '../../graph/dtype.ts'
import { DTypeError, ShapeError } from '../../util/errors.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { sizes, type Size } from '../sizes.ts'
import { checkPooled, maxPoolNames, windowsOf, type MaxPoolOptions } from './pool.ts'

/** Values, and the places that they had: int32, row-major over the last axes of the input. */
export type WithIndices = [values: Tensor, indices: Tensor]

const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1)

/** Where element `which` of each window stands in an input whose last axes are `space`. */
function places(which: Tensor, space: readonly number[], w: ReturnType<typeof windowsOf>): Tensor {
  const n = space.length
  const out = which.shape.slice(-n)
  const { device } = which
  return space.map((_, i) => {
    // the coordinate of the element inside its window, then of the window's start
    const inside = which.floorDiv(product(w.size.slice(i + 1))).mod(w.size[i]).mul(w.dilation[i])
    const start = arange(out[i], { dtype: 'int32', device }).mul(w.stride[i]).sub(w.pad[i][0])
    return inside.add(start.reshape([out[i], ...out.slice(i + 1).map(() => 1)])).mul(product(space.slice(i + 1)))
  }).reduce((a, b) => a.add(b))
}

function maxPool(n: number, x: Tensor, kernelSize: Size, options: MaxPoolOptions): WithIndices {
  const op = `maxPool${n}dWithIndices`
  checkOptions(op, options, maxPoolNames)
  const windows = windowsOf(op, n, x, kernelSize, options)
  const { beyond: _, ...attrs } = windows
  const { which, values } = greatestOfWindows(x, attrs)
  return [values, places(which, x.shape.slice(-n), windows)]
}

export interface MaxUnpoolOptions {
  /** The window's size if it is not given. */
  stride?: Size
  padding?: Size
  /** Of the output's last axes, where the size follows not from that of the pooled input alone. */
  outputSize?: readonly number[]
}
export const maxUnpoolNames: Names<MaxUnpoolOptions> = { stride: true, padding: true, outputSize: true }

/** The sizes of what was pooled; a window that did not fill adds up to one stride. */
function unpooledSize(
  op: string, n: number, x: Tensor, kernelSize: Size, options: MaxUnpoolOptions,
): readonly number[] {
  const kernel = sizes(`${op}: the window`, kernelSize, n)
  const stride = sizes(`${op}: stride`, options.stride ?? kernel, n)
  const padding = sizes(`${op}: padding`, options.padding ?? 0, n, 0)
  const usual = x.shape.slice(-n).map((d, i) => (d - 1) * stride[i] - 2 * padding[i] + kernel[i])
  if (!options.outputSize) return usual
  const wanted = sizes(`${op}: outputSize`, options.outputSize.slice(-n), n)
  if (wanted.some((d, i) => d <= usual[i] - stride[i] || d >= usual[i] + stride[i])) {
    throw new ShapeError(
      `${op}: outputSize is [${wanted.join(',')}]: with the input [${x.shape.join(',')}] each axis must be less than a ` +
        `stride from [${usual.join(',')}]`,
    )
  }
  return wanted
}

function maxUnpool(n: number, x: Tensor, indices: Tensor, kernelSize: Size, options: MaxUnpoolOptions): Tensor {
  const op = `maxUnpool${n}d`
  checkOptions(op, options, maxUnpoolNames)
  checkPooled(op, n, x)
  checkTensor(op, 'indices', indices, x)
  if (!isInteger(indices.dtype))
    throw new DTypeError(`${op}: the indices are ${indices.dtype}: pass those of maxPool${n}dWithIndices`)
  if (indices.shape.join() !== x.shape.join())
    throw new ShapeError(`${op}: the indices are [${indices.shape.join(',')}], the input [${x.shape.join(',')}]`)
  const size = unpooledSize(op, n, x, kernelSize, options)
  const lead = x.shape.slice(0, -n)
  const flat = zeros([...lead, product(size)], { dtype: x.dtype, device: x.device })
  const rows = (t: Tensor): Tensor => t.reshape([...lead, -1])
  return flat.scatter(-1, rows(indices), rows(x)).reshape([...lead, ...size])
}

/** maxPool1d, and where each maximum stood. `[..., length]` → two of `[..., ol]` */
export const maxPool1dWithIndices = (x: Tensor, kernelSize: Size, options: MaxPoolOptions = {}): WithIndices =>
  maxPool(1, x, kernelSize, options)
/**
 * maxPool2d, and where each maximum stood: row · width + column. `[..., h, w]` → two of `[..., oh, ow]`
 * @example
 * const [y, at] = nn.maxPool2dWithIndices(tensor([[[1, 2], [4, 3]]]), 2)
 * at.arraySync() // [[[2]]]
 */
export const maxPool2dWithIndices = (x: Tensor, kernelSize: Size, options: MaxPoolOptions = {}): WithIndices =>
  maxPool(2, x, kernelSize, options)
/** maxPool3d, and where each maximum stood. `[..., d, h, w]` → two of `[..., od, oh, ow]` */
export const maxPool3dWithIndices = (x: Tensor, kernelSize: Size, options: MaxPoolOptions = {}): WithIndices =>
  maxPool(3, x, kernelSize, options)

/** Each value at the place that its index names, 0 elsewhere. `[..., ol]` → `[..., length]` */
export const maxUnpool1d = (
  x: Tensor, indices: Tensor, kernelSize: Size, options: MaxUnpoolOptions = {},
): Tensor => maxUnpool(1, x, indices, kernelSize, options)
/**
 * Each value at the place that its index names, 0 elsewhere: what is left of maxPool2d's input. `[..., oh, ow]` →
 * `[..., h, w]`; an index beyond the output is an error when it runs.
 * @example
 * const [y, at] = nn.maxPool2dWithIndices(tensor([[[1, 2], [4, 3]]]), 2)
 * nn.maxUnpool2d(y, at, 2).arraySync() // [[[0, 0], [4, 0]]]
 */
export const maxUnpool2d = (
  x: Tensor, indices: Tensor, kernelSize: Size, options: MaxUnpoolOptions = {},
): Tensor => maxUnpool(2, x, indices, kernelSize, options)
/** Each value at the place that its index names, 0 elsewhere. `[..., od, oh, ow]` → `[..., d, h, w]` */
export const maxUnpool3d = (
  x: Tensor, indices: Tensor, kernelSize: Size, options: MaxUnpoolOptions = {},
): Tensor => maxUnpool(3, x, indices, kernelSize, options)
