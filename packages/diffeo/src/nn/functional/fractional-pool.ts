/** @file Max pooling by a factor that is not whole. Graham, "Fractional max-pooling" (2014), with random windows. */
import { arange, rand, slice, tensor, type Tensor, where } from '../../tensor/index.ts'
import { checkTensor } from '../../tensor/internal.ts'
import { ShapeError } from '../../util/errors.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { sizes, type Size } from '../sizes.ts'
import type { WithIndices } from './pool-indices.ts'
import { checkPooled } from './pool.ts'

export interface FractionalMaxPoolOptions {
  /** Of the output: one for all axes, or one an axis. This or `outputRatio` is given. */
  outputSize?: Size
  /** Of the output's sizes to the input's: between 0 and 1. */
  outputRatio?: number | readonly number[]
  /** Where windows begin: numbers from 0 to below 1 `[batch, channels, axes]`, the last axis of the input first. */
  randomSamples?: Tensor | null
}
export const fractionalNames: Names<FractionalMaxPoolOptions> = {
  outputSize: true, outputRatio: true, randomSamples: true,
}

/** @throws ShapeError unless just one of the two is given, and the ratio is between 0 and 1 */
export function checkFractional(op: string, n: number, { outputSize, outputRatio }: FractionalMaxPoolOptions): void {
  if ((outputSize === undefined) === (outputRatio === undefined))
    throw new ShapeError(`${op}: give either outputSize or outputRatio`)
  if (outputRatio === undefined) return
  const ratios = typeof outputRatio === 'number' ? new Array<number>(n).fill(outputRatio) : outputRatio
  if (ratios.length !== n || !ratios.every(r => r > 0 && r < 1))
    throw new ShapeError(`${op}: outputRatio is ${String(outputRatio)}: expected one for all or ${n}, between 0 and 1`)
}

function outputOf(op: string, space: readonly number[], kernel: readonly number[], o: FractionalMaxPoolOptions) {
  checkFractional(op, space.length, o)
  const { outputSize, outputRatio } = o
  const ratio = (i: number): number => (Array.isArray(outputRatio) ? outputRatio[i] : outputRatio) as number
  const size = outputSize === undefined
    ? space.map((d, i) => Math.floor(d * ratio(i)))
    : sizes(`${op}: outputSize`, outputSize, space.length)
  size.forEach((d, i) => {
    if (d < 1 || d + kernel[i] - 1 > space[i]) {
      throw new ShapeError(
        `${op}: ${d} windows of ${kernel[i]} elements do not fit into ${space[i]}: at most ${space[i] - kernel[i] + 1} do`,
      )
    }
  })
  return size
}

/**
 * Where the windows of one axis begin, `[rows, count]` int32: ⌊(i + u)·α⌋ − ⌊u·α⌋ with α = (n − k)/(count − 1), and
 * n − k the last one.
 */
function starts(u: Tensor, n: number, kernel: number, count: number): Tensor {
  const last = n - kernel
  const options = { dtype: u.dtype, device: u.device } as const
  const alpha = count > 1 ? last / (count - 1) : 0
  const i = arange(count, options)
  const from = u.unsqueeze(1)
  const begin = from.add(i).mul(alpha).floor().sub(from.mul(alpha).floor())
  return where(i.eq(count - 1), tensor(last, options), begin).cast('int32')
}

/** Positions of all elements of all windows `[rows, ...counts, ...kernel]`, row-major over the space. */
function positions(u: Tensor, space: readonly number[], kernel: readonly number[], counts: readonly number[]): Tensor {
  const n = space.length
  return space.map((d, i) => {
    // the samples begin with the last axis of two; of three axes they are in order
    const from = starts(u.index(slice(), n === 2 ? n - 1 - i : i), d, kernel[i], counts[i])
    const inside = arange(kernel[i], { dtype: 'int32', device: u.device })
    const shape = [u.shape[0], ...counts.map((c, k) => (k === i ? c : 1)), ...kernel.map(() => 1)]
    const along = inside.reshape(kernel.map((k, j) => (j === i ? k : 1)))
    return from.reshape(shape).add(along).mul(space.slice(i + 1).reduce((a, b) => a * b, 1))
  }).reduce((a, b) => a.add(b))
}

function pooled(n: number, x: Tensor, kernelSize: Size, options: FractionalMaxPoolOptions): WithIndices {
  const op = `fractionalMaxPool${n}d`
  checkOptions(op, options, fractionalNames)
  checkPooled(op, n, x)
  const space = x.shape.slice(-n)
  const kernel = sizes(`${op}: the window`, kernelSize, n)
  const counts = outputOf(op, space, kernel, options)
  const [channels, batch] = [x.shape[x.rank - n - 1], x.rank === n + 2 ? x.shape[0] : 1]
  const wanted = [batch, channels, n]
  const samples = options.randomSamples ?? rand(wanted, { device: x.device })
  checkTensor(op, 'randomSamples', samples, x)
  if (samples.shape.join() !== wanted.join())
    throw new ShapeError(`${op}: randomSamples are [${samples.shape.join(',')}]: expected [${wanted.join(',')}]`)
  const rows = batch * channels
  const at = positions(samples.reshape([rows, n]), space, kernel, counts).reshape([rows, -1])
  const windows = [rows, counts.reduce((a, b) => a * b), kernel.reduce((a, b) => a * b)]
  const flat = x.reshape([rows, -1])
  const which = flat.gather(1, at).reshape(windows).argmax(2, { keepdims: true })
  const places = at.reshape(windows).gather(2, which).squeeze(2)
  const shape = [...x.shape.slice(0, -n), ...counts]
  return [flat.gather(1, places).reshape(shape), places.reshape(shape)]
}

/** fractionalMaxPool2d, and where each maximum stood: row · width + column. */
export const fractionalMaxPool2dWithIndices = (
  x: Tensor, kernelSize: Size, options: FractionalMaxPoolOptions,
): WithIndices => pooled(2, x, kernelSize, options)
/** fractionalMaxPool3d, and where each maximum stood. */
export const fractionalMaxPool3dWithIndices = (
  x: Tensor, kernelSize: Size, options: FractionalMaxPoolOptions,
): WithIndices => pooled(3, x, kernelSize, options)

/**
 * The greatest of each of as many windows as `outputSize` says, or `outputRatio` times the input's sizes; where they
 * begin is random for each channel of each example. `[..., h, w]` → `[..., oh, ow]`
 * @example
 * nn.fractionalMaxPool2d(randn([1, 3, 9, 9]), 2, { outputRatio: 0.7 }).shape // [1, 3, 6, 6]
 */
export const fractionalMaxPool2d = (x: Tensor, kernelSize: Size, options: FractionalMaxPoolOptions): Tensor =>
  pooled(2, x, kernelSize, options)[0]
/** The greatest of each of as many random windows as asked for. `[..., d, h, w]` → `[..., od, oh, ow]` */
export const fractionalMaxPool3d = (x: Tensor, kernelSize: Size, options: FractionalMaxPoolOptions): Tensor =>
  pooled(3, x, kernelSize, options)[0]
