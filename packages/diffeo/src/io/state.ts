/** @file Tensors to files and back. */
import { Tensor, tensor } from '../tensor/index.ts'
import { isFloat } from '../graph/dtype.ts'
import { DataError, DTypeError } from '../util/errors.ts'
import { checkOptions, whatIs } from '../util/options.ts'
import { fileSystem } from './file-system.ts'
import { decode, encode, type EncodeOptions, type HostTensor } from './safetensors.ts'
import { pack, unpack } from './tree.ts'

/** Takes the parts of a file in order: a function, or what has a `write`. */
export type Writer = ((part: Uint8Array) => unknown) | { write(part: Uint8Array): unknown }
export type StateDict = Readonly<Record<string, Tensor>>
/** Tensors by name; or numbers, texts, tensors, and objects and arrays of them. */
export type State = StateDict | Readonly<Record<string, unknown>>

/** The values of a state, outside of any device. */
export async function hostState(state: StateDict): Promise<Record<string, HostTensor>> {
  const entries: [string, HostTensor][] = []
  for (const [name, t] of Object.entries(state)) {
    if (!(t instanceof Tensor))
      throw new DataError(`save: '${name}' is ${typeof t}, not a tensor: metadata holds texts`)
    entries.push([name, { dtype: t.dtype, shape: t.shape, data: await t.data() }])
  }
  return Object.fromEntries(entries)
}

/** The key under which the form of a state that is more than tensors by name is kept among the file's texts. */
const formKey = 'diffeo.state'
const isFlat = (state: object): state is StateDict => Object.values(state).every(x => x instanceof Tensor)

/**
 * Writes a state as safetensors. A file is replaced as a whole or not at all. Beside tensors by name a state may hold
 * numbers, texts, and objects and arrays of them; `load` gives it back in its form.
 * @param target a path (in Node), or what takes the bytes
 * @example await save('model.safetensors', model.stateDict(), { metadata: { epochs: '5' } })
 * @example await save('run.safetensors', { model: model.stateDict(), optimizer: optimizer.stateDict(), epoch: 3 })
 */
export async function save(target: string | Writer, state: State, options: EncodeOptions = {}): Promise<void> {
  checkOptions('save', options, { metadata: true })
  if (typeof state !== 'object' || state === null) throw new DataError(`save takes a state dict, got ${whatIs(state)}`)
  if (typeof (state as { stateDict?: unknown }).stateDict === 'function') {
    throw new DataError('save takes a state dict, and was given the module or optimizer itself: pass its .stateDict()')
  }
  if (typeof target === 'string' && /\.(pt|pth)$/i.test(target))
    throw new DataError(
      `save writes safetensors, and '${target}' is a name of PyTorch's files, which load reads: write ` +
        `save('${target.replace(/\.\w+$/, '')}.safetensors', state)`,
    )
  if (Object.keys(state).length === 0) throw new DataError('save: the state is empty: a file of it would hold nothing')
  const files = typeof target === 'string' ? fileSystem('save') : null
  const parts = isFlat(state) ? encode(await hostState(state), options) : await encodeState(state, options)
  if (files) return files.writeWhole(target as string, parts)
  const writer = target as Writer
  for (const part of parts) await (typeof writer === 'function' ? writer(part) : writer.write(part))
}

async function encodeState(state: State, { metadata = {} }: EncodeOptions): Promise<Uint8Array[]> {
  const { tensors, json } = pack(state)
  return encode(await hostState(tensors), { metadata: { ...metadata, [formKey]: json } })
}

export interface LoadOptions {
  /** Floats come in this dtype, whichever the file has: weights of half precision on a device that has none. */
  dtype?: 'float32' | 'float64' | 'float16' | 'bfloat16'
  /** The tensors that are wanted, by name (within a nested state 'model/0.weight'): all, if it is not given. */
  keys?: readonly string[]
}

