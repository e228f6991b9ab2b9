/** @file Tensors to files and back. */
import { Tensor, tensor } from '../tensor/index.ts'
import { DataError } from '../util/errors.ts'
import { fileSystem } from './file-system.ts'
import { decode, encode, type EncodeOptions, type HostTensor } from './safetensors.ts'

/** Takes the parts of a file in order: a function, or what has a `write`. */
export type Writer = ((part: Uint8Array) => unknown) | { write(part: Uint8Array): unknown }
export type StateDict = Readonly<Record<string, Tensor>>

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

/**
 * Writes a state as safetensors. A file is replaced as a whole or not at all.
 * @param target a path (in Node), or what takes the bytes
 * @example await save('model.safetensors', model.stateDict(), { metadata: { epochs: '5' } })
 */
export async function save(target: string | Writer, state: StateDict, options: EncodeOptions = {}): Promise<void> {
  if (typeof (state as { stateDict?: unknown } | null)?.stateDict === 'function') {
    throw new DataError('save takes a state dict, and was given the module or optimizer itself: pass its .stateDict()')
  }
  const files = typeof target === 'string' ? fileSystem('save') : null
  const parts = encode(await hostState(state), options)
  if (files) return files.writeWhole(target as string, parts)
  const writer = target as Writer
  for (const part of parts) await (typeof writer === 'function' ? writer(part) : writer.write(part))
}

/**
 * Reads a safetensors file.
 * @throws DataError saying what is wrong with the file and at which byte
 * @example model.loadStateDict(await load('model.safetensors'))
 */
export async function load(source: string | Uint8Array | ArrayBuffer): Promise<Record<string, Tensor>> {
  return (await loadWithMetadata(source)).tensors
}

/** As `load`, with the texts that the file keeps beside the tensors. */
export async function loadWithMetadata(
  source: string | Uint8Array | ArrayBuffer,
): Promise<{ tensors: Record<string, Tensor>; metadata: Record<string, string> }> {
  const bytes = await bytesFrom(source)
  const { tensors, metadata } = decode(bytes, typeof source === 'string' ? source : 'load')
  const made = Object.entries(tensors).map(
    ([name, { data, dtype, shape }]) => [name, tensor(data, { dtype, shape })] as const,
  )
  return { tensors: Object.fromEntries(made), metadata }
}

async function bytesFrom(source: string | Uint8Array | ArrayBuffer): Promise<Uint8Array> {
  const bytes =
    typeof source === 'string'
      ? await fileSystem('load').read(source)
      : source instanceof ArrayBuffer
        ? new Uint8Array(source)
        : source
  if (!(bytes instanceof Uint8Array))
    throw new DataError(`load takes a path or bytes, not ${bytes === null ? 'null' : typeof bytes}`)
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4
  if (isZip) {
    throw new DataError(
      `${typeof source === 'string' ? source : 'load'}: this is a zip file, as PyTorch's .pt: diffeo does not read these yet. ` +
        'In Python: safetensors.torch.save_file(model.state_dict(), "model.safetensors")',
    )
  }
  return bytes
}
