/**
 * @file Files from before PyTorch 1.6: five pickles in a row (a magic number, a version, facts about the machine, the
 * state, the keys of the storages), then for each storage its length and its bytes.
 */
import { DataError } from '../../util/errors.ts'
import { Cursor } from '../../util/cursor.ts'
import { elementBytes } from '../elements.ts'
import { PickledStorage, storageDType } from './globals.ts'
import { unpickle, type Persistent } from './pickle.ts'
import type { Block, FindBlock } from './tensors.ts'

/** 0x1950a86a20f9469cfc6c, as protocol 2 writes it. */
const magic = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]
export const isLegacy = (bytes: Uint8Array): boolean => magic.every((b, i) => bytes[i] === b)

export function readLegacy(bytes: Uint8Array, source: string): { root: unknown; find: FindBlock; pickled: number } {
  const cursor = new Cursor(bytes, source, magic.length)
  const none: Persistent = (_, wrong) => { throw wrong('a storage has no place here') }
  const version = unpickle(cursor, none)
  if (version !== 1001) throw cursor.error(`version ${String(version)} of PyTorch's old format: 1001 is read`)
  const machine = unpickle(cursor, none)
  if (!(machine instanceof Map) || machine.get('little_endian') !== true)
    throw cursor.error('its numbers are not in little-endian order')
  const storages = new Map<string, PickledStorage>()
  const start = cursor.at
  const root = unpickle(cursor, persistentInto(storages))
  const pickled = cursor.at - start
  const blocks = readBlocks(cursor, storages)
  const find: FindBlock = async key => {
    const block = blocks.get(key)
    if (!block) throw new DataError(`${source}: the storage '${key}', which a tensor needs, is missing`)
    return block
  }
  return { root, find, pickled }
}

/** ('storage', class, key, device, count, null or (key of the view, offset, count)) */
const persistentInto =
  (storages: Map<string, PickledStorage>): Persistent =>
  (id, wrong) => {
    if (!Array.isArray(id) || id[0] !== 'storage') throw wrong('the file refers to what is no storage')
    const [, type, key, , count, view] = id as unknown[]
    const dtype = storageDType(type)
    if (dtype === undefined || typeof key !== 'string' || typeof count !== 'number')
      throw wrong('a storage here is incomplete')
    const whole = storages.get(key) ?? new PickledStorage(key, dtype, count)
    if (whole.dtype !== dtype || whole.count !== count) throw wrong(`the storage '${key}' is described in two ways`)
    storages.set(key, whole)
    if (view === null || view === undefined) return whole
    const offset: unknown = Array.isArray(view) ? view[1] : undefined
    if (typeof offset !== 'number' || !Number.isInteger(offset) || offset < 0)
      throw wrong('a view of a storage has no offset')
    return new PickledStorage(key, dtype, count, offset)
  }

function readBlocks(cursor: Cursor, storages: ReadonlyMap<string, PickledStorage>): Map<string, Block> {
  const keys = unpickle(cursor, (_, wrong) => { throw wrong('a storage has no place here') })
  if (!Array.isArray(keys)) throw cursor.error('the keys of the storages should stand before this')
  const blocks = new Map<string, Block>()
  for (const key of keys as unknown[]) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined
    if (!storage) throw cursor.error(`the storage '${String(key)}' belongs to no tensor`)
    const at = cursor.at
    const count = cursor.u64('the length of a storage')
    if (count !== storage.count)
      throw cursor.error(`the storage '${storage.key}' has ${count} elements, and claims ${storage.count}`, at)
    const length = count * (storage.dtype === null ? 1 : elementBytes[storage.dtype])
    blocks.set(storage.key, { bytes: cursor.bytes, from: cursor.skip(length, `the storage '${storage.key}'`), length })
  }
  return blocks
}
