/** @file Folders with a folder for each class: of images, of texts, of sounds. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { data, DataError } from 'diffeo'
import { imageDecoder, type DecodeOptions } from './decode.ts'
import { readBytes } from './read.ts'

/** A data set whose examples are files, read when they are asked for. */
export interface FileDataset<T> extends data.Dataset<T> {
  readonly classNames: readonly string[]
  /** The file and the class of each example. */
  readonly files: readonly string[]
  readonly labels: Int32Array
}

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Files with these endings below a folder, in the order of their names. */
async function filesBelow(folder: string, endings: RegExp): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter(e => e.isFile() && endings.test(e.name) && !e.name.startsWith('.'))
    .map(e => join(e.parentPath ?? e.path, e.name))
    .sort(byName)
}

/** Classes are the folders below it, in the order of their names. */
async function classFiles<T>(
  what: string, path: string, endings: RegExp, read: (file: string) => Promise<T>,
): Promise<FileDataset<[T, number]>> {
  let folders: string[]
  try {
    const entries = await readdir(path, { withFileTypes: true })
    folders = entries.filter(e => e.isDirectory() && !e.name.startsWith('.')).map(e => e.name).sort(byName)
  } catch (error) {
    throw new DataError(`${what}: ${path} cannot be read: ${(error as Error).message}`, { cause: error })
  }
  const found = await Promise.all(folders.map(name => filesBelow(join(path, name), endings)))
  const classNames = folders.filter((_, i) => found[i].length > 0)
  const kept = found.filter(files => files.length > 0)
  if (kept.length === 0)
    throw new DataError(
      `${what}: ${path} has no folder with files ${endings.source.replaceAll(/[\\$()?]/g, '')}: each class is a folder`,
    )
  const files = kept.flat()
  const labels = Int32Array.from(kept.flatMap((list, label) => list.map(() => label)))
  return fileDataset(what, { classNames, files, labels }, read)
}

/** Files with labels, each read when it is asked for. */
export function fileDataset<T>(
  what: string,
  { classNames, files, labels }: Pick<FileDataset<T>, 'classNames' | 'files' | 'labels'>,
  read: (file: string) => Promise<T>,
): FileDataset<[T, number]> {
  return {
    classNames, files, labels, length: files.length,
    async get(index) {
      if (!Number.isInteger(index) || index < 0 || index >= files.length)
        throw new DataError(`${what}: there is no example ${index}: there are ${files.length}`)
      return [await read(files[index]), labels[index]]
    },
  }
}

/**
 * Images in a folder for each class: `[image, label]`, the image as bytes `[channels, height, width]`. It is decoded
 * when it is asked for; a file that cannot be is an error of its example, which the loader's `onError: 'skip'` leaves
 * out.
 * @example
 * const set = await datasets.imageFolder('flowers', { size: [128, 128] })
 * new data.DataLoader(set, { batchSize: 32, shuffle: true, labels: 'int32', onError: 'skip' })
 */
export async function imageFolder(
  path: string, options: DecodeOptions = {},
): Promise<FileDataset<[data.NdArray<Uint8Array>, number]>> {
  const decode = await imageDecoder(options)
  return classFiles('imageFolder', path, /\.(jpe?g|png|webp|gif|tiff?|avif)$/i, decode)
}

/** Texts in a folder for each class: `[text, label]`. @example await datasets.textFolder('mail') */
export async function textFolder(path: string): Promise<FileDataset<[string, number]>> {
  return classFiles('textFolder', path, /\.(txt|text|md|eml)$/i, async file => {
    const bytes = await readBytes(file)
    if (bytes.length === 0) throw new data.FormatError(file, 0, 'the file is empty')
    return data.decodeUtf8(bytes, file).replace(/^\uFEFF/, '')
  })
}

/**
 * Sounds in a folder for each class: `[{ data, shape, sampleRate }, label]`. @example await
 * datasets.audioFolder('words')
 */
export async function audioFolder(path: string): Promise<FileDataset<[data.Audio, number]>> {
  return classFiles('audioFolder', path, /\.wave?$/i, async file => data.parseWav(await readBytes(file), file))
}
