/** @file Folders with a folder for each class: of images, of texts, of sounds. */
import { readdir } from 'node:fs/promises'
import { basename, extname, join, relative, resolve, sep } from 'node:path'
import { data, DataError } from 'diffeo'
import { imageDecoder, type DecodeOptions } from './decode.ts'
import { readBytes } from './read.ts'

/** A data set whose examples are files, read when they are asked for. */
export interface FileDataset<T> extends data.Dataset<T> {
  readonly classNames: readonly string[]
  /** The file and the class of each example. */
  readonly files: readonly string[]
  readonly labels: Int32Array
  /** Files below the folder that are of other kinds; `data.describe` says so. */
  readonly leftOut?: readonly string[]
}

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Files below a folder, in the order of their names. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter(e => e.isFile() && !e.name.startsWith('.'))
    .map(e => join(e.parentPath ?? e.path, e.name))
    .sort(byName)
}

/** The kinds of some files by how many there are: '.bmp (12), .ppm (3)'. */
function kindsOf(files: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const file of files) {
    const kind = extname(file).toLowerCase() || basename(file)
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return [...counts].sort(([, a], [, b]) => b - a).slice(0, 5).map(([kind, n]) => `${kind} (${n})`).join(', ')
}

function whyNot(path: string, { code, message }: NodeJS.ErrnoException): string {
  const wanted = 'expected a folder that holds a folder of files for each class'
  if (code === 'ENOENT') return `there is no folder '${path}' (looked in ${resolve(path)}): ${wanted}`
  return code === 'ENOTDIR' ? `'${path}' is a file: ${wanted}` : `${path} cannot be read: ${message}`
}

/** Classes are the folders below it, in the order of their names. */
async function classFiles<T>(
  what: string, path: string, endings: RegExp, read: (file: string) => Promise<T>,
): Promise<FileDataset<[T, number]>> {
  let all: string[]
  try {
    all = await filesBelow(path)
  } catch (error) {
    throw new DataError(`${what}: ${whyNot(path, error as NodeJS.ErrnoException)}`, { cause: error })
  }
  /** The folder below the root; none of a file that lies in the root, or in a hidden folder. */
  const classOf = (file: string): string | null => {
    const parts = relative(path, file).split(sep)
    return parts.length > 1 && !parts[0].startsWith('.') ? parts[0] : null
  }
  const isExample = (file: string): boolean => endings.test(file) && classOf(file) !== null
  const files = all.filter(isExample)
  const isHidden = (file: string): boolean => relative(path, file).startsWith('.')
  const leftOut = all.filter(file => !isExample(file) && !isHidden(file))
  if (files.length === 0) {
    const found = leftOut.length > 0 ? `; there ${leftOut.length === 1 ? 'is' : 'are'} ${kindsOf(leftOut)}` : ''
    const here = leftOut.some(file => endings.test(file)) ? ', and these files lie in none' : ''
    throw new DataError(
      `${what}: ${path} has no folder with files ${endings.source.replaceAll(/[\\$()?]/g, '')}: each class is a folder${here}${found}`,
    )
  }
  const classNames = [...new Set(files.map(file => classOf(file)!))].sort(byName)
  const classOrder = new Map(classNames.map((name, label) => [name, label]))
  // by class first: a name may go on where a folder's ends
  files.sort((a, b) => classOrder.get(classOf(a)!)! - classOrder.get(classOf(b)!)! || byName(a, b))
  const labels = Int32Array.from(files, file => classOrder.get(classOf(file)!)!)
  return fileDataset(what, { classNames, files, labels, leftOut }, read)
}

/** Files with labels, each read when it is asked for. */
export function fileDataset<T>(
  what: string,
  { classNames, files, labels, leftOut = [] }: Pick<FileDataset<T>, 'classNames' | 'files' | 'labels' | 'leftOut'>,
  read: (file: string) => Promise<T>,
): FileDataset<[T, number]> {
  return {
    classNames, files, labels, leftOut, length: files.length,
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
 * out. Files of other kinds, as .bmp and .ppm, are left out: `leftOut` lists them.
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
