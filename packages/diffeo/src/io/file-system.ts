/** @file The few things the library asks of a file system; the Node entry installs one, browsers have none. */
import { DataError, DiffeoError } from '../util/errors.ts'

export interface FileSystem {
  read(path: string): Promise<Uint8Array>
  /** Writes all parts, or nothing: into a temporary file beside it, which is then renamed. */
  writeWhole(path: string, parts: readonly Uint8Array[]): Promise<void>
  exists(path: string): Promise<boolean>
  makeFolder(path: string): Promise<void>
  /** Removes the temporary files of processes that were killed while they wrote into the folder. */
  removeTemporaries(folder: string): Promise<void>
}

let installed: FileSystem | null = null

export function installFileSystem(files: FileSystem): void { installed = files }

/** @throws DiffeoError where there is none, as in a browser */
export function fileSystem(what: string): FileSystem {
  if (!installed) {
    throw new DiffeoError(
      `${what} takes a path only where there is a file system (Node): here give it bytes, or a function that takes them`,
    )
  }
  return installed
}

/** Makes the folder that a file is to be in. */
export async function makeFolderOf(what: string, path: string): Promise<void> {
  const folder = path.replace(/[^/\\]*$/, '')
  if (folder !== '') await fileSystem(what).makeFolder(folder)
}

interface FileHandle {
  write(bytes: Uint8Array): Promise<{ bytesWritten: number }>
  sync(): Promise<void>
  close(): Promise<void>
}
/** What is used of `node:fs/promises`. */
export interface NodeFiles {
  readFile(path: string): Promise<Uint8Array>
  open(path: string, flags: string): Promise<FileHandle>
  rename(from: string, to: string): Promise<void>
  rm(path: string, options: { force: boolean }): Promise<void>
  access(path: string): Promise<void>
  mkdir(path: string, options: { recursive: boolean }): Promise<unknown>
  readdir(path: string): Promise<string[]>
}

/**
 * The file system of Node, from its module: the library itself imports nothing of Node.
 * @example installFileSystem(nodeFileSystem(await import('node:fs/promises')))
 */
export const nodeFileSystem = (fs: NodeFiles): FileSystem => ({
  read: path => named(path, 'read', () => fs.readFile(path)),
  writeWhole: (path, parts) => named(path, 'written', () => replaceFile(fs, path, parts)),
  exists: path => fs.access(path).then(() => true, () => false),
  makeFolder: path => named(path, 'made', async () => { await fs.mkdir(path, { recursive: true }) }),
  removeTemporaries: folder => named(folder, 'cleaned', async () => {
    const rests = (await fs.readdir(folder)).filter(name => isTemporary.test(name))
    await Promise.all(rests.map(name => fs.rm(`${folder}/${name}`, { force: true })))
  }),
})

let temporaries = 0
/** The names that `replaceFile` makes. */
const isTemporary = /\.[0-9a-z]+-\d+-[0-9a-z]+\.tmp$/

async function replaceFile(fs: NodeFiles, path: string, parts: readonly Uint8Array[]): Promise<void> {
  // beside the target: a rename is one step only within a file system
  const temporary = `${path}.${Date.now().toString(36)}-${temporaries++}-${Math.random().toString(36).slice(2, 8)}.tmp`
  try {
    const file = await fs.open(temporary, 'wx')
    try {
      for (const part of parts) await writeAll(file, part)
      await file.sync()
    } finally {
      await file.close()
    }
    await fs.rename(temporary, path)
  } catch (error) {
    await fs.rm(temporary, { force: true }).catch(() => {})
    throw error
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes.subarray(at))).bytesWritten
}

const reasons: Record<string, string> = {
  ENOENT: 'there is no such file or folder',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EACCES: 'access is denied',
  EPERM: 'the operation is not permitted',
  ENOSPC: 'there is no space left',
  EROFS: 'the file system is read-only',
}

async function named<T>(path: string, what: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body()
  } catch (error) {
    const code = (error as { code?: string }).code ?? ''
    throw new DataError(`${path} cannot be ${what}: ${reasons[code] ?? (error as Error).message}`, { cause: error })
  }
}
