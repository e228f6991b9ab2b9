/** @file Values that must lie in a range, which only the program sees. */
import { arange, where, type Tensor } from '../../tensor/index.ts'
import { takeRows } from '../../tensor/internal.ts'

/**
 * x, where `ok` holds of all of it; else a DataError that says `check` when the program runs: an index leaves a table.
 */
export function whereAll(x: Tensor, ok: Tensor, check: string): Tensor {
  const ends = arange(2, { dtype: 'int32', device: x.device })
  // 0 where all is well: the sum is x itself
  return x.add(takeRows(ends, where(ok, 0, 2).cast('int32'), check).cast(x.dtype))
}
