/** @file Fetching files: checked by their sum, kept, and gone on with where they were cut short. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DataError } from 'diffeo'

export interface DownloadOptions {
  /** What the file's sha256 must be, in hex. */
  sha256: string
  /** No more than this many bytes are taken; 16 GiB. */
  maxBytes?: number
  /** Gives up where nothing came for so many milliseconds; 60,000. */
  patience?: number
  /** Told how many bytes there are, and how many there will be (NaN: not known). */
  onProgress?: (bytes: number, total: number) => void
  signal?: AbortSignal
}

async function sumOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const part of createReadStream(path)) hash.update(part as Buffer)
  return hash.digest('hex')
}
const sizeOf = (path: string): Promise<number> => stat(path).then(s => s.size, () => -1)

/**
 * Fetches a file, unless it is there and right. What was cut short lies beside it as `.part`; the next call asks for
 * the rest. A file whose sum is another is not kept.
 * @throws DataError where it cannot be had, or is another file
 * @example await datasets.download('https://example.org/a.bin', 'data/a.bin', { sha256: '9f86d0…' })
 */
export async function download(url: string, path: string, options: DownloadOptions): Promise<void> {
  const { sha256 } = options ?? {}
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/i.test(sha256))
    throw new DataError(
      `download: sha256 is ${JSON.stringify(sha256)}: give the sum that the file must have, in 64 digits, as in ` +
        "download(url, path, { sha256: '9f86d0…' }); `sha256sum` shows that of a file you trust",
    )
  const wanted = sha256.toLowerCase()
  if ((await sizeOf(path)) >= 0 && (await sumOf(path)) === wanted) return
  await mkdir(dirname(path), { recursive: true })
  const part = `${path}.part`
  const had = await sizeOf(part)
  await fetchRest(url, part, options)
  let found = await sumOf(part)
  if (found !== wanted && had > 0) {
    // the beginning may be of another version, or damaged: once more, all of it
    await rm(part, { force: true })
    await fetchRest(url, part, options)
    found = await sumOf(part)
  }
  if (found !== wanted) {
    await rm(part, { force: true })
    throw new DataError(
      `${url}: its sha256 is ${found}, it must be ${sha256}: the file was changed on its way, nothing was kept`,
    )
  }
  await rename(part, path)
}

/** Appends to what is there of a file, or begins it anew where the server gives all of it. */
async function fetchRest(url: string, part: string, options: DownloadOptions): Promise<void> {
  const { maxBytes = 2 ** 34, patience = 60_000, onProgress, signal } = options
  const stop = new AbortController()
  let timer = setTimeout(() => stop.abort(new Error(`nothing came for ${patience} ms`)), patience)
  const abort = (): void => stop.abort(signal!.reason)
  signal?.addEventListener('abort', abort)
  if (signal?.aborted) abort()
  try {
    const had = Math.max(0, await sizeOf(part))
    const headers: Record<string, string> = had > 0 ? { range: `bytes=${had}-` } : {}
    let response = await fetch(url, { headers, signal: stop.signal })
    if (response.status === 416) {
      // there is no more than what is there
      await response.body?.cancel()
      response = await fetch(url, { signal: stop.signal })
    }
    if (!response.ok) throw new Error(`the server answers ${response.status}`)
    const from = response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${had}-`) ? had : 0
    const length = response.headers.get('content-length')
    const total = length === null ? NaN : from + Number(length)
    const file = await open(part, from > 0 ? 'a' : 'w')
    try {
      let bytes = from
      for await (const piece of response.body ?? []) {
        timer = rearm(timer, stop, patience)
        bytes += (piece as Uint8Array).length
        if (bytes > maxBytes) throw new Error(`it is longer than ${maxBytes} bytes`)
        await file.write(piece as Uint8Array)
        onProgress?.(bytes, total)
      }
    } finally {
      await file.close()
    }
  } catch (error) {
    const reason = stop.signal.aborted ? stop.signal.reason as Error : error as Error & { cause?: Error }
    throw new DataError(`${url} cannot be fetched: ${(reason.cause as Error | undefined)?.message ?? reason.message}`, {
      cause: error,
    })
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

function rearm(timer: NodeJS.Timeout, stop: AbortController, patience: number): NodeJS.Timeout {
  clearTimeout(timer)
  return setTimeout(() => stop.abort(new Error(`nothing came for ${patience} ms`)), patience)
}
