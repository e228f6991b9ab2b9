/** @file Parts of tensors and tensors out of parts: what `index`, `split`, `pad` and `flip` are short for. */
import { ShapeError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import { arange, asTensor, concat, where, zeros } from '../create.ts'
import { slice, type Slice } from '../functions/indexing.ts'
import { axisOf, shapeText } from '../functions/promote.ts'
import type { Tensor, TensorLike } from '../tensor.ts'

const at = (axis: number, part: number | Slice): (number | Slice)[] =>
  [...Array.from({ length: axis }, () => slice()), part]

/**
 * `length` elements of the axis from `start` on; a negative start counts from the end.
 * @example await narrow([1, 2, 3, 4], 0, 1, 2).array() // [2, 3]
 */
export function narrow(x: TensorLike, axis: number, start: number, length: number): Tensor {
  const t = asTensor(x)
  const i = axisOf('narrow', axis, t.rank)
  const from = start < 0 ? start + t.shape[i] : start
  if (![from, length].every(n => Number.isInteger(n) && n >= 0) || from + length > t.shape[i])
    throw new ShapeError(`narrow: ${length} elements from ${start} on are not within axis ${axis}, of ${t.shape[i]}`)
  return t.index(...at(i, slice(from, from + length)))
}
/**
 * The slice at a position of the axis, without the axis.
 * @example await select([[1, 2], [3, 4]], 1, -1).array() // [2, 4]
 */
export function select(x: TensorLike, axis: number, position: number): Tensor {
  const t = asTensor(x)
  return t.index(...at(axisOf('select', axis, t.rank), position))
}
/**
 * A new tensor, with `values` as the slice at a position of the axis.
 * @example await selectScatter([[1, 2], [3, 4]], [8, 9], 0, 1).array() // [[1, 2], [8, 9]]
 */
export function selectScatter(x: TensorLike, values: TensorLike, axis: number, position: number): Tensor {
  const t = asTensor(x)
  return t.indexSet(at(axisOf('selectScatter', axis, t.rank), position), values)
}
/**
 * A new tensor, with `values` from `start` to below `stop` of the axis, in steps.
 * @example await sliceScatter([1, 2, 3, 4], [8, 9], { start: 0, step: 2 }).array() // [8, 2, 9, 4]
 */
export function sliceScatter(
  x: TensorLike,
  values: TensorLike,
  options: { axis?: number; start?: number; stop?: number; step?: number } = {},
): Tensor {
  checkOptions('sliceScatter', options, { axis: true, start: true, stop: true, step: true })
  const { axis = 0, start, stop, step } = options
  const t = asTensor(x)
  return t.indexSet(at(axisOf('sliceScatter', axis, t.rank), slice(start, stop, step)), values)
}
/**
 * A new tensor, with `values` on the diagonal over two axes.
 * @example await diagonalScatter([[1, 2], [3, 4]], [8, 9]).array() // [[8, 2], [3, 9]]
 */
export function diagonalScatter(x: TensorLike, values: TensorLike, offset = 0, a = 0, b = 1): Tensor {
  const t = asTensor(x)
  const [i, j] = [axisOf('diagonalScatter', a, t.rank), axisOf('diagonalScatter', b, t.rank)]
  const front = t.moveAxis([i, j], [-2, -1])
  const wide = diagEmbed(asTensor(values, t.device).cast(t.dtype), offset)
  const [rows, columns] = front.shape.slice(-2)
  const room = wide.shape.at(-1)!
  const fitted = wide.pad([
    ...wide.shape.slice(2).map((): [number, number] => [0, 0]), [0, rows - room], [0, columns - room]])
  const on = arange(rows, { dtype: 'int32', device: t.device }).unsqueeze(1).add(offset)
    .eq(arange(columns, { dtype: 'int32', device: t.device }))
  return where(on, fitted, front).moveAxis([-2, -1], [i, j])
}

/**
 * The last axis as the diagonal of matrices over two new axes (the last two unless given), 0 beside it.
 * @example await diagEmbed([1, 2]).array() // [[1, 0], [0, 2]]
 */
export function diagEmbed(x: TensorLike, offset = 0, a = -2, b = -1): Tensor {
  const t = asTensor(x)
  if (t.rank === 0) throw new ShapeError('diagEmbed takes a vector, or a batch of them, got a 0-d tensor')
  const n = t.shape[t.rank - 1] + Math.abs(offset)
  const shifted = t.pad([
    ...t.shape.slice(1).map((): [number, number] => [0, 0]),
    [Math.max(offset, 0), Math.max(-offset, 0)],
  ])
  const column = arange(n, { dtype: 'int32', device: t.device })
  const on = column.unsqueeze(1).add(offset).eq(column)
  return where(on, shifted.unsqueeze(-2), zeros([], { dtype: t.dtype, device: t.device })).moveAxis([-2, -1], [a, b])
}
/**
 * The matrix of a vector on its diagonal; of a matrix the vector on its diagonal.
 * @example await diag([[1, 2], [3, 4]]).array() // [1, 4]
 */
export function diag(x: TensorLike, offset = 0): Tensor {
  const t = asTensor(x)
  if (t.rank !== 1 && t.rank !== 2)
    throw new ShapeError(`diag takes a vector or a matrix, got shape ${shapeText(t.shape)}: use diagonal or diagEmbed`)
  return t.rank === 1 ? diagEmbed(t, offset) : t.diagonal(offset)
}
/**
 * The matrix of all elements on its diagonal.
 * @example await diagflat([[1], [2]]).array() // [[1, 0], [0, 2]]
 */
export const diagflat = (x: TensorLike, offset = 0): Tensor => diagEmbed(asTensor(x).reshape(-1), offset)

/**
 * Turned by quarters, from the first of the axes towards the second.
 * @example await rot90([[1, 2], [3, 4]]).array() // [[2, 4], [1, 3]]
 */
export function rot90(x: TensorLike, quarters = 1, axes: readonly [number, number] = [0, 1]): Tensor {
  const t = asTensor(x)
  const [a, b] = axes.map(i => axisOf('rot90', i, t.rank))
  if (a === b) throw new ShapeError(`rot90: the axes [${axes.join(',')}] are one and the same`)
  const turns = ((quarters % 4) + 4) % 4
  if (turns === 0) return t
  if (turns === 2) return t.flip([a, b])
  return turns === 1 ? t.flip(b).transpose(a, b) : t.transpose(a, b).flip(b)
}
/**
 * Columns in reverse.
 * @example await fliplr([[1, 2], [3, 4]]).array() // [[2, 1], [4, 3]]
 */
export const fliplr = (x: TensorLike): Tensor => asTensor(x).flip(1)
/**
 * Rows in reverse.
 * @example await flipud([[1, 2], [3, 4]]).array() // [[3, 4], [1, 2]]
 */
export const flipud = (x: TensorLike): Tensor => asTensor(x).flip(0)

/**
 * A number of pieces, the first ones larger by one where they cannot be alike; or pieces cut at these positions.
 * @example tensorSplit([1, 2, 3, 4, 5], 2).map(t => t.size) // [3, 2]
 */
export function tensorSplit(x: TensorLike, pieces: number | readonly number[], axis = 0): Tensor[] {
  const t = asTensor(x)
  const n = t.shape[axisOf('tensorSplit', axis, t.rank)]
  if (typeof pieces === 'number') {
    if (!Number.isInteger(pieces) || pieces < 1) throw new ShapeError(`tensorSplit: ${pieces} is no number of pieces`)
    return t.split(Array.from({ length: pieces }, (_, i) => Math.floor(n / pieces) + Number(i < n % pieces)), axis)
  }
  const cuts = pieces.map(p => Math.min(n, Math.max(0, p < 0 ? p + n : p)))
  const i = axisOf('tensorSplit', axis, t.rank)
  return [...cuts, n].map((to, k) => t.index(...at(i, slice(k === 0 ? 0 : cuts[k - 1], to))))
}
/**
 * tensorSplit along the columns (of a vector: along it).
 * @example await hsplit([[1, 2], [3, 4]], 2)[1].array() // [[2], [4]]
 */
export const hsplit = (x: TensorLike, pieces: number | readonly number[]): Tensor[] => {
  const t = asTensor(x)
  return tensorSplit(t, pieces, t.rank === 1 ? 0 : 1)
}
/**
 * tensorSplit along the rows.
 * @example await vsplit([[1, 2], [3, 4]], 2)[1].array() // [[3, 4]]
 */
export const vsplit = (x: TensorLike, pieces: number | readonly number[]): Tensor[] => tensorSplit(x, pieces, 0)
/**
 * tensorSplit along the third axis.
 * @example dsplit(zeros([1, 2, 6]), [1, 3]).map(t => t.shape[2]) // [1, 2, 3]
 */
export const dsplit = (x: TensorLike, pieces: number | readonly number[]): Tensor[] => tensorSplit(x, pieces, 2)

/**
 * Windows of a size along the axis, one every `step` elements, as a new last axis: PyTorch's `Tensor.unfold`. (Of
 * images, `nn.unfold`.)
 * @example await windows([1, 2, 3, 4, 5], 0, 3, 2).array() // [[1, 2, 3], [3, 4, 5]]
 */
export function windows(x: TensorLike, axis: number, size: number, step: number): Tensor {
  const t = asTensor(x)
  const i = axisOf('windows', axis, t.rank)
  if (![size, step].every(Number.isInteger) || size < 0 || size > t.shape[i] || step < 1)
    throw new ShapeError(`windows: of ${size} in steps of ${step} are not within axis ${axis}, of ${t.shape[i]}`)
  const count = Math.floor((t.shape[i] - size) / step) + 1
  const places = Array.from({ length: count * size }, (_, k) => Math.floor(k / size) * step + (k % size))
  return t.indexSelect(i, Int32Array.from(places)).unflatten(i, [count, size]).moveAxis(i + 1, -1)
}
/**
 * In the shape of the other, axes of size 1 repeated.
 * @example await expandAs([[1], [2]], zeros([2, 3])).array() // [[1, 1, 1], [2, 2, 2]]
 */
export const expandAs = (x: TensorLike, other: Tensor): Tensor => asTensor(x).expand(other.shape)
/**
 * The sum over the axes along which `shape` was repeated to the tensor's: what a gradient does to a broadcast.
 * @example await sumToSize([[1, 2], [3, 4]], [1, 2]).array() // [[4, 6]]
 */
export function sumToSize(x: TensorLike, shape: readonly number[]): Tensor {
  const t = asTensor(x)
  const extra = t.rank - shape.length
  const gone = t.shape.flatMap((d, i) => (i < extra || (shape[i - extra] === 1 && d !== 1) ? [i] : []))
  const out = gone.length === 0 ? t : t.sum(gone, { keepdims: true }).reshape(t.shape.slice(Math.max(0, extra))
    .map((d, i) => (gone.includes(i + extra) ? 1 : d)))
  if (extra < 0 || out.shape.some((d, i) => d !== shape[i]))
    throw new ShapeError(`sumToSize: shape ${shapeText(shape)} does not broadcast to ${shapeText(t.shape)}`)
  return out
}
/**
 * Joined along a new axis of pieces, or the columns of vectors: rows under each other.
 * @example await vstack([[1, 2], [3, 4]]).array() // [[1, 2], [3, 4]]
 */
export const vstack = (parts: readonly TensorLike[]): Tensor =>
  concat(parts.map(p => asTensor(p)).map(p => (p.rank < 2 ? p.reshape(1, -1) : p)), 0)
/**
 * Side by side: along the columns, and of vectors end to end.
 * @example await hstack([[1, 2], [3, 4]]).array() // [1, 2, 3, 4]
 */
export const hstack = (parts: readonly TensorLike[]): Tensor => {
  const all = parts.map(p => asTensor(p)).map(p => (p.rank === 0 ? p.reshape(1) : p))
  return concat(all, all[0]?.rank === 1 ? 0 : 1)
}
