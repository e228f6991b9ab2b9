/** @file The values of a file's tensors: sizes and strides over storages, checked before anything is allocated. */
import { DataError } from '../../util/errors.ts'
import { elementBytes, readElements, type HostTensor } from '../elements.ts'
import type { PickledTensor } from './globals.ts'

/** What a file may become: more than weights ever shrink, less than what harms. */
export const mostUnpacked = (fileBytes: number): number => 2 ** 24 + 100 * fileBytes

/** Where the bytes of a storage lie: `from` in `bytes`. */
export interface Block { readonly bytes: Uint8Array; readonly from: number; readonly length: number }
export type FindBlock = (key: string) => Promise<Block>

const contiguous = (shape: readonly number[]): number[] => {
  const out: number[] = []
  let step = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    out.unshift(step)
    step *= shape[i]
  }
  return out
}

/** Reads tensors one after the other, and keeps count of what they take together. */
export class TensorReader {
  readonly #find: FindBlock
  readonly #source: string
  #left: number
  readonly #made = new Map<PickledTensor, HostTensor>()

  constructor(find: FindBlock, source: string, fileBytes: number) {
    this.#find = find
    this.#source = source
    this.#left = mostUnpacked(fileBytes)
  }

  /** Tensors that are one in the file share their value. */
  async read(t: PickledTensor, name: string): Promise<HostTensor> {
    const known = this.#made.get(t)
    if (known) return known
    const made = this.#make(t, name, await this.#find(t.storage.key))
    this.#made.set(t, made)
    return made
  }

  #make(t: PickledTensor, name: string, block: Block): HostTensor {
    const { storage, dtype, shape, strides } = t
    const wrong = (why: string): DataError => new DataError(`${this.#source}: tensor '${name}': ${why}`)
    const bytes = elementBytes[dtype]
    const held = storage.count * (storage.dtype === null ? 1 : bytes)
    if (held !== block.length)
      throw wrong(
        `its storage '${storage.key}' claims ${held} bytes, and at byte ${block.from} the file has ${block.length}`,
      )
    const count = shape.includes(0) ? 0 : shape.reduce((a, b) => a * b, 1)
    const span = count === 0 ? 0 : 1 + shape.reduce((sum, d, i) => sum + (d - 1) * strides[i], 0)
    const offset = storage.offset + t.offset
    if ((offset + span) * bytes > block.length) {
      throw wrong(
        `sizes [${shape.join(',')}] with strides [${strides.join(',')}] from element ${offset} on take ${span} elements, its storage has ${Math.floor(block.length / bytes)}`,
      )
    }
    this.#left -= count * bytes
    if (this.#left < 0) throw wrong(`the tensors take many times the file's bytes`)
    const run = { name, source: this.#source, dtype, from: block.from + offset * bytes, count: span }
    const { data, dtype: ours } = readElements(block.bytes, run)
    const inOrder = span === count && contiguous(shape).every((s, i) => s === strides[i] || shape[i] === 1)
    if (inOrder || count === 0) return { dtype: ours, shape, data }
    return { dtype: ours, shape, data: gathered(data, shape, strides, count) }
  }
}

/** The elements row by row. */
function gathered(data: HostTensor['data'], shape: readonly number[], strides: readonly number[], count: number) {
  const out = new (data.constructor as new (n: number) => HostTensor['data'])(count)
  const last = shape.length - 1
  const at = shape.map(() => 0)
  let base = 0
  for (let i = 0; i < count; i += shape[last]) {
    for (let j = 0; j < shape[last]; j++) out[i + j] = data[base + j * strides[last]]
    for (let axis = last - 1; axis >= 0; axis--) {
      base += strides[axis]
      if (++at[axis] < shape[axis]) break
      base -= at[axis] * strides[axis]
      at[axis] = 0
    }
  }
  return out
}
