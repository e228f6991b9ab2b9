import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { data, DataError, tensor } from 'diffeo'
import * as datasets from '../src/datasets/index.ts'
import { readImage } from '../src/datasets/decode.ts'

const fixture = (name: string): string => new URL(`./fixtures/${name}`, import.meta.url).pathname
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'diffeo-'))
  return () => rm(folder, { recursive: true })
})
const put = async (name: string, bytes: Uint8Array | string): Promise<string> => {
  const path = join(folder, name)
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, bytes)
  return path
}

describe('NumPy', () => {
  const base = Array.from({ length: 12 }, (_, i) => i - 3)
  test('files that NumPy wrote', async () => {
    expect(await datasets.npy(fixture('fortran.npy'))).toEqual({ data: Float64Array.from(base), shape: [3, 4] })
    expect(await datasets.npy(fixture('big-endian.npy'))).toEqual({ data: Int32Array.from(base), shape: [3, 4] })
    const set = await datasets.npz(fixture('set.npz'))
    expect(set.f4).toEqual({ data: Float32Array.from(base, x => x / 8), shape: [3, 4] })
    expect(set.f2).toEqual({ data: Float32Array.from(base, x => x / 8), shape: [3, 4], dtype: 'float16' })
    expect(set.i8.data).toEqual(Int32Array.from(base))
    expect(set.i1.data).toEqual(Int8Array.from(base))
    expect(set.u1.data).toEqual(Uint8Array.from(base, x => x + 3))
    expect(set.u2.data).toEqual(Int32Array.from(base, x => x + 60000))
    expect(set.b1).toEqual({ data: Uint8Array.from(base, x => Number(x > 0)), shape: [3, 4], dtype: 'bool' })
    expect([set.scalar, set.empty.shape]).toEqual([{ data: Float32Array.of(2.5), shape: [] }, [0, 3]])
    expect((await datasets.npz(fixture('stored.npz'))).x.data).toEqual(Float32Array.from(base))
    await expect(datasets.npy(fixture('objects.npy'))).rejects.toThrow(/byte 10: elements are '<U4'/)
  })
  test('what is written comes back, whole archives too', async () => {
    const arrays: Record<string, data.NdArray> = {
      a: { data: Float64Array.of(1, 2, 3), shape: [3] }, b: { data: Uint8Array.of(1, 0), shape: [2, 1], dtype: 'bool' },
      c: { data: new Int8Array(0), shape: [0, 4] },
    }
    const path = join(folder, 'x.npz')
    await datasets.saveNpz(path, { ...arrays, t: tensor([[1, 2]]) })
    expect(await datasets.npz(path)).toEqual({ ...arrays, t: { data: Float32Array.of(1, 2), shape: [1, 2] } })
    await datasets.saveNpy(join(folder, 'x.npy'), tensor([true, false]))
    expect((await datasets.npy(join(folder, 'x.npy'))).dtype).toBe('bool')
    const stored = await data.encodeZip({ 'é.txt': new TextEncoder().encode('hi') }, { compress: false })
    const [entry] = data.readZip(stored)
    expect([entry.name, new TextDecoder().decode(await entry.read())]).toEqual(['é.txt', 'hi'])
  })
})

describe('WAV', () => {
  const value = (i: number, c: number): number => (((i * 37 + c * 11) % 101) - 50) / 64
  test.each([['pcm8', 8], ['pcm16', 16], ['pcm24', 24], ['pcm32', 32], ['float32', 32]])('%s', async (name, bits) => {
    const sound = await datasets.wav(fixture(`${name}.wav`))
    expect([sound.shape, sound.sampleRate]).toEqual([[2, 20], 8000])
    for (let c = 0; c < 2; c++)
      for (let i = 0; i < 20; i++)
        expect(Math.abs(sound.data[c * 20 + i] - value(i, c))).toBeLessThanOrEqual(2 ** -bits)
    const again = data.encodeWav(sound, name === 'float32' ? { float: true } : { bits: bits as 8 })
    expect(data.parseWav(again)).toEqual(sound)
  })
  test('errors of writing', () => {
    const sound = { data: new Float32Array(3), shape: [1, 3] as const, sampleRate: 8000 }
    expect(() => data.encodeWav({ ...sound, shape: [2, 2] })).toThrow('3 samples are not 2 channels of 2 frames')
    expect(() => data.encodeWav(sound, { bits: 12 as 8 })).toThrow('there are no integers of 12 bits')
  })
})

