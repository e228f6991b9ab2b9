/** @file Attention block by block of queries: what has no streaming kernel holds no T × S weights either. */
import { arange, checkpoint, scan, where, type Tensor } from '../../tensor/index.ts'
import type { AttentionOptions } from '../../tensor/internal.ts'

/** Queries of a block: a turn holds so many rows of weights. */
const BLOCK = 64
/** From so many queries on, attention goes block by block. */
export const MANY_QUERIES = 512

type Attend = (query: Tensor, key: Tensor, value: Tensor, options: AttentionOptions) => Tensor

/** With so many more rows (axis −2), or fewer. */
const longer = (x: Tensor, rows: number): Tensor =>
  x.pad(x.shape.map((_, i) => (i === x.rank - 2 ? [0, rows] as const : [0, 0] as const)))

/** With the axis before the last two cut into blocks, which come first: `[…, T, E]` → `[blocks, …, BLOCK, E]`. */
function cut(x: Tensor, blocks: number): Tensor {
  const { shape, rank } = x
  const padded = longer(x, blocks * BLOCK - shape[rank - 2])
  return padded.reshape(...shape.slice(0, -2), blocks, BLOCK, shape[rank - 1]).moveAxis(-3, 0)
}

/** Lengths `[…]` as `[…, 1, 1]`. */
const beside = (length: number | Tensor): number | Tensor =>
  typeof length === 'number' ? length : length.reshape(...length.shape, 1, 1)

/** Which keys a row of the mask's form may look at; null where all count. */
function allowed(rows: Tensor, query: Tensor, key: Tensor, { causal, length = null }: AttentionOptions): Tensor | null {
  if (!causal && length === null) return null
  const columns = arange(key.shape[key.rank - 2], { dtype: 'int32', device: query.device })
  const end = length === null ? null : beside(length)
  const within = end === null ? null : columns.lt(end)
  if (!causal) return within
  const position = rows.reshape(BLOCK, 1)
  const before = columns.le(end === null ? position : position.add(end).sub(query.shape[query.rank - 2]))
  return within ? within.and(before) : before
}

/**
 * Rows of `attend` block by block. A gradient computes each block's weights again (`checkpoint`), so that forward and
 * backward hold `[…, BLOCK, S]` of them at a time.
 */
export function attendInBlocks(
  attend: Attend, query: Tensor, key: Tensor, value: Tensor, options: AttentionOptions,
): Tensor {
  const { mask = null, causal: _, length: __, ...others } = options
  const queries = query.shape[query.rank - 2]
  const blocks = Math.ceil(queries / BLOCK)
  const ofRows = mask && mask.rank > 1 && mask.shape[mask.rank - 2] > 1
  const xs = {
    block: cut(query, blocks),
    rows: arange(blocks * BLOCK, { dtype: 'int32', device: query.device }).reshape(blocks, BLOCK),
    ...(ofRows ? { mask: cut(mask, blocks) } : {}),
  }
  const rowsOf = checkpoint((block: Tensor, rows: Tensor, own: Tensor | null, key: Tensor, value: Tensor): Tensor => {
    const given = own ?? mask
    const counts = allowed(rows, query, key, options)
    const joined = !counts ? given
      : !given ? counts
      : given.dtype === 'bool' ? given.and(counts) : where(counts, given, -Infinity)
    return attend(block, key, value, { ...others, mask: joined })
  })
  const [, out] = scan(
    (carry: Record<string, never>, x: { block: Tensor; rows: Tensor; mask?: Tensor }) =>
      [carry, rowsOf(x.block, x.rows, x.mask ?? null, key, value)] as const,
    {}, xs,
  )
  const joined = out.moveAxis(0, -3)
  const rows = joined.reshape(...joined.shape.slice(0, -3), blocks * BLOCK, joined.shape[joined.rank - 1])
  return longer(rows, queries - blocks * BLOCK)
}
