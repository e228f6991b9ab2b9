import { beforeAll, describe, expect, test } from 'vitest'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataError } from 'diffeo'
import { readGray, type GrayImage } from '../src/datasets/decode.ts'
import { clothesFrom } from '../src/images/clothes.ts'
import { digitFrom } from '../src/images/digit.ts'
import { generator } from '../src/datasets/split.ts'

/** A stroke like a 7 in a picture of the size, drawn by the functions of light. */
function seven(width: number, height: number, paper: (x: number, y: number) => number, ink: number): GrayImage {
  const pixels = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = [x / width, y / height]
      const isInk =
        (v > 0.25 && v < 0.32 && u > 0.35 && u < 0.65) ||
        (v >= 0.32 && v < 0.75 && Math.abs(u - (0.63 - (v - 0.32) * 0.4)) < 0.035)
      pixels[y * width + x] = Math.max(0, Math.min(255, isInk ? ink : paper(x, y)))
    }
  }
  return { pixels, width, height }
}
const mass = (d: Float32Array): { x: number; y: number; total: number } => {
  let [x, y, total] = [0, 0, 0]
  d.forEach((v, i) => { total += v; x += v * (i % 28); y += v * Math.floor(i / 28) })
  return { x: x / total, y: y / total, total }
}
const box = (d: Float32Array): number => {
  const on = [...d.keys()].filter(i => d[i] > 0.1)
  const ys = on.map(i => Math.floor(i / 28))
  return Math.max(...ys) - Math.min(...ys) + 1
}

describe('a picture becomes what the clothes of Fashion-MNIST look like', () => {
  /** A coat, half as wide as it is high, lighter below, away from the middle of a page. */
  const coat = (ground: number, above: number, below: number): GrayImage => {
    const [width, height] = [300, 400]
    const pixels = new Uint8Array(width * height).fill(ground)
    for (let y = 20; y < 300; y++) pixels.fill(y < 160 ? above : below, y * width + 150, y * width + 290)
    return { pixels, width, height }
  }

  test('28 high, in the middle, light ground negated, the rest as bright as it was', () => {
    const found = clothesFrom(coat(255, 55, 155))
    const row = (y: number): number[] => Array.from(found.subarray(y * 28, y * 28 + 28), v => Math.round(v * 255))
    const wide = (v: number): number[] => Array.from({ length: 28 }, (_, x) => (x >= 7 && x < 21 ? v : 0))
    expect(row(0)).toEqual(wide(200))
    expect(row(27)).toEqual(wide(100))
    expect(clothesFrom(coat(0, 200, 100))).toEqual(found)
  })

  test('black on black ground is seen by what differs from it; an empty page is an error', () => {
    expect(Math.max(...clothesFrom(coat(60, 0, 20)))).toBeCloseTo(20 / 255, 2)
    expect(() => clothesFrom(coat(250, 245, 250))).toThrow(/nothing is to be seen/)
    expect(() => clothesFrom({ pixels: new Uint8Array(5), width: 2, height: 2 })).toThrow(/5 pixels are not 2×2/)
  })
})

describe('a picture becomes what the digits of MNIST look like', () => {
  const reference = digitFrom(seven(280, 280, () => 0, 255))

  test('20 high, mass in the middle, full ink, black around', () => {
    expect(box(reference)).toBe(20)
    const { x, y } = mass(reference)
    expect(Math.abs(x - 13.5)).toBeLessThan(0.75)
    expect(Math.abs(y - 13.5)).toBeLessThan(0.75)
    expect(Math.max(...reference)).toBe(1)
    expect(reference[0]).toBe(0)
  })

  test.each([
    ['dark on white', seven(280, 280, () => 255, 0)],
    ['a photo: gray paper, a shadow over it, grain', photo()],
    ['small in a large page', padded(seven(140, 140, () => 250, 20), 600, 250)],
  ])('%s gives the same', (_, image) => {
    const found = digitFrom(image)
    const difference = found.reduce((sum, v, i) => sum + Math.abs(v - reference[i]), 0) / mass(reference).total
    expect(difference).toBeLessThan(0.25)
    expect(box(found)).toBeGreaterThanOrEqual(19)
  })

  test('a digit as in MNIST stays as it is', () => {
    const again = digitFrom({ pixels: Uint8Array.from(reference, v => Math.round(v * 255)), width: 28, height: 28 })
    const difference = again.reduce((sum, v, i) => sum + Math.abs(v - reference[i]), 0) / mass(reference).total
    expect(difference).toBeLessThan(0.05)
  })

  test('an empty page is an error', () => {
    expect(() => digitFrom({ pixels: new Uint8Array(100).fill(250), width: 10, height: 10 })).toThrow(
      /no ink is to be seen/,
    )
  })

  function photo(): GrayImage {
    const random = generator(3)
    return seven(280, 280, (x, y) => 190 - x * 0.08 - y * 0.05 + (random() - 0.5) * 14, 60)
  }
  function padded(inner: GrayImage, side: number, ground: number): GrayImage {
    const pixels = new Uint8Array(side * side).fill(ground)
    for (let y = 0; y < inner.height; y++)
      pixels.set(inner.pixels.subarray(y * inner.width, (y + 1) * inner.width), (y + 90) * side + 300)
    return { pixels, width: side, height: side }
  }
})

describe('files', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'diffeo-'))
    return () => rm(folder, { recursive: true })
  })

  test('a PNG in colour and with transparency is read as gray on white', async () => {
    const sharp = (await import('sharp')).default
    const path = join(folder, 'a.png')
    await sharp(Buffer.from([0, 0, 0, 255, 255, 0, 0, 0]), { raw: { width: 2, height: 1, channels: 4 } })
      .png()
      .toFile(path)
    expect(await readGray(path)).toEqual({ pixels: Uint8Array.of(0, 255), width: 2, height: 1 })
  })
  test.each([
    ['not there', null],
    ['no image', 'hello'],
    ['a truncated one', 'png'],
  ])('%s: a DataError that names the file', async (_, content) => {
    const path = join(folder, 'b.png')
    if (content === 'png') {
      const sharp = (await import('sharp')).default
      const noise = Buffer.from(Array.from({ length: 30000 }, generator(1)).map(v => v * 255))
      await writeFile(
        path,
        (
          await sharp(noise, { raw: { width: 100, height: 100, channels: 3 } })
            .png()
            .toBuffer()
        ).subarray(0, 20000),
      )
    } else if (content) {
      await writeFile(path, content)
    }
    const error = await readGray(path).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(DataError)
    expect(String(error)).toContain('b.png cannot be read as an image')
  })
})
