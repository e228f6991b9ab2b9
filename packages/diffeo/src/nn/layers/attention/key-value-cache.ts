/** @file Keys and values of what has been decoded so far. */
import { Buffer, zeros, type Tensor } from '../../../tensor/index.ts'
import { updateRows } from '../../../tensor/internal.ts'
import { ShapeError } from '../../../util/errors.ts'
import { checkOptions } from '../../../util/options.ts'
import { positive } from '../../sizes.ts'
import { madeOf, parameterNames, type ParameterOptions } from '../parameters.ts'

export interface KeyValueCacheOptions extends ParameterOptions {
  /** How many sequences are decoded at once (1). */
  batch?: number
  /** Columns of a value, where they are not those of a key. */
  valueSize?: number
}

/** What `scaledDotProductAttention` takes: key and value of all, and how many of them there are. */
export interface Cached { readonly key: Tensor; readonly value: Tensor; readonly length: Tensor }

/**
 * Keys and values that are there already, in memory of a fixed size: how many there are is a value, not a shape, so
 * that decoding compiles once. It is no part of a model's state.
 *
 * @param capacity - how many fit; one more is an error
 * @param heads - heads of keys and values
 * @param size - columns of a key
 * @param options - `batch` (1), `valueSize` (size), `dtype`, `device`
 * @example
 * const cache = new nn.KeyValueCache(128, 4, 16)
 * const next = compile((q: Tensor, k: Tensor, v: Tensor) => {
 *   const { key, value, length } = cache.append(k, v)
 *   return nn.scaledDotProductAttention(q, key, value, { length, causal: true })
 * })
 * next(randn([1, 4, 1, 16]), randn([1, 4, 1, 16]), randn([1, 4, 1, 16])).shape // [1, 4, 1, 16]
 */
export class KeyValueCache {
  readonly capacity: number
  readonly keys: Buffer
  readonly values: Buffer
  /** How many there are: 0-d int32. */
  readonly length: Buffer

  constructor(capacity: number, heads: number, size: number, options: KeyValueCacheOptions = {}) {
    checkOptions('KeyValueCache', options, { batch: true, valueSize: true, ...parameterNames })
    const { batch = 1, valueSize = size, device } = options
    this.capacity = positive('KeyValueCache: capacity', capacity)
    const front = [positive('KeyValueCache: batch', batch), positive('KeyValueCache: heads', heads), capacity]
    const table = (name: string, columns: number): Buffer =>
      new Buffer(zeros([...front, positive(`KeyValueCache: columns of ${name}`, columns)], madeOf(options)),
        { name: `KeyValueCache.${name}` })
    this.keys = table('keys', size)
    this.values = table('values', valueSize)
    this.length = new Buffer(zeros([], { dtype: 'int32', device }), { name: 'KeyValueCache.length' })
  }

  /**
   * Puts keys `[batch, heads, n, size]` and values behind those that are there, and gives all of them.
   * @throws ShapeError where they are of another shape; more than fit is an error when it runs
   */
  append(key: Tensor, value: Tensor): Cached {
    this.#check('key', key, this.keys)
    this.#check('value', value, this.values)
    if (key.shape[2] !== value.shape[2])
      throw new ShapeError(`KeyValueCache: ${key.shape[2]} keys and ${value.shape[2]} values`)
    const start = this.length.add(0)
    this.keys.assign(updateRows(this.keys, key, 2, start))
    this.values.assign(updateRows(this.values, value, 2, start))
    this.length.assign(start.add(key.shape[2]))
    return { key: this.keys, value: this.values, length: this.length }
  }

  /** Forgets all. */
  reset(): void { this.length.assign(0) }

  #check(name: string, given: Tensor, table: Tensor): void {
    const fits = given.rank === 4 && given.shape.every((d, i) => (i === 2 ? d <= this.capacity : d === table.shape[i]))
    if (fits) return
    const [batch, heads, , size] = table.shape
    throw new ShapeError(
      `KeyValueCache: the ${name} is [${given.shape.join(',')}]: expected [${batch},${heads},n,${size}], n up to ` +
        `${this.capacity}`,
    )
  }
}
