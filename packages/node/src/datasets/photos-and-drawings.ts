/**
 * @file Photos and drawings of things, as a folder for each class: the stamps of the paint program Tux Paint, and the
 * drawn words of GCompris.
 */
import { createHash } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { DataError } from 'diffeo'
import { loadSharp } from './decode.ts'
import { cacheFolder, foldersFor } from './find.ts'
import { MissingData } from './missing.ts'
import { readQtResource } from './qt-resource.ts'
import { readBytes } from './read.ts'

/** Where Debian's packages tuxpaint-stamps-default and gcompris-qt-data put them. */
const debianStamps = '/usr/share/tuxpaint/stamps'
const debianWords = '/usr/share/gcompris-qt/rcc'
/** The resource that holds the words, and the folder of their pictures in it. */
const [wordsFile, wordsFolder] = ['lang.rcc', 'lang/resource/words_sample']
const side = 150
/** Another number wherever other files are taken, or in another way: what was composed before is not taken for it. */
const rule = 5

/** Folders whose PNG files are photos, but for what the package calls a cartoon, and what is named below. */
const photographed = [
  'animals', 'food', 'hobbies', 'household', 'medical', 'military', 'people', 'plants', 'space', 'sports', 'vehicles',
  'symbols/money/canadian', 'symbols/money/euro', 'symbols/money/japanese', 'symbols/money/us',
]

/**
 * What by its looks belongs with neither, or with the others: drawn among photos, painted or rendered as if real, a
 * mere outline, washed out. It was judged by eye.
 */
const unlike = [
  'animals/birds/albino_peahen',
  'animals/fish/shrimp',
  'animals/insects/fly',
  'animals/mammals/echidna',
  'animals/mammals/hedgehog',
  'food/pizza',
  'household/dishes/glass',
  'household/dishes/mug',
  'medical/tooth',
  'military/ammunition/old_naval_shell',
  'military/vehicles/ww2_german_gun',
  'people/body_parts/eye',
  'space/planets/0_sun',
  'space/planets/6_saturn',
  'sports/rugby_goal_posts',
  'vehicles/7spoke256',
  'vehicles/emergency/sedan_police',
  'animals/dinosaur/cartoon/dinosaurSings',
  'animals/insects/cartoon/monarchbutterfly',
  'animals/mammals/cats/cartoon/lion',
  'animals/marsupials/cartoon/kangaroo-silo',
  'clothes/armor/cartoon/knight_helmet',
  'food/fruit/cartoon/watermelon',
  'town/monuments/cartoon/eiffel_tower',
]

/** Words of which pictures show the same people, or the same pot in other colours. */
const alike: Record<string, readonly string[]> = {
  colours: 'black blue brown color gray green mauve orange-color pink red white yellow'.split(' '),
  people: [
    'arm back boy brain brother child dad ear eyes face family finger foot friend girl grandmother hair hand head',
    'knee leg man mother mouth neck nose sister skin son teeth thumb tongue woman',
  ]
    .join(' ')
    .split(' '),
  snake: ['reptile', 'snake'],
}
/** Words that are written as numerals, which are no things. */
const numerals = 'zero one two three four five six seven eight nine ten eleven twelve sixteen'.split(' ')

export interface PhotosAndDrawingsOptions {
  /** The folder of the stamps. */
  path?: string
  /** The folder of GCompris's resources, with lang.rcc. */
  words?: string
  /** The folder that is written; one in the cache, another for each `path` and `words`. */
  out?: string
}

interface Stamp { readonly file: string; readonly kind: 'photo' | 'drawing' }

const isPhotographed = (file: string): boolean => photographed.some(folder => file.startsWith(`${folder}/`))

/**
 * Which of the package's files may be taken, and as what. Drawings are what it keeps in folders `cartoon`; other SVG
 * files are often painted as if real, and are neither. Of what is there mirrored too the one that is not is taken.
 */
function stampsOf(files: readonly string[]): Stamp[] {
  const there = new Set(files)
  return files.flatMap((file): Stamp[] => {
    const [, name, form] = /^(.*)\.(png|svg)$/.exec(file) ?? []
    if (name === undefined || /[-_]mirror\b/.test(file) || unlike.includes(name)) return []
    if (file.includes('/cartoon/')) return [{ file, kind: 'drawing' }]
    // a PNG beside an SVG is a copy of it
    const isPhoto = form === 'png' && isPhotographed(file) && !there.has(`${name}.svg`)
    return isPhoto ? [{ file, kind: 'photo' }] : []
  })
}

