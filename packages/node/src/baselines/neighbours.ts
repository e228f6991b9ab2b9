/** @file Distances to the nearest known examples. */
import { concat, DataError, type Tensor } from 'diffeo'

/** Rows compared at once: bounds the table of distances. */
const rowsAtOnce = 256

/**
 * The mean Euclidean distance of each row to its nearest known rows: how unlike what is known it is.
 * @param known - `[examples, features]`
 * @param x - `[rows, features]`
 * @param neighbours - how many count
 * @returns `[rows]`
 * @example const score = await baselines.neighbourDistance(healthy, parts, 5)
 */
export async function neighbourDistance(known: Tensor, x: Tensor, neighbours: number): Promise<Tensor> {
  const [n] = known.shape
  if (!Number.isInteger(neighbours) || neighbours < 1 || neighbours > n)
    throw new DataError(
      `neighbourDistance: ${neighbours} neighbours of ${n} examples: expected a whole number from 1 to ${n}`,
    )
  const parts: Tensor[] = []
  const squares = await known.square().sum(1).realize()
  for (const rows of x.split(rowsAtOnce)) {
    // |a − b|² = |a|² + |b|² − 2a·b
    const distances = rows.square().sum(1, { keepdims: true }).add(squares).sub(rows.matmul(known.T).mul(2))
    const nearest = distances.neg().topk(neighbours).values.neg().maximum(0).sqrt()
    parts.push(await nearest.mean(1).detach().realize())
  }
  return concat(parts, 0).realize()
}
