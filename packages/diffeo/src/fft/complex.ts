/** @file Complex numbers as tensors whose last axis holds the real and the imaginary part (torch.view_as_real). */
import { stack, zerosLike, type Tensor } from '../tensor/index.ts'
import { checkTensor } from '../tensor/internal.ts'
import { DTypeError, ShapeError } from '../util/errors.ts'

export const shapeText = (x: Tensor): string => `[${x.shape.join(', ')}]`

/** @throws DTypeError unless it is a tensor of float32 or float64 */
export function checkReal(op: string, x: unknown): asserts x is Tensor {
  checkTensor(`fft.${op}`, 'argument', x)
  if (x.dtype !== 'float32' && x.dtype !== 'float64')
    throw new DTypeError(`fft.${op}: takes float32 or float64, got ${x.dtype}: write cast('float32')`)
}

/** @throws DTypeError as checkReal, ShapeError unless the last axis is 2 long */
export function checkComplex(op: string, x: unknown): asserts x is Tensor {
  checkReal(op, x)
  if (x.rank === 0 || x.shape.at(-1) !== 2) {
    throw new ShapeError(
      `fft.${op}: a complex tensor has a last axis of 2 (real, imaginary), got shape ${shapeText(x)}: `
        + 'write fft.complex(x) of real numbers',
    )
  }
}

/**
 * The complex tensor `[..., 2]` of real parts and imaginary ones (0 unless given), each `[...]`.
 *
 * @example await fft.complex(tensor([1, 2]), tensor([3, 4])).array() // [[1, 3], [2, 4]]
 */
export const complex = (re: Tensor, im: Tensor = zerosLike(re)): Tensor => stack([re, im], -1)

function part(op: string, z: Tensor, i: number): Tensor {
  checkComplex(op, z)
  return z.unbind(-1)[i]
}
/** The real parts `[...]` of `[..., 2]`. */
export const real = (z: Tensor): Tensor => part('real', z, 0)
/** The imaginary parts. */
export const imag = (z: Tensor): Tensor => part('imag', z, 1)
/** |z|, with gradient 0 at 0. @example await fft.abs(tensor([3, 4])).item() // 5 */
export function abs(z: Tensor): Tensor {
  checkComplex('abs', z)
  return z.norm(-1)
}
/** The angle, in [-π, π]. */
export const angle = (z: Tensor): Tensor => imag(z).atan2(real(z))
/** re − i·im */
export const conj = (z: Tensor): Tensor => complex(part('conj', z, 0), part('conj', z, 1).neg())
/** The product of two, which broadcast. @example await fft.mul(tensor([0, 1]), tensor([0, 1])).array() // [-1, 0] */
export function mul(a: Tensor, b: Tensor): Tensor {
  const [[ar, ai], [br, bi]] = [[real(a), imag(a)], [real(b), imag(b)]]
  return complex(ar.mul(br).sub(ai.mul(bi)), ar.mul(bi).add(ai.mul(br)))
}