describe('tables', () => {
  test('CSV, TSV and JSON lines, gzipped or not', async () => {
    expect((await datasets.csv(await put('a.csv', 'x,y\n1,a\n'))).row(0)).toEqual({ x: 1, y: 'a' })
    expect((await datasets.csv(await put('a.tsv.gz', gzipSync('x\ty\n1\ta\n')))).row(0)).toEqual({ x: 1, y: 'a' })
    expect((await datasets.jsonLines(await put('a.jsonl', '{"x":1}\n[2]\n'))).rows).toEqual([{ x: 1 }, [2]])
    await expect(datasets.csv(join(folder, 'no.csv'))).rejects.toThrow(/no\.csv cannot be read: ENOENT/)
    expect((await datasets.csv(await put('c.csv', 'x;y\n1,5;2\n'), { delimiter: ';', decimal: ',' })).row(0)).toEqual({
      x: 1.5, y: 2,
    })
    await expect(datasets.csv(await put('d.csv', 'x;y\n1;2\n'))).rejects.toThrow('d.csv: with a comma between fields')
    await expect(datasets.csv(await put('b.csv', 'x\n1,2\n'))).rejects.toThrow(/b\.csv: line 2 \(byte 2\): 2 fields/)
  })
  test.each(['snappy', 'gzip', 'plain'])('Parquet that Arrow wrote: %s', async name => {
    const table = await datasets.parquet(fixture(`${name}.parquet`))
    expect([table.names, table.length]).toEqual([['id', 'price', 'kind', 'open', 'when'], 40])
    for (let i = 0; i < 40; i++) {
      expect(table.row(i)).toEqual({
        id: i,
        price: i % 7 === 3 ? NaN : i * 0.5 - 3,
        kind: i % 3 ? 'cat' : i % 2 ? null : 'dog é',
        open: Number(i % 2 === 0),
        when: i * 86_400_000,
      })
    }
    expect((await datasets.parquet(fixture(`${name}.parquet`), { columns: ['price'] })).names).toEqual(['price'])
    await expect(datasets.parquet(fixture(`${name}.parquet`), { columns: ['no'] })).rejects.toThrow(
      "there is no column 'no'",
    )
  })
  test('Parquet packed by Zstandard is read, or it is said what to do', async () => {
    const [major, minor] = process.versions.node.split('.').map(Number)
    const read = datasets.parquet(fixture('zstd.parquet'))
    if (major > 22 || (major === 22 && minor >= 15)) expect((await read).length).toBe(40)
    else await expect(read).rejects.toThrow('write the file with Snappy or gzip')
  })
})

