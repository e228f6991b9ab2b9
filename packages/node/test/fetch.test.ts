/** @file Fetching data sets, from a server of the test's own. */
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DataError } from 'diffeo'
import { download } from '../src/datasets/download.ts'
import { fetchIdx, idxFiles, type IdxPaths } from '../src/datasets/find.ts'
import { digitNames, idxClasses } from '../src/datasets/mnist.ts'

const sumOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
/** An IDX file of bytes, gzipped. */
const idx = (shape: readonly number[], bytes: Uint8Array): Uint8Array => {
  const head = new DataView(new ArrayBuffer(4 + 4 * shape.length))
  head.setUint32(0, 0x800 + shape.length)
  shape.forEach((n, i) => head.setUint32(4 + 4 * i, n))
  return gzipSync(Uint8Array.from([...new Uint8Array(head.buffer), ...bytes]))
}
const images = idx([2, 28, 28], new Uint8Array(2 * 784).map((_, i) => i % 251))
const labels = idx([2], Uint8Array.of(3, 9))
const files: Record<string, Uint8Array> = Object.fromEntries(
  Object.entries(idxFiles).map(([key, name]) => [`/${name}.gz`, key.endsWith('Images') ? images : labels]))
const sums = Object.fromEntries(
  Object.keys(idxFiles).map(key => [key, sumOf(key.endsWith('Images') ? images : labels)])) as IdxPaths

let folder = ''
let stop: (() => Promise<void>) | null = null
const asked: string[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'diffeo-'))
  asked.length = 0
})
afterEach(async () => {
  await stop?.()
  stop = null
  await rm(folder, { recursive: true })
})

/** The address of a server that answers so. */
async function serve(answer: RequestListener): Promise<string> {
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    answer(request, response)
  })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  stop = () => new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}
const all: RequestListener = ({ url }, response) => { response.end(files[url ?? '']) }

test('four files are fetched, checked and read; the second time nothing is asked for', async () => {
  const address = await serve(all)
  const paths = await fetchIdx(address, join(folder, 'mnist'), sums)
  expect(asked).toEqual(Object.keys(files))
  const { train, test: held } = await idxClasses('mnist', '', digitNames, paths)
  expect([...train.raw.labels, ...held.raw.labels]).toEqual([3, 9, 3, 9])
  expect(await fetchIdx(address, join(folder, 'mnist'), sums)).toEqual(paths)
  expect(asked).toHaveLength(4)
})

test('what was cut short goes on: only the files that are missing or damaged are asked for', async () => {
  const [first, second, third] = Object.keys(files)
  const address = await serve((request, response) => {
    if (request.url === third && asked.length < 4) response.writeHead(503).end()
    else all(request, response)
  })
  await expect(fetchIdx(address, folder, sums)).rejects.toThrow(/cannot be fetched: the server answers 503/)
  expect((await readdir(folder)).sort()).toEqual([first, second].map(name => name.slice(1)).sort())
  await writeFile(join(folder, second.slice(1)), labels.subarray(1))
  asked.length = 4
  await fetchIdx(address, folder, sums)
  expect(asked.slice(4)).toEqual(Object.keys(files).slice(1))
  expect(new Uint8Array(await readFile(join(folder, second.slice(1))))).toEqual(new Uint8Array(labels))
})

test('a sum must be given', async () => {
  const path = join(folder, 'b.gz')
  await expect(download('http://localhost', path, undefined as never)).rejects.toThrow(
    'sha256 is undefined: give the sum that the file must have')
  await expect(download('http://localhost', path, { sha256: 'abc' })).rejects.toThrow('sha256 is "abc"')
  await writeFile(path, labels)
  await download('http://localhost', path, { sha256: sumOf(labels).toUpperCase() })
  expect(new Uint8Array(await readFile(path))).toEqual(new Uint8Array(labels))
})

