/** @file Images, sequences and volumes at other sizes. */
import { tensor, type Tensor } from '../../tensor/index.ts'
import { ShapeError } from '../../util/errors.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { positive, sizes, type Size } from '../sizes.ts'
import { adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d } from './adaptive-pool.ts'

export type InterpolationMode = 'nearest' | 'nearest-exact' | 'linear' | 'bilinear' | 'bicubic' | 'trilinear' | 'area'
export interface InterpolateOptions {
  /** Of the output: one for all axes, or one an axis. This or `scaleFactor` is given. */
  size?: Size
  /** What sizes are multiplied by; the output's are rounded down. */
  scaleFactor?: Size
  /** 'nearest' unless given. */
  mode?: InterpolationMode
  /** Whether the corners' centres meet, instead of the corners (linear and cubic modes). */
  alignCorners?: boolean
  /** Whether a smaller output averages over all pixels that it stands for (false); 'bilinear' and 'bicubic'. */
  antialias?: boolean
  /** Whether steps are those of the sizes, where `scaleFactor` was rounded to one (false). */
  recomputeScaleFactor?: boolean
}
export const interpolateNames: Names<InterpolateOptions> = {
  size: true, scaleFactor: true, mode: true, alignCorners: true, antialias: true, recomputeScaleFactor: true,
}

/** One summand of an interpolation along an axis: where it reads, and with what weight (none: 1). */
interface Tap { readonly at: Int32Array; readonly weight?: Float64Array }

/** How each mode reads, and over how many axes it goes (0: any). */
const modes: Readonly<Record<InterpolationMode, { taps: number; axes: number }>> = {
  nearest: { taps: 1, axes: 0 }, 'nearest-exact': { taps: 1, axes: 0 }, area: { taps: 0, axes: 0 },
  linear: { taps: 2, axes: 1 }, bilinear: { taps: 2, axes: 2 }, trilinear: { taps: 2, axes: 3 },
  bicubic: { taps: 4, axes: 2 },
}

/** Keys' cubic, at a distance up to 2. Keys, "Cubic convolution interpolation" (1981). */
function cubic(distance: number, a = -0.75): number {
  const d = Math.abs(distance)
  return d <= 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
}

const clamp = (i: number, n: number): number => Math.max(0, Math.min(n - 1, i))

/** Places are found in single precision, as PyTorch does; it halves and copies exactly, whatever the factor was. */
function nearest(n: number, size: number, step: number, isExact: boolean): Tap[] {
  const single = Math.fround(step)
  const at = (i: number): number => {
    if (isExact) return Math.floor(Math.fround((i + 0.5) * single))
    return size === n ? i : size === 2 * n ? i >> 1 : Math.floor(Math.fround(i * single))
  }
  return [{ at: Int32Array.from({ length: size }, (_, i) => clamp(at(i), n)) }]
}

/** Two taps (linear) or four (cubic) around the place that each output has in the input. */
function smooth(n: number, size: number, step: number, count: number, alignCorners: boolean): Tap[] {
  const place = (i: number): number => {
    if (alignCorners) return size > 1 ? (i * (n - 1)) / (size - 1) : 0
    const x = (i + 0.5) * step - 0.5
    return count === 2 ? Math.max(0, x) : x
  }
  const weigh = count === 2 ? (d: number) => 1 - Math.abs(d) : cubic
  return Array.from({ length: count }, (_, t) => {
    const shift = t - (count / 2 - 1)
    const at = Int32Array.from({ length: size }, (_, i) => clamp(Math.floor(place(i)) + shift, n))
    const weight = Float64Array.from({ length: size }, (_, i) => weigh(Math.floor(place(i)) + shift - place(i)))
    return { at, weight }
  })
}

function readAxis(x: Tensor, axis: number, taps: readonly Tap[]): Tensor {
  const behind = x.shape.slice(axis + 1).map(() => 1)
  const parts = taps.map(({ at, weight }) => {
    const rows = x.indexSelect(axis, tensor(at, { device: x.device }))
    if (!weight) return rows
    return rows.mul(tensor(weight, { shape: [weight.length, ...behind], dtype: x.dtype, device: x.device }))
  })
  return parts.reduce((sum, part) => sum.add(part))
}

/**
 * Each output as the mean of the inputs below a filter that is as much wider as the output is smaller: PyTorch's (and
 * Pillow's) triangle or cubic with a = −0.5. As in PyTorch `alignCorners` changes the step alone.
 */