describe('folders of classes', () => {
  test('images: JPEG, PNG and WebP, in the order of their names, of one size or their own', async () => {
    const sharp = (await import('sharp')).default
    const root = join(folder, 'pictures')
    for (const [kind, colour] of [['red', '#ff0000'], ['blue', '#0000ff']] as const) {
      for (const type of ['png', 'jpeg', 'webp'] as const) {
        await put(
          `pictures/${kind}/deep/x.${type}`,
          await sharp({ create: { width: 6, height: 4, channels: 3, background: colour } })
            .toFormat(type, { lossless: true, quality: 100 })
            .toBuffer(),
        )
      }
    }
    await put('pictures/red/notes.txt', 'no image')
    const set = await datasets.imageFolder(root)
    expect([set.classNames, set.length, [...set.labels]]).toEqual([['blue', 'red'], 6, [0, 0, 0, 1, 1, 1]])
    for (let i = 0; i < 6; i++) {
      const [image, label] = await set.get(i)
      expect([image.shape, label]).toEqual([[3, 4, 6], Math.floor(i / 3)])
      const [r, g, b] = [0, 24, 48].map(at => image.data[at + 7])
      expect(Math.abs((label ? r : b) - 255) + g + (label ? b : r)).toBeLessThan(8)
    }
    const small = await datasets.imageFolder(root, { size: [2, 2], channels: 1 })
    const loader = new data.DataLoader(small, { batchSize: 6, labels: 'int32' })
    for await (const [x, y] of loader)
      expect([x.shape, x.dtype, y.arraySync()]).toEqual([[6, 1, 2, 2], 'uint8', [0, 0, 0, 1, 1, 1]])
  })
  test('files of other kinds are left out, and it is said; one number is height and width', async () => {
    const sharp = (await import('sharp')).default
    const png = await sharp({ create: { width: 6, height: 4, channels: 3, background: '#ff0000' } }).png().toBuffer()
    await put('kinds/red/a.png', png)
    await put('kinds/red/b.png', png.subarray(0, 60))
    for (const name of ['red/c.bmp', 'blue/d.PPM', 'list.txt', '.git/e.txt']) await put(`kinds/${name}`, 'x')
    const set = await datasets.imageFolder(join(folder, 'kinds'), { size: 3 })
    expect([set.length, set.classNames, set.leftOut!.map(f => f.slice(folder.length + 7))]).toEqual([
      2, ['red'], ['blue/d.PPM', 'list.txt', 'red/c.bmp'],
    ])
    expect((await set.get(0))[0].shape).toEqual([3, 3, 3])
    const described = await data.describe(set)
    expect([described.failureCount, described.failures[0].index]).toEqual([1, 1])
    expect(String(described)).toMatch(/1 of 2 cannot be loaded .*example 1: .*b\.png: byte/)
    expect(String(described)).toMatch(/3 files are of other kinds and were left out: .*d\.PPM/)
    await expect((async () => { for await (const _ of new data.DataLoader(set)) continue })()).rejects.toThrow(
      /example 1: .*b\.png: byte/)
    for (const name of ['x/a.bmp', 'x/b.bmp', 'y/c.ppm', 'top.png']) await put(`none/${name}`, 'x')
    await expect(datasets.imageFolder(join(folder, 'none'))).rejects.toThrow(
      /each class is a folder, and these files lie in none; there are \.bmp \(2\), \.png \(1\), \.ppm \(1\)/)
  })
  test('gray, transparent and turned pictures', async () => {
    const sharp = (await import('sharp')).default
    const gray = await sharp(Buffer.from([0, 100]), { raw: { width: 2, height: 1, channels: 1 } }).png().toBuffer()
    expect([...(await readImage(gray)).data]).toEqual([0, 100, 0, 100, 0, 100])
    const clear = await sharp(Buffer.from([9, 9, 9, 0]), { raw: { width: 1, height: 1, channels: 4 } }).png().toBuffer()
    expect([...(await readImage(clear)).data]).toEqual([255, 255, 255])
    const turned = await sharp(Buffer.from([1, 2, 3].flatMap(v => [v, v, v])), {
      raw: { width: 3, height: 1, channels: 3 },
    })
      .withMetadata({ orientation: 6 })
      .png()
      .toBuffer()
    expect((await readImage(turned)).shape).toEqual([3, 3, 1])
  })
  test('texts and sounds', async () => {
    await put('mail/ham/1.txt', 'hello é')
    await put('mail/spam/2.eml', 'buy')
    const texts = await datasets.textFolder(join(folder, 'mail'))
    expect([await texts.get(0), await texts.get(1), texts.classNames]).toEqual([
      ['hello é', 0],
      ['buy', 1],
      ['ham', 'spam'],
    ])
    await put('words/one/a.wav', await readFile(fixture('pcm16.wav')))
    const words = await datasets.audioFolder(join(folder, 'words'))
    const mels = data.transforms.melSpectrogram({ nMels: 4, nFft: 16 })
    expect((await new data.TransformDataset(words, mels).get(0))[0].shape.slice(0, 2)).toEqual([2, 4])
    const [sound] = await words.get(0)
    expect(sound.shape).toEqual([2, 20])
  })
  test('errors', async () => {
    await expect(datasets.imageFolder(join(folder, 'no'))).rejects.toThrow(
      /imageFolder: there is no folder '.*no' \(looked in .*\): expected a folder that holds a folder of files/,
    )
    await expect(datasets.imageFolder(fileURLToPath(import.meta.url))).rejects.toThrow(/is a file: expected a folder/)
    await mkdir(join(folder, 'empty/class'), { recursive: true })
    await expect(datasets.textFolder(join(folder, 'empty'))).rejects.toThrow('each class is a folder')
    await expect(datasets.imageFolder(folder, { size: [0, 3] })).rejects.toThrow('size is [0,3]: expected')
    await expect(datasets.imageFolder(folder, { size: 1.5 })).rejects.toThrow('size is 1.5: expected')
    await expect(datasets.imageFolder(folder, { size: [3] as never })).rejects.toThrow('size is [3]: expected')
    await expect(datasets.imageFolder(folder, { colour: true } as never)).rejects.toThrow("there is no option 'colour'")
  })
})