test('another content than the known one is not kept, nor does it replace what is there', async () => {
  const url = await serve((_, response) => { response.end('not what it was') })
  const path = join(folder, 'a.gz')
  await expect(download(url, path, { sha256: sumOf(labels) })).rejects.toThrow(
    /its sha256 is [0-9a-f]{64}, it must be .*nothing was kept/,
  )
  expect(await readdir(folder)).toEqual([])
  await writeFile(path, 'older')
  await expect(download(url, path, { sha256: sumOf(labels) })).rejects.toThrow(DataError)
  expect(await readFile(path, 'utf8')).toBe('older')
})

test('a connection that ends early is an error; the next call asks for the rest', async () => {
  const ranges: (string | undefined)[] = []
  const url = await serve((request, response) => {
    const { range } = request.headers
    ranges.push(range)
    const from = Number(/bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0)
    if (ranges.length > 1) {
      response.writeHead(206, { 'content-range': `bytes ${from}-${images.length - 1}/${images.length}` })
      response.end(images.subarray(from))
      return
    }
    response.writeHead(200, { 'content-length': images.length })
    response.write(images.subarray(0, 20), () => setTimeout(() => response.destroy(), 50))
  })
  const path = join(folder, 'a.gz')
  await expect(download(url, path, { sha256: sumOf(images) })).rejects.toThrow(/cannot be fetched/)
  expect(await readdir(folder)).toEqual(['a.gz.part'])
  const progress: number[][] = []
  await download(url, path, { sha256: sumOf(images), onProgress: (...p) => progress.push(p) })
  expect(ranges).toEqual([undefined, 'bytes=20-'])
  expect(progress.at(-1)![0]).toBe(images.length)
  expect(await readdir(folder)).toEqual(['a.gz'])
  expect(new Uint8Array(await readFile(path))).toEqual(new Uint8Array(images))
})

test('a beginning of another version is thrown away; servers that know no ranges give all of it', async () => {
  const plain = await serve((_, response) => { response.end(images) })
  const path = join(folder, 'a.gz')
  await writeFile(`${path}.part`, 'other bytes')
  await download(plain, path, { sha256: sumOf(images) })
  expect(new Uint8Array(await readFile(path))).toEqual(new Uint8Array(images))
  await stop?.()
  const ranged = await serve((request, response) => {
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
    if (from >= images.length) response.writeHead(416).end()
    else if (from === 0) response.end(images)
    else response.writeHead(206, { 'content-range': `bytes ${from}-` }).end(images.subarray(from))
  })
  for (const beginning of ['other', 'x'.repeat(images.length + 9)]) {
    await rm(path)
    await writeFile(`${path}.part`, beginning)
    await download(ranged, path, { sha256: sumOf(images) })
    expect(new Uint8Array(await readFile(path))).toEqual(new Uint8Array(images))
  }
})

test('a server that says nothing, one that never ends, and a download that is called off', async () => {
  const sha256 = sumOf(labels)
  const silent = await serve(() => {})
  const path = join(folder, 'a')
  await expect(download(silent, path, { sha256, patience: 50 })).rejects.toThrow('nothing came for 50 ms')
  const control = new AbortController()
  const running = download(silent, path, { sha256, signal: control.signal })
  setTimeout(() => control.abort(new Error('called off')), 50)
  await expect(running).rejects.toThrow('called off')
  await stop?.()
  const endless = await serve((_, response) => {
    const timer = setInterval(() => response.write(new Uint8Array(1000)), 1)
    response.on('close', () => clearInterval(timer))
  })
  await expect(download(endless, path, { sha256, maxBytes: 5000 })).rejects.toThrow('it is longer than 5000 bytes')
})

test('nobody there', async () => {
  const url = await serve(all)
  await stop?.()
  stop = null
  await expect(download(url, join(folder, 'a.gz'), { sha256: sumOf(images) })).rejects.toThrow(
    /cannot be fetched: .*ECONNREFUSED/,
  )
})
