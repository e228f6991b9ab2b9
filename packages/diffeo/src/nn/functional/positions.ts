/** @file Where an element of a sequence stands, as vectors and as rotations. */
import { arange, concat, stack, type Tensor } from '../../tensor/index.ts'
import { ShapeError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'

/** p · base^(−2i/dim) for position p and i < dim/2: `[length, dim/2]`, in the dtype of `like`. */
function angles(like: Tensor, length: number, dim: number, base: number, offset: number | Tensor): Tensor {
  // half floats do not tell large positions apart
  const made = { dtype: like.dtype === 'float64' ? 'float64' : 'float32', device: like.device } as const
  const rates = arange(0, dim / 2, 1, made).mul(-2 * Math.log(base) / dim).exp()
  const places = arange(0, length, 1, made).add(offset)
  return places.unsqueeze(1).mul(rates).cast(like.dtype)
}

function evenSize(op: string, x: Tensor): number {
  const dim = x.shape.at(-1)
  if (x.rank < 2 || dim === undefined || dim % 2 !== 0)
    throw new ShapeError(`${op}: the input is [${x.shape.join(',')}]: expected […, length, size] with an even size`)
  return dim
}

export interface PositionOptions {
  /** The slowest wave is this many times as long as the fastest (10000). */
  base?: number
  /** The position of the first element: a number or a 0-d tensor (0). */
  offset?: number | Tensor
}

/**
 * sin(p·base^(−2i/size)) at 2i and the cosine at 2i + 1, for the positions p of x `[…, length, size]`:
 * `[length, size]`. Vaswani et al., "Attention is all you need" (2017), 3.5.
 */
export function sinusoidalPositions(x: Tensor, options: PositionOptions = {}): Tensor {
  checkOptions('sinusoidalPositions', options, { base: true, offset: true })
  const { base = 10_000, offset = 0 } = options
  const dim = evenSize('sinusoidalPositions', x)
  const at = angles(x, x.shape.at(-2) as number, dim, base, offset)
  return stack([at.sin(), at.cos()], -1).reshape(at.shape[0], dim)
}

export interface RotaryOptions extends PositionOptions {
  /** Whether pairs are neighbours (2i, 2i + 1) instead of (i, i + size/2), as most checkpoints have them (false). */
  interleaved?: boolean
}

/**
 * Each pair of columns of x `[…, length, size]` turned by p·base^(−2i/size), p its position: products of two turned
 * vectors depend on the distance of their positions. Su et al., "RoFormer" (2021).
 */
export function rotaryPositions(x: Tensor, options: RotaryOptions = {}): Tensor {
  checkOptions('rotaryPositions', options, { base: true, offset: true, interleaved: true })
  const { base = 10_000, offset = 0, interleaved = false } = options
  const dim = evenSize('rotaryPositions', x)
  const at = angles(x, x.shape.at(-2) as number, dim, base, offset)
  const [cos, sin] = [at.cos(), at.sin()]
  const pairs = interleaved ? x.unflatten(-1, [dim / 2, 2]).unbind(-1) : x.split(dim / 2, -1)
  const [a, b] = pairs
  const turned = [a.mul(cos).sub(b.mul(sin)), b.mul(cos).add(a.mul(sin))]
  return interleaved ? stack(turned, -1).reshape(x.shape) : concat(turned, -1)
}