describe('CIFAR-10', () => {
  const batch = (labels: number[]): Uint8Array =>
    Uint8Array.from(labels.flatMap(l => [l, ...Array.from({ length: 3072 }, (_, i) => (i + l) % 256)]))
  /** A tar archive of files. */
  const tar = (files: Record<string, Uint8Array>): Uint8Array => {
    const parts: Uint8Array[] = []
    for (const [name, bytes] of Object.entries(files)) {
      const head = Buffer.alloc(512)
      head.write(name, 0)
      head.write(bytes.length.toString(8).padStart(11, '0'), 124)
      head.write('0', 156)
      head.fill(32, 148, 156)
      head.write(`${head.reduce((s, b) => s + b, 0).toString(8).padStart(6, '0')}\0`, 148)
      parts.push(head, bytes, new Uint8Array((512 - (bytes.length % 512)) % 512))
    }
    return Buffer.concat([...parts, new Uint8Array(1024)])
  }
  const files: Record<string, Uint8Array> = Object.fromEntries([
    ...[1, 2, 3, 4, 5].map(i => [`cifar-10-batches-bin/data_batch_${i}.bin`, batch([i, 9])]),
    ['cifar-10-batches-bin/test_batch.bin', batch([7])],
  ])
  test('from its archive and from its files', async () => {
    await put('archive/cifar-10-binary.tar.gz', gzipSync(tar(files)))
    for (const [name, bytes] of Object.entries(files)) await put(`files/${name}`, bytes)
    for (const path of ['archive', 'files']) {
      const { train, test: held, classNames } = await datasets.cifar10({ path: join(folder, path) })
      expect([[...train.labels], [...held.labels]]).toEqual([[1, 9, 2, 9, 3, 9, 4, 9, 5, 9], [7]])
      const [x, y] = held.dataset.get(0)
      expect([x.shape, y.itemSync(), classNames[7]]).toEqual([[3, 32, 32], 7, 'horse'])
      expect(x.dataSync()[2]).toBeCloseTo(9 / 255, 6)
    }
  })
  test('wrong labels and cut records: an error with the byte, or skipped', async () => {
    const bytes = Uint8Array.from([...batch([3, 12, 4]), 5])
    expect(() => data.parseCifar(bytes, { file: 'b' })).toThrow('b: byte 9219: the last record has 1 of 3073 bytes')
    expect(() => data.parseCifar(bytes.subarray(0, -1), { file: 'b' })).toThrow(
      'b: byte 3073: label 12: there are 10 classes',
    )
    const found = data.parseCifar(bytes, { onError: 'skip' })
    expect([[...found.labels], found.skippedCount, found.images.shape]).toEqual([[3, 4], 2, [2, 3, 32, 32]])
    const fine = data.parseCifar(Uint8Array.from([1, 99, ...new Uint8Array(3072)]), { classes: 100 })
    expect([...fine.labels]).toEqual([99])
  })
  test('not there', async () => {
    const error = await datasets.cifar10({ path: join(folder, 'no') }).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(DataError)
    expect(String(error)).toMatch(/nothing is fetched where a path is given\. To get it: put them into a folder/)
  })
})