/** A page in centimetres or points without a viewBox does not hold the drawing, whose coordinates are pixels. */
function isCut(svg: Uint8Array): boolean {
  const [tag = ''] = /<svg\b[^>]*>/.exec(Buffer.from(svg).toString('latin1')) ?? []
  return !/\bviewBox\s*=/.test(tag) && /\bwidth\s*=\s*["'][\d.]+\s*(?:pt|pc|mm|cm|in|%)/.test(tag)
}

/**
 * Pictures named alike (gnu-baby, gnu-sitting; flower2, flower3) are of one series, and may show the same thing; so are
 * those of a folder that are numbered (coins, planets).
 */
function seriesOf(file: string): string {
  const folders = dirname(file).split('/').filter(d => d !== 'cartoon')
  const name = basename(file, extname(file)).replace(/[-_\d].*$/, '')
  return [...folders, name].filter(Boolean).join('-')
}

const isFile = (path: string): Promise<boolean> => stat(path).then(s => s.isFile(), () => false)
const isFolder = (path: string): Promise<boolean> => stat(path).then(s => s.isDirectory(), () => false)

/** In the cache, of these sources by this rule. */
function composedFolder(...sources: readonly string[]): string {
  const source = createHash('sha256').update(sources.map(s => resolve(s)).join('\n')).digest('hex').slice(0, 12)
  return join(cacheFolder(), `photos-and-drawings-${rule}-${source}`)
}

interface Places { readonly stamps: string; readonly words: string; readonly folder: string }

/** Where the sources are, and the folder that is composed of them; the first places that have either. */
async function placesOf({ path, words: wordsPath, out }: PhotosAndDrawingsOptions): Promise<Places> {
  const stampPlaces = foldersFor('tuxpaint-stamps', path, [debianStamps])
  const wordPlaces = foldersFor('gcompris', wordsPath, [debianWords])
  for (const stamps of stampPlaces)
    for (const words of wordPlaces) {
      const folder = out ?? composedFolder(stamps, words)
      const areThere = await isFolder(join(stamps, 'animals')) && await isFile(join(words, wordsFile))
      if (areThere || await isFolder(folder)) return { stamps, words, folder }
    }
  throw new MissingData(
    `photosAndDrawings: the stamps of Tux Paint, a folder with animals, food, …, are in none of ${stampPlaces.join(', ')}, ` +
      `or the words of GCompris, ${wordsFile}, are in none of ${wordPlaces.join(', ')}`,
    'apt-get install --no-install-recommends tuxpaint-stamps-default gcompris-qt-data on Debian and Ubuntu; elsewhere ' +
      'name their folders by DIFFEO_DATA or { path, words }',
  )
}

interface DrawnWord { readonly word: string; readonly series: string; readonly bytes: Uint8Array }

/** Pictures of words, in the words' order. */
async function drawnWords(folder: string): Promise<DrawnWord[]> {
  const path = join(folder, wordsFile)
  const pictures = [...await readQtResource(path, wordsFolder)].filter(([file]) => file.endsWith('.webp'))
  if (pictures.length === 0) throw new DataError(`photosAndDrawings: ${path} holds no pictures in ${wordsFolder}`)
  return pictures.sort(([x], [y]) => (x < y ? -1 : 1)).flatMap(([file, bytes]) => {
    const word = basename(file, extname(file))
    const [series = word] = Object.keys(alike).filter(name => alike[name].includes(word))
    return numerals.includes(word) ? [] : [{ word, series: `word-${series}`, bytes }]
  })
}

/**
 * Composes a folder of pictures of 150×150, things on white: `photo/SERIES/*.png` and `drawing/SERIES/*.png`, some 550,
 * out of the stamps of the paint program Tux Paint, and of the words that GCompris, a program for children, shows as
 * drawings. A series is of pictures that may show the same thing: keep each on one side of a split. Where the folder is
 * there already, it is taken as it is.
 * @returns the folder, for `imageFolder`
 * @throws MissingData naming the packages where one of the two is not there
 * @example const pictures = await datasets.imageFolder(await datasets.photosAndDrawings())
 */
export async function photosAndDrawings(options: PhotosAndDrawingsOptions = {}): Promise<string> {
  const { stamps: from, words, folder } = await placesOf(options)
  if (await isFolder(folder)) return folder
  const names = (await readdir(from, { recursive: true })).map(name => name.replaceAll('\\', '/')).sort()
  const stamps = stampsOf(names)
  if (stamps.length === 0) throw new DataError(`photosAndDrawings: ${from} holds no stamps`)
  // whole or not at all
  const partial = `${folder}.${process.pid}.part`
  try {
    // in the order of names: of a drawing in both forms the SVG is written over the PNG, if it is whole
    for (const { file, kind } of stamps) {
      const bytes = await readBytes(join(from, file))
      if (!file.endsWith('.svg') || !isCut(bytes))
        await compose(join(from, file), bytes, join(partial, kind, seriesOf(file)), basename(file, extname(file)))
    }
    for (const { word, series, bytes } of await drawnWords(words))
      await compose(`${word} of ${join(words, wordsFile)}`, bytes, join(partial, 'drawing', series), word)
    await rename(partial, folder)
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
  return folder
}

async function compose(source: string, bytes: Uint8Array, folder: string, name: string): Promise<void> {
  const sharp = await loadSharp()
  let png: Uint8Array
  try {
    png = await sharp(bytes).resize(side, side, { fit: 'contain', background: '#ffffff' })
      .flatten({ background: '#ffffff' }).toColourspace('srgb').png().toBuffer()
  } catch (error) {
    throw new DataError(`${source} cannot be read as a picture: ${(error as Error).message}`, { cause: error })
  }
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, `${name}.png`), png)
}
