/** @file Rows of a table. */
import { stopGradient, where, type Tensor } from '../../tensor/index.ts'
import { takeRows } from '../../tensor/internal.ts'
import { checkOptions } from '../../util/options.ts'

/**
 * Row `ids[…]` of the weight `[rows, dim]`: `[...]` → `[..., dim]`. The row `paddingIdx` takes no gradient.
 * An id out of range is an error at run time.
 */
export function embedding(ids: Tensor, weight: Tensor, options: { paddingIdx?: number | null } = {}): Tensor {
  checkOptions('embedding', options, { paddingIdx: true })
  const { paddingIdx } = options
  const rows = takeRows(weight, ids)
  if (paddingIdx === undefined || paddingIdx === null) return rows
  const at = paddingIdx < 0 ? paddingIdx + weight.shape[0] : paddingIdx
  return where(ids.eq(at).unsqueeze(-1), stopGradient(rows), rows)
}
