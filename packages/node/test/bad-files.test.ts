/**
 * @file Bad files in every format: truncated, of another type, empty, with a huge header, not UTF-8, and a thousand
 * with flipped bytes. Each is read, or is an error that names file and offset; nothing crashes, nothing fills the
 * memory.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { data } from 'diffeo'
import * as datasets from '../src/datasets/index.ts'
import { readImage } from '../src/datasets/decode.ts'
import { readQtResource } from '../src/datasets/qt-resource.ts'
import { readTar } from '../src/datasets/tar.ts'
import { qtResource } from './qt-resource.ts'

const fixture = (name: string): Promise<Uint8Array> => readFile(new URL(`./fixtures/${name}`, import.meta.url))
const text = (s: string): Uint8Array => new TextEncoder().encode(s)
const csvText = text(`name,x,y\n${Array.from({ length: 30 }, (_, i) => `"n, ${i}",${i},${i / 2}`).join('\n')}\n`)
const jsonText = text(Array.from({ length: 30 }, (_, i) => JSON.stringify({ id: i, text: `text ${i}` })).join('\n'))
const picture = async (type: 'png' | 'jpeg' | 'webp'): Promise<Uint8Array> => {
  const sharp = (await import('sharp')).default
  const pixels = Buffer.from(Array.from({ length: 40 * 30 * 3 }, (_, i) => (i * 7919) % 251))
  return sharp(pixels, { raw: { width: 40, height: 30, channels: 3 } }).toFormat(type).toBuffer()
}
function idx(): Uint8Array {
  const bytes = new Uint8Array(16 + 5 * 4 * 3).map((_, i) => i)
  bytes.set([0, 0, 8, 3, 0, 0, 0, 5, 0, 0, 0, 4, 0, 0, 0, 3])
  return bytes
}
function tar(): Uint8Array {
  const head = Buffer.alloc(512)
  head.write('a.bin')
  head.write('00000000012', 124)
  head.fill(32, 148, 156)
  head.write(`${head.reduce((s, b) => s + b, 0).toString(8).padStart(6, '0')}\0`, 148)
  return Buffer.concat([head, new Uint8Array(1536)])
}
const cifar = (): Uint8Array => Uint8Array.from({ length: 3 * 3073 }, (_, i) => (i % 3073 === 0 ? 5 : i % 256))

interface Format {
  readonly make: () => Uint8Array | Promise<Uint8Array>
  readonly read: (path: string, onError?: 'skip') => unknown
  /** A header that promises far more than there is. */
  readonly huge: (bytes: Uint8Array) => Uint8Array
  /** Whether any bytes without structure are a file of it. */
  readonly loose?: boolean
  /** Whether a row or record that is wrong can be left out. */
  readonly rows?: boolean
  /** How many have flipped bytes: fewer where another form of it has had its thousand, and each takes a thread. */
  readonly rounds?: number
}
/** The bytes with others in a place. */
const patched = (at: number, ...values: number[]) => (bytes: Uint8Array): Uint8Array => {
  const out = Uint8Array.from(bytes)
  out.set(values, at < 0 ? bytes.length + at : at)
  return out
}
const bytesOf = (path: string): Promise<Uint8Array> => readFile(path)
const formats: Record<string, Format> = {
  csv: {
    make: () => csvText, read: (p, onError) => datasets.csv(p, { onError }), loose: true, rows: true,
    huge: () => text(`a${',b'.repeat(5000)}\n${'1,'.repeat(9)}\n`),
  },
  jsonl: {
    make: () => jsonText, read: (p, onError) => datasets.jsonLines(p, { onError }), rows: true,
    huge: () => text('['.repeat(1_000_000)),
  },
  parquet: {
    make: () => fixture('snappy.parquet'),
    read: p => datasets.parquet(p),
    huge: patched(-8, 255, 255, 255, 127),
  },
  'parquet.gzip': {
    make: () => fixture('gzip.parquet'),
    read: p => datasets.parquet(p),
    rounds: 96,
    huge: patched(-8, 255, 255, 255, 127),
  },
  npy: {
    make: () => data.encodeNpy({ data: new Float32Array(60).fill(2), shape: [12, 5] }), read: p => datasets.npy(p),
    huge: bytes => {
      const text = String.fromCharCode(...bytes)
        .replace('(12, 5), }', '(999999999, 9), }')
        .replace('                 ', '         ')
      return Uint8Array.from(text, c => c.charCodeAt(0))
    },
  },
  npz: {
    make: () => fixture('set.npz'), read: p => datasets.npz(p),
    huge: bytes => {
      // the unpacked size of the first file in the list
      const at = bytes.findIndex(
        (_, i) => bytes[i] === 0x50 && bytes[i + 1] === 0x4b && bytes[i + 2] === 1 && bytes[i + 3] === 2,
      )
      return patched(at + 24, 255, 255, 255, 254)(bytes)
    },
  },
  idx: { make: idx, read: p => datasets.readIdx(p), huge: patched(4, 255, 255, 255, 255, 255, 255, 255, 255) },
  'idx.gz': {
    make: () => gzipSync(idx()),
    read: p => datasets.readIdx(p),
    huge: () => gzipSync(patched(4, 127, 255)(idx())),
  },
  cifar: {
    make: cifar, rows: true, huge: bytes => bytes.subarray(0, 3000),
    read: async (p, onError) => data.parseCifar(await bytesOf(p), { file: p, onError }),
  },
  tar: { make: tar, read: async p => readTar(await bytesOf(p), p), huge: patched(124, 55, 55, 55, 55, 55, 55, 55, 55) },
  rcc: {
    make: () =>
      qtResource({ 'a/b/c.bin': new Uint8Array(300), 'a/b/d.bin': text('a text'), 'a/e.bin': text('another') }),
    read: p => readQtResource(p, 'a/b'),
    // the count of what the first folder holds
    huge: patched(24 + 6, 127, 255, 255, 255),
  },
  wav: { make: () => fixture('pcm24.wav'), read: p => datasets.wav(p), huge: patched(40, 255, 255, 255, 255) },
  'float.wav': {
    make: () => fixture('float32.wav'),
    read: p => datasets.wav(p),
    huge: patched(16, 255, 255, 255, 127),
  },
  png: {
    make: () => picture('png'),
    read: p => readImage(p),
    huge: patched(16, 127, 255, 255, 255, 127, 255, 255, 255),
  },
  jpeg: {
    make: () => picture('jpeg'), read: p => readImage(p),
    huge: bytes => {
      const at = bytes.findIndex((b, i) => b === 0xff && bytes[i + 1] === 0xc0)
      return patched(at + 5, 255, 255, 255, 255)(bytes)
    },
  },
  webp: { make: () => picture('webp'), read: p => readImage(p), huge: patched(26, 255, 63, 255, 63) },
}

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'diffeo-'))
  return () => rm(folder, { recursive: true })
})

