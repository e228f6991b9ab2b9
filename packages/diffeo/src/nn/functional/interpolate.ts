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
}
export const interpolateNames: Names<InterpolateOptions> = {
  size: true, scaleFactor: true, mode: true, alignCorners: true,
}

/** One summand of an interpolation along an axis: where it reads, and with what weight (none: 1). */
interface Tap { readonly at: Int32Array; readonly weight?: Float64Array }

/** How each mode reads, and over how many axes it goes (0: any). */
const modes: Readonly<Record<InterpolationMode, { taps: number; axes: number }>> = {
  nearest: { taps: 1, axes: 0 }, 'nearest-exact': { taps: 1, axes: 0 }, area: { taps: 0, axes: 0 },
  linear: { taps: 2, axes: 1 }, bilinear: { taps: 2, axes: 2 }, trilinear: { taps: 2, axes: 3 },
  bicubic: { taps: 4, axes: 2 },
}

/** Keys' cubic with a = −0.75, at a distance up to 2. Keys, "Cubic convolution interpolation" (1981). */
function cubic(distance: number): number {
  const [a, d] = [-0.75, Math.abs(distance)]
  return d <= 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
}

const clamp = (i: number, n: number): number => Math.max(0, Math.min(n - 1, i))

function nearest(n: number, size: number, step: number, offset: number): Tap[] {
  return [{ at: Int32Array.from({ length: size }, (_, i) => clamp(Math.floor((i + offset) * step), n)) }]
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

interface Target { readonly size: readonly number[]; readonly steps: readonly number[] }
function targetOf(space: readonly number[], options: InterpolateOptions): Target {
  const { size, scaleFactor } = options
  if ((size === undefined) === (scaleFactor === undefined))
    throw new ShapeError('interpolate: give either size or scaleFactor')
  if (size !== undefined) {
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
  return { size: made, steps: list.map(f => 1 / f) }
}

/**
 * `[batch, channels, ...space]` at another size, interpolated along each axis.
 * @param options - `size` or `scaleFactor`; `mode` ('nearest', 'nearest-exact', 'linear', 'bilinear', 'bicubic',
 * 'trilinear', 'area'); `alignCorners` (false)
 * @throws ShapeError where the mode does not go with the number of axes, or not exactly one of size and scaleFactor is
 * given
 * @example
 * nn.interpolate(tensor([[[1, 2]]]), { scaleFactor: 2 }) // [[[1, 1, 2, 2]]]
 */
export function interpolate(x: Tensor, options: InterpolateOptions): Tensor {
  checkOptions('interpolate', options, interpolateNames)
  const { mode = 'nearest', alignCorners = false } = options
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
  const { size, steps } = targetOf(space, options)
  if (taps === 0) return [adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d][space.length - 1](x, size)
  return size.reduce((out, d, i) => {
    const n = space[i]
    const way = taps === 1
      ? nearest(n, d, steps[i], mode === 'nearest' ? 0 : 0.5)
      : smooth(n, d, steps[i], taps, alignCorners)
    return readAxis(out, i + 2, way)
  }, x)
}
