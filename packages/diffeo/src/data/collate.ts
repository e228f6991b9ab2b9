/** @file Examples to a batch: the same structure, with a tensor wherever there was a number, an array or a tensor. */
import { stack, tensor, type Tensor, type TypedArray } from '../tensor/index.ts'
import { DataError, DiffeoError } from '../util/errors.ts'
import { checkOptions, whatIs } from '../util/options.ts'
import { isNdArray, type NdArray } from './ndarray.ts'
import { packExamples, type Labels, type Packed } from './pack.ts'

type Part<T> =
  T extends Tensor | number | bigint | boolean | TypedArray | NdArray | readonly unknown[] ? Tensor
    : T extends string ? string[]
      : T extends object ? { -readonly [K in keyof T]: Part<T[K]> }
        : T[]
/** What a batch of examples of type T is: a tuple of them is a tuple of batches. */
export type Collated<T> = T extends Tensor | TypedArray | NdArray
  ? Tensor
  : T extends readonly unknown[]
    ? { -readonly [K in keyof T]: Part<T[K]> }
    : Part<T>

export interface CollateOptions {
  /**
   * The dtype of class labels: of examples that are single numbers, of those in the last place of a tuple, and of an
   * object's `label`; of other keys by name: `labels: { y: 'int32' }`.
   */
  labels?: Labels
}

/** @throws DataError unless it is a dtype of labels, or gives one for each of some keys */
export function checkLabels(op: string, labels: Labels): Labels {
  const isType = (x: unknown): boolean => x === 'int32' || x === 'float32'
  const isMap = typeof labels === 'object' && labels !== null && !Array.isArray(labels)
  if (isType(labels) || (isMap && Object.values(labels).every(isType))) return labels
  const found = isMap ? `gives ${whatIs(Object.values(labels).find(x => !isType(x)))}` : `is ${whatIs(labels)}`
  throw new DataError(
    `${op}: labels ${found}: expected 'int32' or 'float32' (there is no int64; classes fit int32), or one of them by ` +
      "key, as in { y: 'int32' }",
  )
}

const context = (labels: Labels) => ({
  labels,
  fail: (message: string): never => { throw new DataError(`collate: ${message}`) },
})

/**
 * Stacks examples. It never looks at values: numbers become float32 (or `labels`), BigInts int32, booleans bool, typed
 * arrays keep their dtype, `{ data, shape }` its shape, arrays of numbers are rows. An example that is a tuple or an
 * object is collated part by part.
 * @throws DataError where examples differ in structure
 */
export function collate<T>(examples: readonly T[], options: CollateOptions = {}): Collated<T> {
  checkOptions('collate', options, { labels: true })
  if (examples.length === 0) throw new DataError('collate: a batch of no examples')
  return unpack(packExamples(examples, context(checkLabels('collate', options.labels ?? 'float32')))) as Collated<T>
}

/** Packed arrays as tensors. */
export function unpack(packed: Packed): unknown {
  switch (packed.kind) {
    case 'array': return tensor(packed.data, { shape: packed.shape, dtype: packed.dtype })
    case 'tensors': return stacked(packed.parts as readonly Tensor[], packed.where)
    case 'value': return packed.value
    case 'tuple': return packed.parts.map(unpack)
    case 'record': return Object.fromEntries(Object.entries(packed.parts).map(([key, p]) => [key, unpack(p)]))
  }
}

/** What a batch is, once its host arrays became tensors. */
export type Batched<B> = B extends Tensor
  ? B
  : B extends NdArray
    ? Tensor
    : B extends readonly unknown[] | { readonly [key: string]: unknown }
      ? { [K in keyof B]: Batched<B[K]> }
      : B

/** The arrays `{ data, shape }` of a batch as tensors, in tuples and plain objects too; all else as it is. */
export function tensorsOf(batch: unknown): unknown {
  if (isNdArray(batch)) return tensor(batch.data, { shape: batch.shape, dtype: batch.dtype })
  if (Array.isArray(batch)) return batch.some(x => typeof x === 'object') ? batch.map(tensorsOf) : batch
  if (typeof batch !== 'object' || batch === null || Object.getPrototypeOf(batch) !== Object.prototype) return batch
  return Object.fromEntries(Object.entries(batch).map(([key, part]) => [key, tensorsOf(part)]))
}

function stacked(parts: readonly Tensor[], where: string): Tensor {
  try {
    return stack(parts)
  } catch (error) {
    if (error instanceof DiffeoError)
      throw new DataError(`collate: ${where}: ${error.message}: pad them to one shape, or pass a collate of your own`)
    throw error
  }
}
