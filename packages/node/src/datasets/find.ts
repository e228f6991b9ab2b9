/** @file Where data sets lie on this machine, and fetching those that do not. */
import { access, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { DataError } from 'diffeo'
import { download } from './download.ts'

/** Four files of images and labels, with or without .gz. */
export const idxFiles = {
  trainImages: 'train-images-idx3-ubyte', trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte', testLabels: 't10k-labels-idx1-ubyte',
} as const
export type IdxPaths = Record<keyof typeof idxFiles, string>

/** The folder that fetched data goes to. */
export function cacheFolder(): string {
  const base =
    process.env.XDG_CACHE_HOME ??
    (process.platform === 'win32' ? process.env.LOCALAPPDATA : undefined) ??
    join(homedir(), '.cache')
  return join(base, 'diffeo')
}

/** Folders to look in for a data set: the path given, those under DIFFEO_DATA, `others`, the cache. */
export function foldersFor(name: string, path: string | undefined, others: readonly string[] = []): string[] {
  if (path) return [path]
  const data = process.env.DIFFEO_DATA
  return [...(data ? [join(data, name), data] : []), ...others, join(cacheFolder(), name)]
}

const exists = (path: string): Promise<boolean> => access(path).then(() => true, () => false)

async function findFile(folder: string, name: string): Promise<string | null> {
  for (const file of [name, `${name}.gz`]) if (await exists(join(folder, file))) return join(folder, file)
  return null
}

/** The first folder that holds all four files; null if none does. */
export async function findIdx(folders: readonly string[]): Promise<IdxPaths | null> {
  for (const folder of folders) {
    const found = await Promise.all(
      Object.entries(idxFiles).map(async ([key, name]) => [key, await findFile(folder, name)] as const),
    )
    if (found.every(([, path]) => path !== null)) return Object.fromEntries(found) as IdxPaths
  }
  return null
}

/** Fetches those of the four files (gzipped) that the folder does not hold: what was cut short goes on. */
export async function fetchIdx(address: string, folder: string, sums: IdxPaths): Promise<IdxPaths> {
  const paths: Partial<IdxPaths> = {}
  for (const [key, name] of Object.entries(idxFiles) as [keyof IdxPaths, string][]) {
    paths[key] = join(folder, `${name}.gz`)
    await download(`${address}${name}.gz`, paths[key], { sha256: sums[key] })
  }
  return paths as IdxPaths
}

/** Writes a file or nothing: into a temporary one beside it, which is then renamed. */
export async function writeWhole(path: string, bytes: Uint8Array | string): Promise<void> {
  const temporary = `${path}.${process.pid}-${Math.random().toString(36).slice(2)}.tmp`
  try {
    await writeFile(temporary, bytes, { flag: 'wx', flush: true })
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw new DataError(`${path} cannot be written: ${(error as Error).message}`, { cause: error })
  }
}

export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new DataError(`${path} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}
