import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { datasets, images } from '@diffeo/node'
import { qtResource } from './qt-resource.ts'

let folder: string
let stamps: string
let words: string
let out: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'diffeo-'))
  stamps = join(folder, 'stamps')
  words = join(folder, 'words')
  out = join(folder, 'out')
  await mkdir(words)
  await putWords(['apple'])
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

/** A picture half as high as it is wide, red and without a background, as a stamp. */
const red = sharp({ create: { width: 40, height: 20, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 1 } } })
const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><circle cx="10" cy="10" r="5"/></svg>'

async function put(files: readonly string[]): Promise<void> {
  for (const file of files) {
    await mkdir(dirname(join(stamps, file)), { recursive: true })
    await writeFile(join(stamps, file), file.endsWith('.svg') ? svg : await red.clone().png().toBuffer())
  }
}
async function putWords(names: readonly string[]): Promise<void> {
  const picture = await red.clone().webp({ lossless: true }).toBuffer()
  const files = Object.fromEntries(names.map(n => [`gcompris/lang/resource/words_sample/${n}.webp`, picture]))
  const others = {
    'gcompris/lang/resource/voice.webp': picture,
    'gcompris/lang/resource/words_sample/list.json': picture,
  }
  await writeFile(join(words, 'lang.rcc'), qtResource({ ...others, ...files }))
}
const made = async (): Promise<string[]> =>
  (await readdir(out, { recursive: true })).filter(f => f.endsWith('.png')).sort()

test('what is a photo and what a drawing, series in a folder each; what is there twice is taken once', async () => {
  await put([
    'animals/birds/crow.png',
    'animals/bovines/gnu-baby.png',
    'animals/bovines/gnu-sitting.png',
    'animals/bovines/gnu-sitting_mirror.png',
    'food/cartoon/cheese.svg',
    'food/cartoon/cheese.png',
    'town/houses/cartoon/inn.svg',
    'food/bread.svg',
    'food/bread.png',
    'symbols/money/us/coins/001penny.png',
    'symbols/money/us/coins/005nickel.png',
    'food/fruit/cartoon/apple.png',
    // drawn among the photos, or nobody knows; no picture
    'food/pizza.png', 'town/flag.png', 'space/rocket1.svg', 'animals/birds/crow.txt',
  ])
  // pages that need not hold what is drawn on them: the PNG is taken, if there is one
  for (const file of ['apple', 'pear'])
    await writeFile(join(stamps, `food/fruit/cartoon/${file}.svg`), svg.replace('width="20"', 'width="300pt"'))
  await putWords(['pear', 'blue', 'red', 'mother', 'seven', 'snake', 'reptile'])
  expect(await datasets.photosAndDrawings({ path: stamps, words, out })).toBe(out)
  expect(await made()).toEqual([
    'drawing/food-cheese/cheese.png', 'drawing/food-fruit-apple/apple.png', 'drawing/town-houses-inn/inn.png',
    'drawing/word-colours/blue.png', 'drawing/word-colours/red.png', 'drawing/word-pear/pear.png',
    'drawing/word-people/mother.png', 'drawing/word-snake/reptile.png', 'drawing/word-snake/snake.png',
    'photo/animals-birds-crow/crow.png', 'photo/animals-bovines-gnu/gnu-baby.png',
    'photo/animals-bovines-gnu/gnu-sitting.png', 'photo/symbols-money-us-coins/001penny.png',
    'photo/symbols-money-us-coins/005nickel.png',
  ])
  // whole SVGs are taken before PNGs: no red
  const pixel = async (name: string): Promise<number[]> => {
    const { data } = await images.readImage(join(out, name))
    return [0, 1, 2].map(c => data[(c * 150 + 75) * 150 + 75])
  }
  expect(await pixel('drawing/food-cheese/cheese.png')).toEqual([0, 0, 0])
  expect(await pixel('drawing/food-fruit-apple/apple.png')).toEqual([255, 0, 0])
  // 150×150, in the middle of white
  const crow = await images.readImage(join(out, 'photo/animals-birds-crow/crow.png'))
  expect(crow.shape).toEqual([3, 150, 150])
  const at = (c: number, y: number): number => crow.data[(c * 150 + y) * 150 + 75]
  expect([0, 1, 2].map(c => at(c, 5))).toEqual([255, 255, 255])
  expect([0, 1, 2].map(c => at(c, 75))).toEqual([255, 0, 0])
  const set = await datasets.imageFolder(out)
  expect(set.classNames).toEqual(['drawing', 'photo'])
})

test('a folder that is there already is taken as it is', async () => {
  await mkdir(out)
  expect(await datasets.photosAndDrawings({ path: '/no/such/folder', out })).toBe(out)
})

test('in the cache each folder of stamps has its own, which is kept when they are gone', async () => {
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'))
  await put(['animals/birds/crow.png'])
  const first = await datasets.photosAndDrawings({ path: stamps, words })
  const others = join(folder, 'others')
  stamps = others
  await put(['animals/birds/owl.png'])
  const second = await datasets.photosAndDrawings({ path: others, words })
  expect(await readdir(join(first, 'photo'))).toEqual(['animals-birds-crow'])
  expect(await readdir(join(second, 'photo'))).toEqual(['animals-birds-owl'])
  await rm(others, { recursive: true })
  expect(await datasets.photosAndDrawings({ path: others, words })).toBe(second)
})

test('stamps or words that are not there: what gets them', async () => {
  const asked = datasets.photosAndDrawings({ path: '/no/such/folder', words, out })
  await expect(asked).rejects.toThrow(datasets.MissingData)
  await expect(asked).rejects.toThrow(/are in none of \/no\/such\/folder, or the words/)
  await put(['animals/birds/crow.png'])
  await expect(datasets.photosAndDrawings({ path: stamps, words: '/no/words', out })).rejects.toThrow(
    /lang\.rcc, are in none of \/no\/words\. To get it: apt-get install .*gcompris-qt-data/,
  )
})

test('a damaged stamp is named, and nothing is left behind', async () => {
  await put(['animals/birds/crow.png'])
  await writeFile(join(stamps, 'animals/birds/owl.png'), 'no picture')
  await expect(datasets.photosAndDrawings({ path: stamps, words, out })).rejects.toThrow(
    /owl\.png cannot be read as a picture/,
  )
  expect(await readdir(folder)).toEqual(['stamps', 'words'])
})

test('damaged words are named with the byte, and nothing is left behind', async () => {
  await put(['animals/birds/crow.png'])
  await writeFile(join(words, 'lang.rcc'), 'qres and no more than that')
  await expect(datasets.photosAndDrawings({ path: stamps, words, out })).rejects.toThrow(/lang\.rcc.*byte 4: version/)
  expect(await readdir(folder)).toEqual(['stamps', 'words'])
})
