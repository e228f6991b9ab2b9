/**
 * @file The discrete Fourier transform along one axis. Short ones are products with the matrix of the transform; long ones
 * are split in two as Cooley and Tukey do ("An algorithm for the machine calculation of complex Fourier series", 1965),
 * and those of great prime lengths are convolutions (Bluestein, "A linear filtering approach to the computation of discrete
 * Fourier transform", 1970). All is linear in x, and gradients, batches and compilation come with the parts.
 */
import { concat, einsum, type Tensor } from '../tensor/index.ts'
import { conj, mul } from './complex.ts'
import { chirp, dftMatrix, twiddles } from './tables.ts'

/** The longest that is a product by itself where it could be split; and where it could not. */
const dense = 64
const densePrime = 256

/** A divisor of n up to `dense`, near to the root of n that makes all steps alike; 1 if there is none. */
function divisor(n: number): number {
  const steps = Math.ceil(Math.log(n) / Math.log(dense))
  const wanted = n ** (1 / steps)
  let best = 1
  for (let d = 2; d <= dense; d++)
    if (n % d === 0 && (best === 1 || Math.abs(Math.log(d / wanted)) < Math.abs(Math.log(best / wanted)))) best = d
  return best
}

/** y · w, both complex, w being a constant: in three passes over y, which become one. */
function turned(y: Tensor, w: Tensor): Tensor {
  const [c, s] = w.unbind(-1)
  const crossed = y.flip(-1).mul(concat([s.neg().unsqueeze(-1), s.unsqueeze(-1)], -1))
  return y.mul(c.unsqueeze(-1)).add(crossed)
}

/** Xₖ = Σₙ xₙ e^(sign·2πi·nk/N) of x [batch, N, 2], or of real numbers [batch, N]: [batch, N, 2]. */
export function dft(x: Tensor, sign: 1 | -1): Tensor {
  const isReal = x.rank === 2
  const n = x.shape[1]
  if (n <= dense) return contracted(x, sign)
  const a = divisor(n)
  if (a === 1) {
    if (n <= densePrime) return contracted(x, sign)
    return bluestein(isReal ? x.unsqueeze(-1).pad([[0, 0], [0, 0], [0, 1]]) : x, sign)
  }
  const b = n / a
  // n = b·i + j and k = u + a·v: Σⱼ e^(jv/b) e^(ju/n) Σᵢ xᵢⱼ e^(iu/a)
  const columns = x.unflatten(1, [a, b])
  const w = dftMatrix(a, sign, x)
  const inner = isReal ? einsum('zij,iud->zujd', columns, w.unbind(1)[0]) : einsum('zijc,icud->zujd', columns, w)
  const rows = turned(inner, twiddles(a, b, n, sign, x))
  const outer = dft(rows.flatten(0, 1), sign)
  return outer.unflatten(0, [x.shape[0], a]).transpose(1, 2).flatten(1, 2)
}

function contracted(x: Tensor, sign: 1 | -1): Tensor {
  const w = dftMatrix(x.shape[1], sign, x)
  return x.rank === 2 ? einsum('zi,iud->zud', x, w.unbind(1)[0]) : einsum('zic,icud->zud', x, w)
}

/** nk = (n² + k² − (k − n)²)/2 makes the sum a convolution with a chirp, which a transform of a smooth length does. */
function bluestein(x: Tensor, sign: 1 | -1): Tensor {
  const n = x.shape[1]
  const w = chirp(n, sign, x)
  let m = 1
  while (m < 2 * n - 1) m *= 2
  const back = conj(w)
  // the chirp at −(n − 1) … n − 1, what is below 0 counted from the end
  const below = back.split([1, n - 1])[1].flip(0)
  const kernel = back.pad([[0, m - n], [0, 0]]).add(below.pad([[m - n + 1, 0], [0, 0]]))
  const product = mul(dft(turned(x, w).pad([[0, 0], [0, m - n], [0, 0]]), -1), dft(kernel.unsqueeze(0), -1))
  return turned(dft(product, 1).split([n, m - n], 1)[0].mul(1 / m), w)
}
