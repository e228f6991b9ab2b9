/** @file CIFAR-10: 60,000 colour images of 32×32 in 10 classes. */
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { data, DataError } from 'diffeo'
import { download } from './download.ts'
import { cacheFolder, foldersFor } from './find.ts'
import { MissingData } from './missing.ts'
import { readBytes } from './read.ts'
import { readTar } from './tar.ts'

export const cifar10Names: readonly string[] =
  ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck']

const address = 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz'
const sha256 = 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd'
const archive = 'cifar-10-binary.tar.gz'
const trainFiles = [1, 2, 3, 4, 5].map(i => `data_batch_${i}.bin`)
const testFile = 'test_batch.bin'

/** Colour images as bytes `[n, 3, 32, 32]`, and a label each. */
export interface ColourSplit {
  /** Images as float32 `[n, 3, 32, 32]` from 0 to 1, and labels as int32 `[n]`. */
  readonly dataset: data.TensorDataset<[data.HostRows, data.HostRows]>
  readonly images: data.NdArray<Uint8Array>
  readonly labels: Int32Array
}
export interface ColourClasses {
  readonly name: string
  readonly description: string
  readonly classNames: readonly string[]
  readonly train: ColourSplit
  readonly test: ColourSplit
}
export interface Cifar10Options extends data.OnError {
  /** The folder that holds the six files of the binary version, or its archive. */
  path?: string
  /** Whether it may be fetched; true. */
  download?: boolean
}

const exists = (path: string): Promise<boolean> => access(path).then(() => true, () => false)

/** The files by name, from a folder that holds them all, or from the archive. */
async function filesIn(folder: string): Promise<Map<string, Uint8Array> | null> {
  const names = [...trainFiles, testFile]
  for (const inner of [folder, join(folder, 'cifar-10-batches-bin')]) {
    if (!(await Promise.all(names.map(n => exists(join(inner, n))))).every(Boolean)) continue
    return new Map(await Promise.all(names.map(async n => [join(inner, n), await readBytes(join(inner, n))] as const)))
  }
  const path = join(folder, archive)
  if (!(await exists(path))) return null
  const found = readTar(await readBytes(path), path).filter(e => names.some(n => e.name.endsWith(n)))
  if (found.length !== names.length)
    throw new DataError(`${path} holds ${found.length} of the files ${names.join(', ')}`)
  return new Map(found.map(e => [`${path}, ${e.name}`, e.data]))
}

function splitOf(files: readonly [string, Uint8Array][], onError: data.OnError): ColourSplit {
  const parts = files.map(([file, bytes]) => data.parseCifar(bytes, { ...onError, file }))
  const labels = Int32Array.from(parts.flatMap(p => [...p.labels]))
  const pixels = new Uint8Array(labels.length * 3072)
  let at = 0
  for (const { images } of parts) {
    pixels.set(images.data, at)
    at += images.data.length
  }
  const x = new Float32Array(pixels.length)
  for (let i = 0; i < x.length; i++) x[i] = pixels[i] / 255
  const shape = [labels.length, 3, 32, 32]
  return {
    dataset: new data.TensorDataset({ data: x, shape }, { data: labels, shape: [labels.length] }),
    images: { data: pixels, shape }, labels,
  }
}

/**
 * 50,000 images to train and 10,000 to test, found by `path`, below DIFFEO_DATA or in the cache, or else fetched.
 * @throws MissingData saying what to do where the data is not there
 * @example const { train, test, classNames } = await datasets.cifar10()
 */
export async function cifar10(options: Cifar10Options = {}): Promise<ColourClasses> {
  const folders = foldersFor('cifar-10', options.path)
  const files = await firstOf(folders) ?? await fetched(options, folders)
  const entries = [...files].sort(([a], [b]) => (a < b ? -1 : 1))
  const { onError } = options
  return {
    name: 'cifar-10',
    description: 'CIFAR-10 with its official split: 50,000 to train and 10,000 to test',
    classNames: cifar10Names,
    train: splitOf(entries.filter(([name]) => !name.endsWith(testFile)), { onError }),
    test: splitOf(entries.filter(([name]) => name.endsWith(testFile)), { onError }),
  }
}

async function firstOf(folders: readonly string[]): Promise<Map<string, Uint8Array> | null> {
  for (const folder of folders) {
    const found = await filesIn(folder)
    if (found) return found
  }
  return null
}

async function fetched(
  { path, download: wanted = true }: Cifar10Options,
  folders: readonly string[],
): Promise<Map<string, Uint8Array>> {
  const missing = (why: string, cause?: unknown): DataError =>
    new MissingData(
      `cifar10: the files ${trainFiles[0]} … ${testFile}, or ${archive}, are in none of ${folders.join(', ')}, and ${why}`,
      'put them into a folder and name it by DIFFEO_DATA or { path }',
      { cause },
    )
  if (path || !wanted) throw missing(path ? 'nothing is fetched where a path is given' : 'fetching is switched off')
  const folder = join(cacheFolder(), 'cifar-10')
  try {
    await download(address, join(folder, archive), { sha256 })
  } catch (error) {
    throw missing((error as Error).message, error)
  }
  return (await filesIn(folder))!
}