/** Reads such a file: null, or the error, which names file and offset. */
async function attempt(name: string, bytes: Uint8Array, onError?: 'skip', slot = 0): Promise<data.FormatError | null> {
  const path = join(folder, `bad${slot}.${name}`)
  await writeFile(path, bytes)
  try {
    await formats[name].read(path, onError)
    return null
  } catch (error) {
    if (!(error instanceof data.FormatError)) throw error
    expect(error.file.startsWith(path)).toBe(true)
    expect(Number.isInteger(error.offset) && error.offset >= 0).toBe(true)
    expect(error.message).toContain(path)
    return error
  }
}

describe.each(Object.keys(formats))('%s', name => {
  const { make, huge, loose, rows, rounds = 1000 } = formats[name]
  test('is read as it is', async () => {
    expect(await attempt(name, await make())).toBeNull()
  })
  test('empty', async () => {
    expect((await attempt(name, new Uint8Array(0)))?.offset ?? (name === 'jsonl' ? 0 : -1)).toBe(0)
  })
  test('truncated at every eighth of it, and by one byte', async () => {
    const whole = await make()
    for (let k = 1; k < 8; k++) {
      const cut = Math.floor((whole.length * k) / 8)
      const error = await attempt(name, whole.subarray(0, cut))
      // a text or a tar may end between two rows or files
      if (!loose && !rows && name !== 'tar') expect([k, error]).not.toEqual([k, null])
      if (error) expect(error.offset).toBeLessThanOrEqual(Math.max(cut, whole.length))
    }
  })
  test('of another type', async () => {
    const noise = Uint8Array.from({ length: 4000 }, (_, i) => (i * 7919 + (i >> 3) * 31) % 256)
    noise.set([0xfe, 0xdc, 0xba])
    expect(await attempt(name, noise)).not.toBeNull()
  })
  test('a header that promises more than there is', async () => {
    const before = process.memoryUsage()
    expect(await attempt(name, huge(await make()))).not.toBeNull()
    const after = process.memoryUsage()
    expect(after.rss - before.rss).toBeLessThan(400e6)
  })
  test(`${rounds} with flipped bytes`, async () => {
    const whole = await make()
    const random = new data.Random(1, name.length)
    const before = process.memoryUsage().rss
    let failed = 0
    const one = async (round: number): Promise<void> => {
      const bytes = Uint8Array.from(whole)
      for (let k = 1 + random.integer(4); k > 0; k--) bytes[random.integer(bytes.length)] = random.integer(256)
      if (await attempt(name, bytes, undefined, round % 8)) failed++
      if (rows && round < 100) await attempt(name, bytes, 'skip', round % 8)
    }
    for (let round = 0; round < rounds; round += 8)
      await Promise.all(Array.from({ length: 8 }, (_, slot) => one(round + slot)))
    // some are found, unless any bytes will do
    if (name !== 'cifar') expect(failed).toBeGreaterThan(rounds / 50)
    expect(process.memoryUsage().rss - before).toBeLessThan(600e6)
  }, 400_000)
})

test('a folder with bad files: the loader stops at the first, or leaves them out and says which', async () => {
  const root = join(folder, 'mixed')
  await mkdir(join(root, 'a'), { recursive: true })
  const good = await picture('jpeg')
  const contents = {
    '1.jpg': good,
    '2.jpg': good.subarray(0, good.length / 2),
    '3.png': good.subarray(7),
    '4.jpg': good,
    '5.png': Buffer.of(),
  }
  for (const [name, bytes] of Object.entries(contents)) await writeFile(join(root, 'a', name), bytes)
  const set = await datasets.imageFolder(root, { size: [8, 8] })
  const loader = new data.DataLoader(set, { batchSize: 3, onError: 'skip', labels: 'int32' })
  const shapes: number[][] = []
  for await (const [x] of loader) shapes.push([...x.shape])
  expect(shapes).toEqual([
    [1, 3, 8, 8],
    [1, 3, 8, 8],
  ])
  expect(
    loader.skipped.map(({ index, error }) => [
      index,
      (error as data.FormatError).file,
      (error as data.FormatError).offset,
    ]),
  ).toEqual([
    [1, join(root, 'a', '2.jpg'), contents['2.jpg'].length],
    [2, join(root, 'a', '3.png'), 0],
    [4, join(root, 'a', '5.png'), 0],
  ])
  await expect(
    (async () => {
      for await (const _ of new data.DataLoader(set)) continue
    })(),
  ).rejects.toThrow(/2\.jpg: byte \d+: /)
})
