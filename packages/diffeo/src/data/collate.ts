/** @file Examples to a batch: the same structure, with a tensor wherever there was a number, an array or a tensor. */
import { stack, tensor, type Tensor, type TypedArray } from '../tensor/index.ts'
import { DataError, DiffeoError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import type { NdArray } from './ndarray.ts'
import { packExamples, type Packed } from './pack.ts'

type Part<T> =
  T extends Tensor | number | boolean | TypedArray | NdArray | readonly unknown[] ? Tensor
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
  /** The dtype of single numbers in the last place of a tuple: 'int32' for class labels. */
  labels?: 'int32' | 'float32'
}

const context = (labels: 'int32' | 'float32') => ({
  labels,
  fail: (message: string): never => { throw new DataError(`collate: ${message}`) },
})

/**
 * Stacks examples. It never looks at values: numbers become float32 (or `labels`), booleans bool, typed arrays keep
 * their dtype, `{ data, shape }` its shape, arrays of numbers are rows. An example that is a tuple or an object is
 * collated part by part.
 * @throws DataError where examples differ in structure
 */
export function collate<T>(examples: readonly T[], options: CollateOptions = {}): Collated<T> {
  checkOptions('collate', options, { labels: true })
  if (examples.length === 0) throw new DataError('collate: a batch of no examples')
  return unpack(packExamples(examples, context(options.labels ?? 'float32'))) as Collated<T>
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

function stacked(parts: readonly Tensor[], where: string): Tensor {
  try {
    return stack(parts)
  } catch (error) {
    if (error instanceof DiffeoError)
      throw new DataError(`collate: ${where}: ${error.message}: pad them to one shape, or pass a collate of your own`)
    throw error
  }
}
