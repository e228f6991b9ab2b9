/** @file Boxes and what belongs to each of them, in whichever form a sample holds them. */
import { tensor, Tensor, type TypedArray } from '../../tensor/index.ts'
import { DataError } from '../../util/errors.ts'
import { whatIs } from '../../util/options.ts'
import { isNdArray } from '../ndarray.ts'

/** Four numbers a box, left, top, right, bottom; `like` brings others into the same form. */
export interface Boxes {
  readonly values: ArrayLike<number>
  readonly count: number
  like(values: readonly number[]): unknown
}

/** @throws DataError unless they are `[n, 4]`: an array with a shape, a tensor, or rows */
export function boxesOf(op: string, boxes: unknown): Boxes {
  const fail = (found: string): never => {
    throw new DataError(
      `${op}: the boxes are ${found}: expected [n, 4], left, top, right and bottom in pixels, as { data: Float32Array, ` +
        'shape: [n, 4] }, a tensor or rows of four numbers',
    )
  }
  const isRow = (row: unknown): boolean => Array.isArray(row) && row.length === 4 && row.every(Number.isFinite)
  if (Array.isArray(boxes)) {
    if (!boxes.every(isRow)) fail('an array whose rows are not four numbers each')
    const rows = (v: readonly number[]): number[][] =>
      Array.from({ length: v.length / 4 }, (_, i) => v.slice(4 * i, 4 * i + 4))
    return { values: (boxes as number[][]).flat(), count: boxes.length, like: rows }
  }
  if (!(boxes instanceof Tensor) && !isNdArray(boxes)) return fail(whatIs(boxes))
  const { shape, dtype } = boxes
  const values = boxes instanceof Tensor ? boxes.dataSync() : boxes.data
  const count = values.length / 4
  // no boxes at all may have any shape without elements
  if (values.length > 0 && (shape.length !== 2 || shape[1] !== 4 || shape[0] !== count)) fail(`[${shape.join(',')}]`)
  const like = (made: readonly number[]): unknown => {
    const [data, size] = [Float32Array.from(made), [made.length / 4, 4]]
    return boxes instanceof Tensor ? tensor(data, { shape: size, dtype }) : { data, shape: size }
  }
  return { values, count, like }
}

/** What there is one of for each box, of those that were kept. @throws DataError where there are more or fewer */
export function entriesOf(op: string, name: string, x: unknown, kept: readonly number[], boxes: number): unknown {
  const check = (found: number): void => {
    if (found !== boxes) throw new DataError(`${op}: ${name} has ${found} entries for ${boxes} boxes`)
  }
  /** Rows along the first axis. */
  const rowsOf = (data: TypedArray, shape: readonly number[]): { data: TypedArray; shape: number[] } => {
    const [found = 0, ...row] = shape
    check(found)
    const width = row.reduce((a, b) => a * b, 1)
    const rows = data.slice(0, kept.length * width)
    kept.forEach((from, to) => { rows.set(data.subarray(from * width, (from + 1) * width), to * width) })
    return { data: rows, shape: [kept.length, ...row] }
  }
  if (x instanceof Tensor) {
    const { data, shape } = rowsOf(x.dataSync(), x.shape)
    return tensor(data, { shape, dtype: x.dtype })
  }
  if (isNdArray(x)) return { ...x, ...rowsOf(x.data, x.shape) }
  if (Array.isArray(x) || (ArrayBuffer.isView(x) && !(x instanceof DataView))) {
    const list = x as unknown as Int32Array
    check(list.length)
    const isKept = new Set(kept)
    return list.filter((_, i) => isKept.has(i))
  }
  throw new DataError(`${op}: ${name} is ${whatIs(x)}: expected an entry for each of ${boxes} boxes`)
}
