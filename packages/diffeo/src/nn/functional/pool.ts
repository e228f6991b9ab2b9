/** @file Pooling of windows over the last one, two or three axes. */
import { ones, type Tensor } from '../../tensor/index.ts'
import { checkTensor, inFloat32, reduceWindow, type WindowAttrs } from '../../tensor/internal.ts'
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
  divisorOverride?: number | null
}

export type LpPoolOptions = Omit<PoolOptions, 'padding'>

const poolNames: Names<PoolOptions> = { stride: true, padding: true, ceilMode: true }
export const maxPoolNames: Names<MaxPoolOptions> = { ...poolNames, dilation: true }
export const lpPoolNames: Names<LpPoolOptions> = { stride: true, ceilMode: true }
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

const axesNames = ['length', 'height, width', 'depth, height, width']

/** @throws ShapeError unless x is [batch, channels, ...n axes], or that without batch */
export function checkPooled(op: string, n: number, x: Tensor): void {
  checkTensor(op, 'input', x)
  if (x.rank === n + 1 || x.rank === n + 2) return
  throw new ShapeError(
    `${op}: the input is [${x.shape.join(',')}]: expected [batch, channels, ${axesNames[n - 1]}], or that without batch`,
  )
}

/** The windows of an input. @throws ShapeError where they do not fit it */
export function windowsOf(op: string, n: number, x: Tensor, kernelSize: Size, options: MaxPoolOptions): Windows {
  checkPooled(op, n, x)
  const size = sizes(`${op}: the window`, kernelSize, n)
  const stride = sizes(`${op}: stride`, options.stride ?? size, n)
  const dilation = sizes(`${op}: dilation`, options.dilation ?? 1, n)
  const padding = sizes(`${op}: padding`, options.padding ?? 0, n, 0)
  padding.forEach((p, i) => {
    if (p * 2 > size[i])
      throw new ShapeError(
        `${op}: padding ${p} is more than half of the window's size ${size[i]}: windows would lie in the padding`,
      )
  })
  const space = x.shape.slice(-n)
  const beyond = space.map((d, i) => (options.ceilMode ? overhang(d, size[i], stride[i], padding[i], dilation[i]) : 0))
  return { size, stride, dilation, beyond, pad: padding.map((p, i) => [p, p + beyond[i]] as const) }
}

function maxPool(n: number, x: Tensor, kernelSize: Size, options: MaxPoolOptions): Tensor {
  const op = `maxPool${n}d`
  checkOptions(op, options, maxPoolNames)
  const { beyond: _, ...attrs } = windowsOf(op, n, x, kernelSize, options)
  return reduceWindow(x, 'max', attrs)
}

function avgPool(
  n: number, x: Tensor, kernelSize: Size, options: AvgPoolOptions, op = `avgPool${n}d`,
): Tensor {
  checkOptions(op, options, avgPoolNames)
  const { countIncludePad = true, divisorOverride = null } = options
  const { beyond, ...attrs } = windowsOf(op, n, x, kernelSize, options)
  return inFloat32(x, w => meanOf(w, attrs, beyond, countIncludePad, divisorOverride))
}

function meanOf(
  x: Tensor, attrs: WindowAttrs, beyond: readonly number[], countIncludePad: boolean, divisor: number | null,
): Tensor {
  const sum = reduceWindow(x, 'add', attrs)
  if (divisor !== null) return sum.mul(1 / divisor)
  const counted = attrs.pad.map(
    ([before], i) => (countIncludePad ? [0, beyond[i]] : [before, before + beyond[i]]) as [number, number],
  )
  if (counted.every(([before, after]) => before + after === 0)) return sum.mul(1 / attrs.size.reduce((a, b) => a * b))
  // windows differ in how many elements they have: count ones in the same windows
  const space = x.shape.slice(-attrs.size.length).map((d, i) => (countIncludePad ? d + 2 * attrs.pad[i][0] : d))
  return sum.div(reduceWindow(ones(space, { dtype: x.dtype, device: x.device }), 'add', { ...attrs, pad: counted }))
}

function lpPool(n: number, x: Tensor, p: number, kernelSize: Size, options: LpPoolOptions): Tensor {
  const op = `lpPool${n}d`
  checkOptions(op, options, lpPoolNames)
  checkTensor(op, 'input', x)
  if (!(p > 0)) throw new ShapeError(`${op}: p is ${String(p)}: expected a number above 0`)
  // the mean times the window's size: as in PyTorch, a window that reaches over the end counts as if it were full
  const full = sizes(`${op}: the window`, kernelSize, n).reduce((a, b) => a * b)
  return inFloat32(x, w => avgPool(n, w.pow(p), kernelSize, options, op).mul(full).relu().pow(1 / p))
}

/** The greatest of each window; the gradient goes to the first greatest. `[..., length]` → `[..., ol]` */
export const maxPool1d = (x: Tensor, kernelSize: Size, options: MaxPoolOptions = {}): Tensor =>
  maxPool(1, x, kernelSize, options)
/** The greatest of each window; the gradient goes to the first greatest. `[..., h, w]` → `[..., oh, ow]` */
export const maxPool2d = (x: Tensor, kernelSize: Size, options: MaxPoolOptions = {}): Tensor =>
  maxPool(2, x, kernelSize, options)
/** The greatest of each window; the gradient goes to the first greatest. `[..., d, h, w]` → `[..., od, oh, ow]` */
export const maxPool3d = (x: Tensor, kernelSize: Size, options: MaxPoolOptions = {}): Tensor =>
  maxPool(3, x, kernelSize, options)

/** The mean of each window. `[..., length]` → `[..., ol]` */
export const avgPool1d = (x: Tensor, kernelSize: Size, options: AvgPoolOptions = {}): Tensor =>
  avgPool(1, x, kernelSize, options)
/** The mean of each window. `[..., h, w]` → `[..., oh, ow]` */
export const avgPool2d = (x: Tensor, kernelSize: Size, options: AvgPoolOptions = {}): Tensor =>
  avgPool(2, x, kernelSize, options)
/** The mean of each window. `[..., d, h, w]` → `[..., od, oh, ow]` */
export const avgPool3d = (x: Tensor, kernelSize: Size, options: AvgPoolOptions = {}): Tensor =>
  avgPool(3, x, kernelSize, options)

/** (Σxᵖ)^(1/p) of each window. `[..., length]` → `[..., ol]` */
export const lpPool1d = (x: Tensor, p: number, kernelSize: Size, options: LpPoolOptions = {}): Tensor =>
  lpPool(1, x, p, kernelSize, options)
/** (Σxᵖ)^(1/p) of each window. `[..., h, w]` → `[..., oh, ow]` */
export const lpPool2d = (x: Tensor, p: number, kernelSize: Size, options: LpPoolOptions = {}): Tensor =>
  lpPool(2, x, p, kernelSize, options)
/** (Σxᵖ)^(1/p) of each window. `[..., d, h, w]` → `[..., od, oh, ow]` */
export const lpPool3d = (x: Tensor, p: number, kernelSize: Size, options: LpPoolOptions = {}): Tensor =>
  lpPool(3, x, p, kernelSize, options)
