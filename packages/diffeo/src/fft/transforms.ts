/** @file The transforms of torch.fft, over one axis and several. */
import { concat, type Tensor } from '../tensor/index.ts'
import { DiffeoError, ShapeError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import { checkComplex, checkReal, conj, real, shapeText } from './complex.ts'
import { dft } from './transform.ts'

/** What the sum is divided by: 'backward' n in the inverse, 'forward' n in the transform, 'ortho' √n in both. */
export type Norm = 'backward' | 'ortho' | 'forward'
export interface TransformOptions {
  /** The length taken: x is cut, or filled up with zeros. */
  n?: number
  /** Not counting the axis of real and imaginary parts; −1. */
  axis?: number
  norm?: Norm
}
export interface ManyOptions {
  /** The length along each axis. */
  s?: readonly number[]
  /** Not counting the axis of real and imaginary parts. */
  axes?: readonly number[]
  norm?: Norm
}

const one = { n: true, axis: true, norm: true } as const
const many = { s: true, axes: true, norm: true } as const

function scaleOf(op: string, n: number, norm: Norm = 'backward', inverse: boolean): number {
  if (norm !== 'backward' && norm !== 'ortho' && norm !== 'forward')
    throw new DiffeoError(`fft.${op}: norm is '${String(norm)}', and must be 'backward', 'ortho' or 'forward'`)
  if (norm === 'ortho') return 1 / Math.sqrt(n)
  return (norm === 'forward') === inverse ? 1 : 1 / n
}

function axisOf(op: string, axis: number, rank: number): number {
  if (Number.isInteger(axis) && axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis
  throw new ShapeError(`fft.${op}: axis ${axis} is not there: the tensor has ${rank}`)
}

/** x with the axis cut or filled up to n. */
function resized(op: string, x: Tensor, axis: number, n: number): Tensor {
  if (!Number.isInteger(n) || n < 1)
    throw new ShapeError(`fft.${op}: the length is ${n}, and must be from 1 up (x has shape ${shapeText(x)})`)
  const d = x.shape[axis]
  if (n < d) return x.split([n, d - n], axis)[0]
  return n === d ? x : x.pad(x.shape.map((_, i) => [0, i === axis ? n - d : 0] as const))
}

/** The axis last, f of it all as [batch, n, ...], and the axis back in its place. */
function along(x: Tensor, axis: number, rank: number, f: (rows: Tensor) => Tensor): Tensor {
  const axes = Array.from({ length: rank }, (_, i) => i).filter(i => i !== axis)
  const pair = x.rank > rank ? [rank] : []
  const moved = x.permute([...axes, axis, ...pair])
  const front = axes.map(i => x.shape[i])
  const size = front.reduce((p, d) => p * d, 1)
  const out = f(moved.reshape([size, ...moved.shape.slice(axes.length)]))
  const placed = out.reshape([...front, ...out.shape.slice(1)])
  const order = Array.from({ length: rank }, (_, i) => (i < axis ? i : i === axis ? rank - 1 : i - 1))
  return placed.permute([...order, ...(placed.rank > rank ? [rank] : [])])
}

function transform(op: string, x: Tensor, options: TransformOptions, sign: 1 | -1): Tensor {
  checkOptions(`fft.${op}`, options, one)
  checkComplex(op, x)
  const rank = x.rank - 1
  const axis = axisOf(op, options.axis ?? -1, rank)
  const n = options.n ?? x.shape[axis]
  const scale = scaleOf(op, n, options.norm, sign === 1)
  return scaledBy(along(resized(op, x, axis, n), axis, rank, rows => dft(rows, sign)), scale)
}
const scaledBy = (x: Tensor, scale: number): Tensor => (scale === 1 ? x : x.mul(scale))

/**
 * The Fourier transform along an axis: Xₖ = Σₙ xₙ e^(−2πi·nk/N). Complex tensors have a last axis of 2, real and
 * imaginary part; for real numbers take `rfft`, or `fft(fft.complex(x))`.
 *
 * Any length: O(n log n) also of prime ones. Gradients are those of a real function of the parts.
 *
 * @param options `n`, the length (x is cut or filled up with 0), `axis` (−1), `norm` ('backward')
 * @throws ShapeError unless the last axis is 2 long
 * @example
 * const z = fft.complex(tensor([1, 0, 0, 0]))
 * await fft.fft(z).array() // [[1, 0], [1, 0], [1, 0], [1, 0]]
 */
export const fft = (x: Tensor, options: TransformOptions = {}): Tensor => transform('fft', x, options, -1)

/** The inverse of `fft`: xₙ = 1/N · Σₖ Xₖ e^(2πi·nk/N). */
export const ifft = (x: Tensor, options: TransformOptions = {}): Tensor => transform('ifft', x, options, 1)

function realTransform(op: string, x: Tensor, options: TransformOptions, inverse: boolean): Tensor {
  checkOptions(`fft.${op}`, options, one)
  checkReal(op, x)
  const axis = axisOf(op, options.axis ?? -1, x.rank)
  const n = options.n ?? x.shape[axis]
  const half = Math.floor(n / 2) + 1
  const scale = scaleOf(op, n, options.norm, inverse)
  const spectrum = (rows: Tensor): Tensor => dft(rows, -1).split([half, n - half], 1)[0]
  return scaledBy(along(resized(op, x, axis, n), axis, x.rank, spectrum), scale)
}

/**
 * The transform of real numbers along an axis: the first ⌊n/2⌋ + 1 of its values, complex; the others are their
 * conjugates.
 *
 * @example await fft.rfft(tensor([1, 2, 3, 4])).array() // [[10, 0], [-2, 2], [-2, 0]]
 */
export const rfft = (x: Tensor, options: TransformOptions = {}): Tensor => realTransform('rfft', x, options, false)

/** All n values of the transform of real numbers, given the first half. */
function hermitian(half: Tensor, n: number): Tensor {
  const count = half.shape[1]
  const mirrored = n - count
  if (mirrored <= 0) return half
  return concat([half, conj(half.split([1, mirrored, count - 1 - mirrored], 1)[1].flip(1))], 1)
}

function realInverse(op: string, x: Tensor, options: TransformOptions, inverse: boolean): Tensor {
  checkOptions(`fft.${op}`, options, one)
  checkComplex(op, x)
  const rank = x.rank - 1
  const axis = axisOf(op, options.axis ?? -1, rank)
  const n = options.n ?? 2 * (x.shape[axis] - 1)
  const half = resized(op, x, axis, Math.floor(n / 2) + 1)
  if (n < 1) throw new ShapeError(`fft.${op}: ${x.shape[axis]} values make ${n} numbers: say how many with { n }`)
  const scale = scaleOf(op, n, options.norm, inverse)
  return scaledBy(along(half, axis, rank, rows => real(dft(hermitian(rows, n), 1))), scale)
}

/**
 * The inverse of `rfft`: n real numbers (2·(values − 1) unless given: say n where it was odd). The imaginary parts of
 * the first value, and of the last where n is even, count as 0.
 *
 * @example await fft.irfft(fft.rfft(tensor([1, 2, 3, 4]))).array() // [1, 2, 3, 4]
 */
export const irfft = (x: Tensor, options: TransformOptions = {}): Tensor => realInverse('irfft', x, options, true)

/** The transform, real, of a signal of which the first half is given, the others being their conjugates. */
export const hfft = (x: Tensor, options: TransformOptions = {}): Tensor => {
  checkComplex('hfft', x)
  return realInverse('hfft', conj(x), options, false)
}
/** The inverse of `hfft`: of real numbers the first ⌊n/2⌋ + 1 values, complex. */
export const ihfft = (x: Tensor, options: TransformOptions = {}): Tensor =>
  conj(realTransform('ihfft', x, options, true))

interface Axis { readonly axis: number; readonly n: number | undefined }
/** The axes, in order, and their lengths: the last `s.length` where s alone is given. */
function axesOf(op: string, rank: number, { s, axes }: ManyOptions): Axis[] {
  const list = axes ?? Array.from({ length: s ? s.length : rank }, (_, i) => i - (s ? s.length : rank))
  if (s && s.length !== list.length)
    throw new ShapeError(`fft.${op}: ${s.length} lengths were given for ${list.length} axes`)
  const found = list.map((a, i) => ({ axis: axisOf(op, a, rank), n: s?.[i] }))
  if (new Set(found.map(f => f.axis)).size < found.length)
    throw new ShapeError(`fft.${op}: axes [${list.join(', ')}] name one axis twice`)
  if (found.length === 0) throw new ShapeError(`fft.${op}: takes one axis or more`)
  return found
}

type Single = (x: Tensor, options: TransformOptions) => Tensor

/** `rest` along all axes but the last of the list, and `last` along that: first where it makes complex numbers. */
function overAxes(
  op: string, x: Tensor, options: ManyOptions, of: 'real' | 'complex', rest: Single, last: Single, lastFirst: boolean,
): Tensor {
  checkOptions(`fft.${op}`, options, many)
  if (of === 'real') checkReal(op, x)
  else checkComplex(op, x)
  const axes = axesOf(op, of === 'real' ? x.rank : x.rank - 1, options)
  const end = axes[axes.length - 1]
  const others = (z: Tensor): Tensor =>
    axes.slice(0, -1).reduce((z, { axis, n }) => rest(z, { axis, n, norm: options.norm }), z)
  const final = (z: Tensor): Tensor => last(z, { axis: end.axis, n: end.n, norm: options.norm })
  return lastFirst ? others(final(x)) : final(others(x))
}

/** `fft` along several axes: all, or `axes`, with lengths `s`. */
export const fftn = (x: Tensor, options: ManyOptions = {}): Tensor =>
  overAxes('fftn', x, options, 'complex', fft, fft, false)
/** The inverse of `fftn`. */
export const ifftn = (x: Tensor, options: ManyOptions = {}): Tensor =>
  overAxes('ifftn', x, options, 'complex', ifft, ifft, false)
/** `rfft` along the last of the axes, `fft` along the others. */
export const rfftn = (x: Tensor, options: ManyOptions = {}): Tensor =>
  overAxes('rfftn', x, options, 'real', fft, rfft, true)
/** The inverse of `rfftn`: say `s` where the last length was odd. */
export const irfftn = (x: Tensor, options: ManyOptions = {}): Tensor =>
  overAxes('irfftn', x, options, 'complex', ifft, irfft, false)
/** `fft` along all axes but the last, and `hfft` along that. */
export const hfftn = (x: Tensor, options: ManyOptions = {}): Tensor =>
  overAxes('hfftn', x, options, 'complex', fft, hfft, false)
/** The inverse of `hfftn`. */
export const ihfftn = (x: Tensor, options: ManyOptions = {}): Tensor =>
  overAxes('ihfftn', x, options, 'real', ifft, ihfft, true)

type Many = (x: Tensor, options?: ManyOptions) => Tensor
const inTwo = (f: Many): Many => (x, options = {}) => f(x, { axes: [-2, -1], ...options })
/** `fftn` along the last two axes. @example fft.fft2(fft.complex(ones([4, 5]))).shape // [4, 5, 2] */
export const fft2: Many = /* @__PURE__ */ inTwo(fftn)
/** The inverse of `fft2`. */
export const ifft2: Many = /* @__PURE__ */ inTwo(ifftn)
/** `rfftn` along the last two axes. */
export const rfft2: Many = /* @__PURE__ */ inTwo(rfftn)
/** The inverse of `rfft2`. */
export const irfft2: Many = /* @__PURE__ */ inTwo(irfftn)
/** `hfftn` along the last two axes. */
export const hfft2: Many = /* @__PURE__ */ inTwo(hfftn)
/** The inverse of `hfft2`. */
export const ihfft2: Many = /* @__PURE__ */ inTwo(ihfftn)
