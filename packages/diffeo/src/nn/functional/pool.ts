/** @file Pooling over the last two axes. */
import { ones, tensor, type Tensor } from '../../tensor/index.ts'
import { reduceWindow, type WindowAttrs } from '../../tensor/internal.ts'
import { ShapeError } from '../../util/errors.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { sizes, type Size } from '../sizes.ts'

export interface PoolOptions {
  /** The window's size if it is not given. */
  stride?: Size
  padding?: Size
  /** Whether a window that reaches over the end counts. */
  ceilMode?: boolean
}
export interface MaxPoolOptions extends PoolOptions { dilation?: Size }
export interface AvgPoolOptions extends PoolOptions {
  /** Whether zeros of the padding count in the mean. */
  countIncludePad?: boolean
  /** Divides by this instead of the number of elements. */
  divisorOverride?: number
}

const poolNames: Names<PoolOptions> = { stride: true, padding: true, ceilMode: true }
export const maxPoolNames: Names<MaxPoolOptions> = { ...poolNames, dilation: true }
export const avgPoolNames: Names<AvgPoolOptions> = { ...poolNames, countIncludePad: true, divisorOverride: true }

interface Windows extends WindowAttrs {
  /** What `ceilMode` adds behind the padding. */
  readonly beyond: readonly number[]
}

/**
 * How far the last window reaches over the padded end in ceil mode; a window must begin inside the input or before it.
 */
function overhang(length: number, size: number, stride: number, padding: number, dilation: number): number {
  const reach = (size - 1) * dilation + 1
  const padded = length + 2 * padding
  let count = Math.ceil((padded - reach) / stride) + 1
  if ((count - 1) * stride >= length + padding) count--
  return Math.max(0, (count - 1) * stride + reach - padded)
}

function windowsOf(op: string, x: Tensor, kernelSize: Size, options: MaxPoolOptions): Windows {
  if (x.rank !== 3 && x.rank !== 4) {
    throw new ShapeError(
      `${op}: the input is [${x.shape.join(',')}]: expected [batch, channels, height, width], or that without batch`,
    )
  }
  const size = sizes(`${op}: the window`, kernelSize, 2)
  const stride = sizes(`${op}: stride`, options.stride ?? size, 2)
  const dilation = sizes(`${op}: dilation`, options.dilation ?? 1, 2)
  const padding = sizes(`${op}: padding`, options.padding ?? 0, 2, 0)
  padding.forEach((p, i) => {
    if (p * 2 > size[i])
      throw new ShapeError(
        `${op}: padding ${p} is more than half of the window's size ${size[i]}: windows would lie in the padding`,
      )
  })
  const space = x.shape.slice(-2)
  const beyond = space.map((d, i) => (options.ceilMode ? overhang(d, size[i], stride[i], padding[i], dilation[i]) : 0))
  return { size, stride, dilation, beyond, pad: padding.map((p, i) => [p, p + beyond[i]] as const) }
}

/** The greatest of each window; the gradient goes to the first greatest. `[..., h, w]` → `[..., oh, ow]` */
export function maxPool2d(x: Tensor, kernelSize: Size, options: MaxPoolOptions = {}): Tensor {
  checkOptions('maxPool2d', options, maxPoolNames)
  const { beyond: _, ...attrs } = windowsOf('maxPool2d', x, kernelSize, options)
  return reduceWindow(x, 'max', attrs)
}

/** The mean of each window. `[..., h, w]` → `[..., oh, ow]` */
export function avgPool2d(x: Tensor, kernelSize: Size, options: AvgPoolOptions = {}): Tensor {
  checkOptions('avgPool2d', options, avgPoolNames)
  const { countIncludePad = true, divisorOverride } = options
  const { beyond, ...attrs } = windowsOf('avgPool2d', x, kernelSize, options)
  const sum = reduceWindow(x, 'add', attrs)
  if (divisorOverride !== undefined) return sum.mul(1 / divisorOverride)
  const counted = attrs.pad.map(
    ([before], i) => (countIncludePad ? [0, beyond[i]] : [before, before + beyond[i]]) as [number, number],
  )
  if (counted.every(([before, after]) => before + after === 0)) return sum.mul(1 / (attrs.size[0] * attrs.size[1]))
  // windows differ in how many elements they have: count ones in the same windows
  const space = x.shape.slice(-2).map((d, i) => (countIncludePad ? d + 2 * attrs.pad[i][0] : d))
  return sum.div(reduceWindow(ones(space, { dtype: x.dtype, device: x.device }), 'add', { ...attrs, pad: counted }))
}

/** Rows of means: row i averages the elements ⌊i·n/m⌋ … ⌈(i+1)·n/m⌉ − 1 of n. */
function averaging(n: number, m: number): Float64Array {
  const matrix = new Float64Array(m * n)
  for (let i = 0; i < m; i++) {
    const [from, to] = [Math.floor((i * n) / m), Math.ceil(((i + 1) * n) / m)]
    matrix.fill(1 / (to - from), i * n + from, i * n + to)
  }
  return matrix
}

/** The last axis averaged to `size` places. */
function averageLast(x: Tensor, size: number): Tensor {
  const n = x.shape.at(-1) as number
  if (size === n) return x
  if (size === 1) return x.mean(-1, { keepdims: true })
  if (n % size === 0) return x.unflatten(-1, [size, n / size]).mean(-1)
  const matrix = tensor(averaging(n, size), { shape: [size, n], dtype: x.dtype, device: x.device })
  return x.matmul(matrix.transpose(0, 1))
}

/** The mean of as many even windows as `outputSize` says (null keeps an axis). `[..., h, w]` → `[..., oh, ow]` */
export function adaptiveAvgPool2d(x: Tensor, outputSize: number | readonly [number | null, number | null]): Tensor {
  if (x.rank !== 3 && x.rank !== 4) {
    throw new ShapeError(
      `adaptiveAvgPool2d: the input is [${x.shape.join(',')}]: expected [batch, channels, height, width], or that without batch`,
    )
  }
  const pair = typeof outputSize === 'number' ? [outputSize, outputSize] : outputSize
  const [height, width] = sizes('adaptiveAvgPool2d: the output size', pair.map((d, i) => d ?? x.shape.slice(-2)[i]), 2)
  if (height === 1 && width === 1) return x.mean([-2, -1], { keepdims: true })
  return averageLast(averageLast(x, width).transpose(-2, -1), height).transpose(-2, -1)
}