function averaged(
  x: Tensor,
  axis: number,
  size: number,
  step: number,
  isCubic: boolean,
  alignCorners: boolean,
): Tensor {
  const n = x.shape[axis]
  const scale = alignCorners ? (size > 1 ? (n - 1) / (size - 1) : 0) : step
  const wide = Math.max(1, scale)
  const reach = wide * (isCubic ? 2 : 1)
  const filter = (d: number): number => {
    if (isCubic) return Math.abs(d) < 2 ? cubic(d, -0.5) : 0
    return Math.max(0, 1 - Math.abs(d))
  }
  const rows = Array.from({ length: size }, (_, i) => {
    const centre = scale * (i + 0.5)
    const from = Math.max(0, Math.trunc(centre - reach + 0.5))
    const to = Math.min(n, Math.trunc(centre + reach + 0.5))
    const weights = Array.from({ length: to - from }, (_, j) => filter((from + j - centre + 0.5) / wide))
    const total = weights.reduce((a, b) => a + b, 0)
    return { from, weights: weights.map(w => w / total) }
  })
  const taps = Math.max(...rows.map(r => r.weights.length))
  const places = Int32Array.from(rows.flatMap(r => Array.from({ length: taps }, (_, j) => Math.min(n - 1, r.from + j))))
  const weights = Float64Array.from(rows.flatMap(r => Array.from({ length: taps }, (_, j) => r.weights[j] ?? 0)))
  const shape = [size, taps, ...x.shape.slice(axis + 1).map(() => 1)]
  const read = x.indexSelect(axis, tensor(places, { device: x.device })).unflatten(axis, [size, taps])
  return read.mul(tensor(weights, { shape, dtype: x.dtype, device: x.device })).sum(axis + 1)
}

interface Target { readonly size: readonly number[]; readonly steps: readonly number[] }
function targetOf(space: readonly number[], options: InterpolateOptions): Target {
  const { size, scaleFactor, recomputeScaleFactor = false } = options
  if ((size === undefined) === (scaleFactor === undefined))
    throw new ShapeError('interpolate: give either size or scaleFactor')
  if (size !== undefined) {
    if (recomputeScaleFactor)
      throw new ShapeError('interpolate: recomputeScaleFactor goes with scaleFactor, and size is given')
    const list = sizes('interpolate: size', size, space.length)
    return { size: list, steps: list.map((d, i) => space[i] / d) }
  }
  const factors = [scaleFactor!].flat() as number[]
  const list = space.map((_, i) => (factors.length === 1 ? factors[0] : factors[i]))
  if (!(factors.length === 1 || factors.length === space.length) || !list.every(f => f > 0 && f < Infinity))
    throw new ShapeError(
      `interpolate: scaleFactor is ${String(scaleFactor)}: expected a number above 0, or one an axis`,
    )
  const made = space.map((d, i) => positive('interpolate: a size of the output', Math.floor(d * list[i])))
  return { size: made, steps: recomputeScaleFactor ? made.map((d, i) => space[i] / d) : list.map(f => 1 / f) }
}

/**
 * `[batch, channels, ...space]` at another size, interpolated along each axis.
 * @param options - `size` or `scaleFactor`; `mode` ('nearest', 'nearest-exact', 'linear', 'bilinear', 'bicubic',
 * 'trilinear', 'area'); `alignCorners` (false); `antialias` (false); `recomputeScaleFactor` (false)
 * @throws ShapeError where the mode does not go with the number of axes, or not exactly one of size and scaleFactor is
 * given
 * @example
 * nn.interpolate(tensor([[[1, 2]]]), { scaleFactor: 2 }) // [[[1, 1, 2, 2]]]
 */
export function interpolate(x: Tensor, options: InterpolateOptions): Tensor {
  checkOptions('interpolate', options, interpolateNames)
  const { mode = 'nearest', alignCorners = false, antialias = false } = options
  if (!Object.hasOwn(modes, mode))
    throw new ShapeError(`interpolate: there is no mode '${String(mode)}': ${Object.keys(modes).join(', ')}`)
  const { taps, axes } = modes[mode]
  const space = x.shape.slice(2)
  if (space.length < 1 || space.length > 3 || (axes > 0 && axes !== space.length)) {
    const wanted = axes > 0 ? `${axes}` : '1 to 3'
    throw new ShapeError(
      `interpolate: the input is [${x.shape.join(',')}]: mode '${mode}' takes [batch, channels, ...${wanted} axes]`,
    )
  }
  if (antialias && mode !== 'bilinear' && mode !== 'bicubic')
    throw new ShapeError(`interpolate: antialias goes with modes 'bilinear' and 'bicubic', the mode is '${mode}'`)
  const { size, steps } = targetOf(space, options)
  if (taps === 0) return [adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d][space.length - 1](x, size)
  return size.reduce((out, d, i) => {
    const n = space[i]
    // as PyTorch, whatever the factor was
    if (taps === 2 && d === n && !antialias) return out
    if (antialias) return averaged(out, i + 2, d, steps[i], mode === 'bicubic', alignCorners)
    const way = taps === 1
      ? nearest(n, d, steps[i], mode === 'nearest-exact')
      : smooth(n, d, steps[i], taps, alignCorners)
    return readAxis(out, i + 2, way)
  }, x)
}
