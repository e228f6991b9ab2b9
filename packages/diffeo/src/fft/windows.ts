/** @file Windows for spectra. `periodic` (true, as in PyTorch) leaves out the last value of a symmetric one. */
import { tensor, type Device, type DType, type Tensor } from '../tensor/index.ts'
import { ShapeError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'

export interface WindowOptions { periodic?: boolean; dtype?: DType; device?: Device }
const names = { periodic: true, dtype: true, device: true } as const

/** `at(t)` for t from 0 to 1 over the window. */
function made(
  op: string,
  n: number,
  { periodic = true, dtype = 'float32', device }: WindowOptions,
  at: (t: number) => number,
) {
  if (!Number.isInteger(n) || n < 0) throw new ShapeError(`fft.${op}: the length is ${n}, and must be from 0 up`)
  const steps = periodic ? n : n - 1
  return tensor(Float64Array.from({ length: n }, (_, i) => (n === 1 ? 1 : at(i / steps))), { dtype, device })
}

/** a₀ − a₁ cos 2πt + a₂ cos 4πt … */
const cosines = (...a: readonly number[]) => (t: number): number =>
  a.reduce((sum, c, k) => sum + (k % 2 === 0 ? c : -c) * Math.cos(2 * Math.PI * k * t), 0)

/** ½ - ½ cos(2πi/n). @example await fft.hannWindow(4).array() // [0, 0.5, 1, 0.5] */
export function hannWindow(n: number, options: WindowOptions = {}): Tensor {
  checkOptions('fft.hannWindow', options, names)
  return made('hannWindow', n, options, cosines(0.5, 0.5))
}

/** α - β cos(2πi/n), α = 0.54 and β = 0.46. */
export function hammingWindow(n: number, options: WindowOptions & { alpha?: number; beta?: number } = {}): Tensor {
  checkOptions('fft.hammingWindow', options, { ...names, alpha: true, beta: true })
  const { alpha = 0.54, beta = 0.46 } = options
  return made('hammingWindow', n, options, cosines(alpha, beta))
}

/** 0.42 − 0.5 cos(2πi/n) + 0.08 cos(4πi/n) */
export function blackmanWindow(n: number, options: WindowOptions = {}): Tensor {
  checkOptions('fft.blackmanWindow', options, names)
  return made('blackmanWindow', n, options, cosines(0.42, 0.5, 0.08))
}

/** A triangle: 1 − |2i/n − 1|. */
export function bartlettWindow(n: number, options: WindowOptions = {}): Tensor {
  checkOptions('fft.bartlettWindow', options, names)
  return made('bartlettWindow', n, options, t => 1 - Math.abs(2 * t - 1))
}

/** The modified Bessel function I₀ by its series Σ (x²/4)ᵏ/k!². */
function bessel(x: number): number {
  let [sum, term] = [1, 1]
  for (let k = 1; term > sum * 1e-17; k++) sum += term *= (x * x) / (4 * k * k)
  return sum
}

/** I₀(β√(1 − (2i/n − 1)²))/I₀(β), β = 12. */
export function kaiserWindow(n: number, options: WindowOptions & { beta?: number } = {}): Tensor {
  checkOptions('fft.kaiserWindow', options, { ...names, beta: true })
  const { beta = 12 } = options
  const height = (t: number): number => bessel(beta * Math.sqrt(Math.max(0, 1 - (2 * t - 1) ** 2))) / bessel(beta)
  return made('kaiserWindow', n, options, height)
}
