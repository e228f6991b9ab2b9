/** @file Photos and drawings of things: Tux Paint's stamps and Open Clip Art, as a folder for each class. */
import { createHash } from 'node:crypto'
import { lstat, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { DataError } from 'diffeo'
import { loadSharp } from './decode.ts'
import { cacheFolder, foldersFor } from './find.ts'
import { MissingData } from './missing.ts'
import { readBytes } from './read.ts'

/** Where Debian's packages tuxpaint-stamps-default and openclipart-png put them. */
const debian = { stamps: '/usr/share/tuxpaint/stamps', clipArt: '/usr/share/openclipart/png' }
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
  'animals/birds/albino_peahen', 'animals/fish/shrimp', 'animals/insects/fly', 'animals/mammals/echidna',
  'animals/mammals/hedgehog', 'food/pizza', 'household/dishes/glass', 'household/dishes/mug', 'medical/tooth',
  'military/ammunition/old_naval_shell', 'military/vehicles/ww2_german_gun', 'people/body_parts/eye',
  'space/planets/0_sun', 'space/planets/6_saturn', 'sports/rugby_goal_posts', 'vehicles/emergency/sedan_police',
  'animals/dinosaur/cartoon/dinosaurSings', 'animals/insects/cartoon/monarchbutterfly',
  'animals/marsupials/cartoon/kangaroo-silo', 'clothes/armor/cartoon/knight_helmet', 'food/fruit/cartoon/watermelon',
  'town/monuments/cartoon/eiffel_tower',
]

/** Folders of clip art that show what the photos show, too: animals, fruit, flowers, vehicles. */
const drawn = [
  'animals/birds', 'animals/bugs', 'animals/fish', 'animals/mammals', 'food/fruit', 'food/vegetables',
  'plants/flowers', 'transportation/vehicles',
]
/** Of these: what looks like a photo, and a picture that is not there. Judged by eye. */
const notDrawn = ['animals/birds/duck_yellow_ii', 'food/fruit/fruitcollection', 'food/fruit/grapes_leif']

export interface PhotosAndDrawingsOptions {
  /** The folder of the stamps. */
  path?: string
  /** The folder of the clip art. */
  clipArt?: string
  /** The folder that is written; one in the cache, another for each pair of sources. */
  out?: string
}

interface Source {
  readonly folder: string
  readonly file: string
  readonly kind: 'photo' | 'drawing'
  readonly prefix: string
}

const isPhotographed = (file: string): boolean => photographed.some(folder => file.startsWith(`${folder}/`))

/** All files of a folder, below it too, in the order of names. */
const filesOf = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true })).map(name => name.replaceAll('\\', '/')).sort()

/**
 * Which of the stamps are taken, and as what. Drawings are what the package keeps in folders `cartoon`; other SVG files
 * are often painted as if real, and are neither. Of what is there mirrored too the one that is not is taken.
 */
async function stampsOf(folder: string): Promise<Source[]> {
  const files = await filesOf(folder)
  const there = new Set(files)
  const found: Source[] = []
  for (const file of files) {
    const [, name, form] = /^(.*)\.(png|svg)$/.exec(file) ?? []
    if (name === undefined || /[-_]mirror\b/.test(file) || unlike.includes(name)) continue
    const svg = `${name}.svg`
    // a PNG beside an SVG is a copy of it
    if (!file.includes('/cartoon/')) {
      if (form === 'png' && isPhotographed(file) && !there.has(svg))
        found.push({ folder, file, kind: 'photo', prefix: '' })
      continue
    }
    // of a drawing in both forms the SVG, if it is whole
    const isWhole = there.has(svg) && !isCut(await readBytes(join(folder, svg)))
    if (isWhole === (form === 'svg')) found.push({ folder, file, kind: 'drawing', prefix: '' })
  }
  return found
}

