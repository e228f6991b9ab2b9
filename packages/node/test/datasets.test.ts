import { gzipSync } from 'node:zlib'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { DataError } from 'diffeo'
import { clothingNames, fashionMnist } from '../src/datasets/fashion-mnist.ts'
import { idxFiles } from '../src/datasets/find.ts'
import { parseIdx, readIdx } from '../src/datasets/idx.ts'
import { mnist } from '../src/datasets/mnist.ts'
import { stratifiedSplit } from '../src/datasets/split.ts'

function idx(shape: readonly number[], data: Uint8Array): Uint8Array {
  const head = new DataView(new ArrayBuffer(4 + 4 * shape.length))
  head.setUint32(0, 0x800 + shape.length)
  shape.forEach((n, i) => head.setUint32(4 + 4 * i, n))
  return Uint8Array.from([...new Uint8Array(head.buffer), ...data])
}

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'diffeo-'))
  return () => rm(folder, { recursive: true })
})
afterEach(() => { vi.unstubAllEnvs() })

describe('the digits that come along', () => {
  test('8,000 and 2,000, the same at every call, shares kept, each digit in one of them', async () => {
    const { train, test: held, description, classNames } = await mnist()
    expect(description).toContain('not the official split')
    expect(classNames).toHaveLength(10)
    expect([train.raw.labels.length, held.raw.labels.length]).toEqual([8000, 2000])
    expect(train.dataset.length).toBe(8000)
    const counts = (labels: Uint8Array): number[] =>
      labels.reduce((c, l) => {
        c[l]++
        return c
      }, new Array<number>(10).fill(0))
    const [a, b] = [counts(train.raw.labels), counts(held.raw.labels)]
    a.forEach((n, i) => expect(Math.abs(b[i] - (n + b[i]) / 5)).toBeLessThan(1))
    expect(a.map((n, i) => n + b[i])).toEqual([1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978])
    expect([...held.raw.labels.subarray(0, 12)]).toEqual([...(await mnist()).test.raw.labels.subarray(0, 12)])
    expect(new Set(train.raw.pixels).size).toBe(256)
  })
})

test('a stratified split: nothing lost, nothing twice, the size that is wanted', () => {
  const labels = [0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]
  const { train, test: held } = stratifiedSplit(labels, 4, 1)
  expect([...train, ...held].sort((a, b) => a - b)).toEqual(labels.map((_, i) => i))
  expect(held).toHaveLength(4)
  expect(new Set(held.map(i => labels[i])).size).toBe(3)
})

describe('IDX files', () => {
  test('come back, gzipped or not', async () => {
    const bytes = idx([2, 3], Uint8Array.of(1, 2, 3, 4, 5, 6))
    expect(parseIdx(bytes)).toEqual({ shape: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) })
    await writeFile(join(folder, 'a.gz'), gzipSync(bytes))
    expect((await readIdx(join(folder, 'a.gz'))).shape).toEqual([2, 3])
  })
  test.each([
    [
      'truncated sizes',
      idx([2, 3], new Uint8Array(6)).slice(0, 9),
      /byte 9: the file ends within 2 sizes, which takes 8 bytes from byte 4 on: it is truncated/,
    ],
    ['too few bytes', idx([2, 3], new Uint8Array(5)), /2 × 3 take 6 bytes, the file has 5/],
    ['huge sizes', idx([2 ** 31, 2 ** 31, 2 ** 31], new Uint8Array(5)), /the file has 5/],
    ['another format', Uint8Array.of(137, 80, 78, 71), /found 89 50 4e 47/],
  ])('%s', (_, bytes, message) => {
    expect(() => parseIdx(bytes, 'f')).toThrow(DataError)
    expect(() => parseIdx(bytes, 'f')).toThrow(message)
  })
  test('damaged gzip', async () => {
    await writeFile(join(folder, 'b.gz'), gzipSync(new Uint8Array(1000)).subarray(0, 15))
    await expect(readIdx(join(folder, 'b.gz'))).rejects.toThrow(/b\.gz: byte 15: the gzip data is damaged or truncated/)
  })
})

describe('sets of four files', () => {
  async function four(labels: Uint8Array): Promise<void> {
    const images = idx([labels.length, 2, 2], Uint8Array.from({ length: labels.length * 4 }, (_, i) => i * 10))
    for (const [key, name] of Object.entries(idxFiles)) {
      await writeFile(
        join(folder, `${name}.gz`),
        gzipSync(key.endsWith('Images') ? images : idx([labels.length], labels)),
      )
    }
  }
  test('are found by path and by DIFFEO_DATA', async () => {
    await four(Uint8Array.of(0, 9))
    const { train, classNames } = await fashionMnist({ path: folder })
    expect(classNames).toBe(clothingNames)
    expect(await train.dataset.get(1)).toHaveLength(2)
    vi.stubEnv('DIFFEO_DATA', folder)
    expect((await mnist({ full: true, download: false })).test.raw.labels).toEqual(Uint8Array.of(0, 9))
  })
  test('a label out of range is an error', async () => {
    await four(Uint8Array.of(0, 10))
    await expect(fashionMnist({ path: folder })).rejects.toThrow(/label 1 is 10; there are 10 classes/)
  })
  test('missing ones: where was looked, and what to do', async () => {
    vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'))
    await expect(fashionMnist({ path: join(folder, 'no') })).rejects.toThrow(
      /are in none of .*apt-get install dataset-fashion-mnist/,
    )
    const error = await mnist({ full: true, download: false }).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(DataError)
    expect(String(error)).toMatch(/fetching is switched off.*DIFFEO_DATA/)
  })
  test('one that cannot be fetched: the reason, and what to do; nothing is left behind', async () => {
    vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'))
    vi.stubGlobal('fetch', async () => new Response('not what it was', { status: 200 }))
    await expect(mnist({ full: true })).rejects.toThrow(
      /its sha256 is [0-9a-f]{64}, it must be .*nothing was kept.*DIFFEO_DATA/,
    )
    vi.stubGlobal('fetch', async () => {
      throw new TypeError('fetch failed', { cause: new Error('no network') })
    })
    await expect(mnist({ full: true })).rejects.toThrow(/cannot be fetched: no network/)
    vi.unstubAllGlobals()
  })
})