/**
 * Reads a safetensors file, or what PyTorch's `torch.save` wrote (`.pt`, `.pth`) of tensors, numbers, texts and
 * containers: the state that was saved, or tensors by name. Of a `.pt` file nothing is executed.
 * @throws DataError saying what is wrong with the file and at which byte, and what in it is no part of a state
 * @example model.loadStateDict(await load('model.safetensors'))
 * @example const { model, epoch } = await load<any>('checkpoint.pt')
 * @example const head = await load('half.safetensors', { dtype: 'float32', keys: ['head.weight'] })
 */
export async function load<S = Record<string, Tensor>>(source: Source, options: LoadOptions = {}): Promise<S> {
  checkOptions('load', options, { dtype: true, keys: true })
  return (await read(source, options)).state as S
}

type Source = string | Uint8Array | ArrayBuffer
const nameOf = (source: Source): string => (typeof source === 'string' ? source : 'load')

/** The file's tensors by name, with the texts that it keeps beside them. */
export async function loadWithMetadata(
  source: Source,
  options: LoadOptions = {},
): Promise<{ tensors: Record<string, Tensor>; metadata: Record<string, string> }> {
  const { tensors, metadata } = await read(source, options)
  return { tensors, metadata }
}

interface Contents { tensors: Record<string, Tensor>; metadata: Record<string, string>; state: unknown }

async function read(source: Source, options: LoadOptions): Promise<Contents> {
  const bytes = await bytesFrom(source)
  const name = nameOf(source)
  if (isPickled(bytes)) return readPickled(bytes, name, options)
  const { tensors: found, metadata } = decode(bytes, name, options.keys)
  const made = Object.entries(found).map(([key, t]) => [key, place(key, t, name, options)] as const)
  const tensors = Object.fromEntries(made)
  const form = options.keys ? undefined : metadata[formKey]
  return { tensors, metadata, state: form === undefined ? tensors : unpack({ tensors, json: form }, name) }
}

/** A zip archive, or a pickle: PyTorch's. */
const isPickled = (b: Uint8Array): boolean =>
  (b[0] === 0x50 && b[1] === 0x4b && b[2] < 7) || (b[0] === 0x80 && b[1] === 2 && b[2] === 0x8a)

async function readPickled(bytes: Uint8Array, name: string, options: LoadOptions): Promise<Contents> {
  // a chunk of its own: most programs never read one
  const { readPyTorch } = await import('./pytorch/index.ts')
  const { keys } = options
  const [paths, made]: [string[], [string, Tensor][]] = [[], []]
  const state = await readPyTorch(bytes, name, async (path, value) => {
    paths.push(path)
    if (keys && !keys.includes(path)) return undefined
    const t = place(path, await value(), name, options)
    made.push([path, t])
    return t
  })
  const unknown = keys?.find(k => !paths.includes(k))
  if (unknown !== undefined)
    throw new DataError(`${name}: there is no tensor '${unknown}': there are ${paths.join(', ')}`)
  const tensors = Object.fromEntries(made)
  return { tensors, metadata: {}, state: keys ? tensors : state }
}

/** The value on the device, in the dtype that is wanted. */
function place(key: string, { data, dtype, shape }: HostTensor, name: string, { dtype: wanted }: LoadOptions): Tensor {
  try {
    return tensor(data, { dtype: wanted && isFloat(dtype) ? wanted : dtype, shape })
  } catch (error) {
    if (!(error instanceof DTypeError)) throw error
    throw new DTypeError(
      `${name}: tensor '${key}': ${error.message}. To take it as float32: load(source, { dtype: 'float32' })`,
      { cause: error },
    )
  }
}

async function bytesFrom(source: Source): Promise<Uint8Array> {
  const bytes =
    typeof source === 'string'
      ? await fileSystem('load').read(source)
      : source instanceof ArrayBuffer
        ? new Uint8Array(source)
        : source
  if (!(bytes instanceof Uint8Array))
    throw new DataError(`load takes a path or bytes, not ${whatIs(bytes)}`)
  return bytes
}
