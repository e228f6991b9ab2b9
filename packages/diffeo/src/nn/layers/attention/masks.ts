/** @file PyTorch's masks of multi-head attention (true: left out) as the one mask of scaledDotProductAttention. */
import { where, zeros, type Tensor } from '../../../tensor/index.ts'
import { DTypeError, ShapeError } from '../../../util/errors.ts'

/** What a mask is over: batch, heads, queries, keys. */
export interface MaskShape {
  readonly batch: number
  readonly heads: number
  readonly queries: number
  readonly keys: number
}

const text = (t: Tensor): string => `[${t.shape.join(',')}]`

function checkKind(name: string, mask: Tensor): void {
  if (mask.dtype !== 'bool' && !mask.dtype.includes('float'))
    throw new DTypeError(`MultiheadAttention: ${name} is ${mask.dtype}: expected bool (true is left out) or a float`)
}

/** `[T, S]` or `[batch · heads, T, S]` as `[…, T, S]` over batch and heads. */
function overScores(mask: Tensor, s: MaskShape): Tensor {
  checkKind('attnMask', mask)
  const last = mask.shape.at(-2) === s.queries && mask.shape.at(-1) === s.keys
  if (last && mask.rank === 2) return mask
  if (last && mask.rank === 3 && mask.shape[0] === s.batch * s.heads)
    return mask.reshape(s.batch, s.heads, s.queries, s.keys)
  throw new ShapeError(
    `MultiheadAttention: attnMask is ${text(mask)}: expected [${s.queries},${s.keys}] or ` +
      `[${s.batch * s.heads},${s.queries},${s.keys}]`,
  )
}

function overKeys(mask: Tensor, s: MaskShape): Tensor {
  checkKind('keyPaddingMask', mask)
  const rows = mask.rank === 1 ? mask.unsqueeze(0) : mask
  if (rows.rank !== 2 || rows.shape[0] !== s.batch || rows.shape[1] !== s.keys)
    throw new ShapeError(`MultiheadAttention: keyPaddingMask is ${text(mask)}: expected [${s.batch},${s.keys}]`)
  return rows.reshape(s.batch, 1, 1, s.keys)
}

const additive = (mask: Tensor, like: Tensor): Tensor =>
  mask.dtype === 'bool' ? where(mask, zeros([], like).sub(Infinity), zeros([], like)) : mask

/** Both as one: bool (true takes part) if both are bool, else float, to be added. */
export function joinedMask(
  attn: Tensor | null, padding: Tensor | null, shape: MaskShape, like: Tensor,
): Tensor | null {
  const masks = [attn && overScores(attn, shape), padding && overKeys(padding, shape)].filter(m => m !== null)
  if (masks.length === 0) return null
  if (masks.every(m => m.dtype === 'bool')) return masks.reduce((a, b) => a.or(b)).not()
  return masks.map(m => additive(m, like)).reduce((a, b) => a.add(b))
}

/** The mask for `more` keys behind the others, which every query sees. */
export function widened(mask: Tensor | null, more: number): Tensor | null {
  if (!mask || more === 0) return mask
  return mask.pad(mask.shape.map((_, i): [number, number] => [0, i === mask.rank - 1 ? more : 0]))
}
