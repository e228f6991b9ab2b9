/**
 * @file PyTorch's files: what torch.save writes of tensors and containers, as the zip archive that it is since 1.6, or
 * as the pickles in a row of before. Loaded when the first such file is.
 */
import { DataError } from '../../util/errors.ts'
import { Cursor } from '../../util/cursor.ts'
import { readZip } from '../../util/zip.ts'
import type { HostTensor } from '../elements.ts'
import { PickledStorage, storageDType } from './globals.ts'
import { unpickle, type Persistent } from './pickle.ts'
import { isLegacy, readLegacy } from './legacy.ts'
import { mostUnpacked, TensorReader, type FindBlock } from './tensors.ts'
import { toState } from './tree.ts'

/** Makes what stands for a tensor in the state; `read` reads its value. */
export type Leaf = (path: string, read: () => Promise<HostTensor>) => Promise<unknown>

/**
 * The state that a file holds.
 * @throws DataError, saying what is wrong and at which byte, for damaged files and for what is no state
 */
export async function readPyTorch(bytes: Uint8Array, source: string, leaf: Leaf): Promise<unknown> {
  const { root, find, pickled } = isLegacy(bytes) ? readLegacy(bytes, source) : await readArchive(bytes, source)
  const tensors = new TensorReader(find, source, bytes.length)
  // a value takes a byte of the pickle, and a few are used twice
  return toState(root, (t, path) => leaf(path, () => tensors.read(t, path)), source, 1000 + 4 * pickled)
}

interface Opened { readonly root: unknown; readonly find: FindBlock; readonly pickled: number }

async function readArchive(bytes: Uint8Array, source: string): Promise<Opened> {
  const entries = readZip(bytes, source)
  const total = [...entries.values()].reduce((sum, e) => sum + e.size, 0)
  if (total > mostUnpacked(bytes.length)) {
    throw new DataError(
      `${source}: its ${bytes.length} bytes would unpack to ${total}, and ${mostUnpacked(bytes.length)} are the most that is taken`,
    )
  }
  const main = [...entries.keys()].find(name => /^[^/]*\/data\.pkl$/.test(name))
  if (main === undefined) {
    const names = [...entries.keys()]
    const arrays = names.some(name => name.endsWith('.npy')) ? ': NumPy\'s arrays are read by data.parseNpz' : ''
    throw new DataError(
      `${source}: this zip file is none of PyTorch's: it has no data.pkl, but ${names.slice(0, 5).join(', ')}${arrays}`,
    )
  }
  const folder = main.slice(0, -'data.pkl'.length)
  if (entries.has(`${folder}constants.pkl`)) {
    throw new DataError(
      `${source}: this is a TorchScript program, not a state. In Python: torch.save(torch.jit.load(path).state_dict(), 'state.pt')`,
    )
  }
  const order = entries.get(`${folder}byteorder`)
  if (order && new TextDecoder().decode(await order.read()) !== 'little')
    throw new DataError(`${source}: byte ${order.from}: its numbers are not in little-endian order`)
  const entry = entries.get(main)!
  const pickle = await entry.read()
  const place = (at: number): string => (entry.deflated ? `byte ${at} of ${main}` : `byte ${entry.from + at}`)
  const root = unpickle(new Cursor(pickle, source, 0, place), persistent)
  const blocks = new Map<string, Promise<Uint8Array>>()
  const find: FindBlock = async key => {
    const stored = entries.get(`${folder}data/${key}`)
    if (!stored) throw new DataError(`${source}: the entry '${folder}data/${key}', which a tensor needs, is missing`)
    if (!blocks.has(key)) blocks.set(key, stored.read())
    const found = await blocks.get(key)!
    return stored.deflated
      ? { bytes: found, from: 0, length: found.length }
      : { bytes, from: stored.from, length: stored.size }
  }
  return { root, find, pickled: pickle.length }
}

/** ('storage', class, key, device, count) */
const persistent: Persistent = (id, wrong) => {
  if (!Array.isArray(id) || id[0] !== 'storage') throw wrong('the file refers to what is no storage')
  const [, type, key, , count] = id as unknown[]
  const dtype = storageDType(type)
  if (dtype === undefined || typeof key !== 'string' || typeof count !== 'number')
    throw wrong('a storage here is incomplete')
  return new PickledStorage(key, dtype, count)
}