/** Which of the clip art is taken: files themselves, not links to what lies in another folder. */
async function clipArtOf(folder: string): Promise<Source[]> {
  const found: Source[] = []
  for (const file of await filesOf(folder)) {
    const taken = file.endsWith('.png') && drawn.includes(dirname(file)) && !notDrawn.some(n => file.startsWith(n))
    if (taken && (await lstat(join(folder, file))).isFile())
      found.push({ folder, file, kind: 'drawing', prefix: 'clip-' })
  }
  return found
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

const isFolder = (path: string): Promise<boolean> => stat(path).then(s => s.isDirectory(), () => false)

/** In the cache, of these sources by this rule. */
function composedFolder(sources: readonly string[]): string {
  const hash = createHash('sha256').update(sources.map(path => resolve(path)).join('\n')).digest('hex').slice(0, 12)
  return join(cacheFolder(), `photos-and-drawings-${rule}-${hash}`)
}

/** The first of the places that has the folder. @throws MissingData */
async function findSource(
  what: string,
  places: readonly string[],
  folder: string,
  debianPackage: string,
): Promise<string> {
  for (const place of places) if (await isFolder(join(place, folder))) return place
  throw new MissingData(
    `photosAndDrawings: ${what}, a folder with ${folder}, …, is in none of ${places.join(', ')}`,
    `apt-get install ${debianPackage} on Debian and Ubuntu; elsewhere name its folder by DIFFEO_DATA or an option`,
  )
}

/**
 * Composes a folder of pictures of 150×150, things on white: `photo/SERIES/*.png` and `drawing/SERIES/*.png`, some 750,
 * out of the stamps of the paint program Tux Paint (all photos, and what it calls cartoons) and the Open Clip Art
 * Library (drawings of what the photos show). A series is of pictures that may show the same thing: keep each on one
 * side of a split. Of pictures that are nearly the same one is taken. Where the folder is there already, it is taken as
 * it is.
 * @returns the folder, for `imageFolder`
 * @throws MissingData naming the package where one of the two is not there
 * @example const pictures = await datasets.imageFolder(await datasets.photosAndDrawings())
 */
export async function photosAndDrawings({ path, clipArt, out }: PhotosAndDrawingsOptions = {}): Promise<string> {
  const places = {
    stamps: foldersFor('tuxpaint-stamps', path, [debian.stamps]),
    clipArt: foldersFor('openclipart', clipArt, [debian.clipArt]),
  }
  for (const stamps of places.stamps) {
    for (const art of places.clipArt) {
      const folder = out ?? composedFolder([stamps, art])
      if (await isFolder(folder)) return folder
    }
  }
  const stamps = await findSource('the stamps of Tux Paint', places.stamps, 'animals', 'tuxpaint-stamps-default')
  const art = await findSource('Open Clip Art', places.clipArt, 'animals', 'openclipart-png')
  const folder = out ?? composedFolder([stamps, art])
  const sources = [...await stampsOf(stamps), ...await clipArtOf(art)]
  if (sources.length === 0) throw new DataError(`photosAndDrawings: ${stamps} and ${art} hold no pictures`)
  // whole or not at all
  const partial = `${folder}.${process.pid}.part`
  try {
    const seen: Uint8Array[] = []
    for (const source of sources) await compose(source, partial, seen)
    await rename(partial, folder)
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
  return folder
}

const small = 16
/** What differs, as a share of what is not white, below which pictures are the same. */
const same = 0.1

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  let [difference, ink] = [0, 0]
  for (let i = 0; i < a.length; i++) {
    difference += Math.abs(a[i] - b[i])
    ink += 255 - Math.min(a[i], b[i])
  }
  return difference < same * ink
}

/** Writes the picture below its class and series, unless one that is nearly the same was written before. */
async function compose({ folder, file, kind, prefix }: Source, out: string, seen: Uint8Array[]): Promise<void> {
  const sharp = await loadSharp()
  const path = join(folder, file)
  let png: Uint8Array
  let thumbnail: Uint8Array
  try {
    png = await sharp(await readBytes(path)).resize(side, side, { fit: 'contain', background: '#ffffff' })
      .flatten({ background: '#ffffff' }).toColourspace('srgb').png().toBuffer()
    thumbnail = await sharp(png).resize(small, small).toColourspace('b-w').raw().toBuffer()
  } catch (error) {
    throw new DataError(`${path} cannot be read as a picture: ${(error as Error).message}`, { cause: error })
  }
  if (seen.some(before => isSame(before, thumbnail))) return
  seen.push(thumbnail)
  const target = join(out, kind, seriesOf(file))
  await mkdir(target, { recursive: true })
  await writeFile(join(target, `${prefix}${basename(file, extname(file))}.png`), png)
}
