/** @file Examples to a batch: the same structure, with a tensor wherever there was a number, an array or a tensor. */
import { stack, tensor, Tensor, type TypedArray } from '../tensor/index.ts'
import { DataError, DiffeoError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'

type Part<T> =
  T extends Tensor | number | boolean | TypedArray | readonly unknown[] ? Tensor
    : T extends string ? string[]
      : T extends object ? { -readonly [K in keyof T]: Part<T[K]> }
        : T[]
/** What a batch of examples of type T is: a tuple of them is a tuple of batches. */
export type Collated<T> = T extends Tensor | TypedArray
  ? Tensor
  : T extends readonly unknown[]
    ? { -readonly [K in keyof T]: Part<T[K]> }
    : Part<T>

export interface CollateOptions {
  /** The dtype of single numbers in the last place of a tuple: 'int32' for class labels. */
  labels?: 'int32' | 'float32'
}

const isArray = (x: unknown): x is ArrayBufferView & ArrayLike<number> =>
  ArrayBuffer.isView(x) && !(x instanceof DataView)

/**
 * Stacks examples. It never looks at values: numbers become float32 (or `labels`), booleans bool, typed arrays keep
 * their dtype, arrays of numbers are rows. An example that is a tuple or an object is collated part by part.
 * @throws DataError where examples differ in structure
 */
export function collate<T>(examples: readonly T[], options: CollateOptions = {}): Collated<T> {
  checkOptions('collate', options, { labels: true })
  const { labels = 'float32' } = options
  if (examples.length === 0) throw new DataError('collate: a batch of no examples')
  const tuple = Array.isArray(examples[0])
  return (
    tuple
      ? tupleOf(examples as unknown as readonly unknown[][], labels)
      : part(examples, 'an example', 'float32', labels)
  ) as Collated<T>
}

function tupleOf(examples: readonly (readonly unknown[])[], labels: 'int32' | 'float32'): unknown[] {
  const { length } = examples[0]
  if (!examples.every(e => e.length === length))
    throw new DataError('collate: examples differ in how many parts they have')
  return examples[0].map((_, k) =>
    part(
      examples.map(e => e[k]),
      `part ${k} of an example`,
      k === length - 1 && length > 1 ? labels : 'float32',
      labels,
    ),
  )
}

function part(
  parts: readonly unknown[],
  where: string,
  numbers: 'int32' | 'float32',
  labels: 'int32' | 'float32',
): unknown {
  const [first] = parts
  if (typeof first === 'number') return tensor(parts as number[], { dtype: numbers })
  if (typeof first === 'boolean') return tensor(parts as boolean[])
  if (typeof first === 'string') return [...parts]
  if (isArray(first)) return stackArrays(parts as readonly TypedArray[], where)
  if (first instanceof Tensor || Array.isArray(first)) return stacked(parts, where)
  if (typeof first === 'object' && first !== null) {
    const of = (key: string): unknown =>
      part(
        parts.map(p => (p as Record<string, unknown>)[key]),
        `'${key}' of ${where}`,
        key === 'label' ? labels : 'float32',
        labels,
      )
    return Object.fromEntries(Object.keys(first).map(key => [key, of(key)]))
  }
  throw new DataError(
    `collate: ${where} is ${String(first)}: numbers, arrays, tensors, strings and objects of them can be collated; pass a collate of your own`,
  )
}

function stacked(parts: readonly unknown[], where: string): Tensor {
  try {
    return parts[0] instanceof Tensor ? stack(parts as Tensor[]) : tensor(parts as number[][])
  } catch (error) {
    if (error instanceof DiffeoError)
      throw new DataError(`collate: ${where}: ${error.message}: pad them to one shape, or pass a collate of your own`)
    throw error
  }
}

function stackArrays(parts: readonly TypedArray[], where: string): Tensor {
  const [{ length }] = parts
  const out = new (parts[0].constructor as new (n: number) => TypedArray)(length * parts.length)
  parts.forEach((p, i) => {
    if (p.length !== length)
      throw new DataError(
        `collate: ${where} has ${length} values in one example, ${p.length} in another: pad them, or pass a collate of your own`,
      )
    out.set(p, i * length)
  })
  return tensor(out, { shape: [parts.length, length] })
}
