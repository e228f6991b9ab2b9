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
  /** The tensors that are wanted, by name: all of them, if it is not given. */
  keys?: readonly string[]
}

/**
 * Reads a safetensors file: the state that was saved, or tensors by name.
 * @throws DataError saying what is wrong with the file and at which byte
 * @example model.loadStateDict(await load('model.safetensors'))
 * @example const head = await load('half.safetensors', { dtype: 'float32', keys: ['head.weight'] })
 */
export async function load<S = Record<string, Tensor>>(source: Source, options: LoadOptions = {}): Promise<S> {
  checkOptions('load', options, { dtype: true, keys: true })
  const { tensors, metadata } = await loadWithMetadata(source, options)
  const form = options.keys ? undefined : metadata[formKey]
  return (form === undefined ? tensors : unpack({ tensors, json: form }, nameOf(source))) as S
}

type Source = string | Uint8Array | ArrayBuffer
const nameOf = (source: Source): string => (typeof source === 'string' ? source : 'load')

/** The file's tensors by name, with the texts that it keeps beside them. */
export async function loadWithMetadata(
  source: Source,
  { dtype: wanted, keys }: LoadOptions = {},
): Promise<{ tensors: Record<string, Tensor>; metadata: Record<string, string> }> {
  const { tensors, metadata } = decode(await bytesFrom(source), nameOf(source), keys)
  const made = Object.entries(tensors).map(([name, { data, dtype, shape }]) => {
    try {
      return [name, tensor(data, { dtype: wanted && isFloat(dtype) ? wanted : dtype, shape })] as const
    } catch (error) {
      if (!(error instanceof DTypeError)) throw error
      throw new DTypeError(
        `${nameOf(source)}: tensor '${name}': ${error.message}. To take it as float32: load(source, { dtype: 'float32' })`,
        { cause: error },
      )
    }
  })
  return { tensors: Object.fromEntries(made), metadata }
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
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4
  if (isZip) {
    throw new DataError(
      `${typeof source === 'string' ? source : 'load'}: this is a zip file, as PyTorch's .pt: diffeo does not read these yet. ` +
        'In Python: safetensors.torch.save_file(model.state_dict(), "model.safetensors")',
    )
  }
  return bytes
}
