/** @file Photos and drawings of things: the stamps of the paint program Tux Paint, as a folder for each class. */
import { createHash } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { DataError } from 'diffeo'
import { loadSharp } from './decode.ts'
import { cacheFolder, foldersFor } from './find.ts'
import { MissingData } from './missing.ts'
import { readBytes } from './read.ts'

/** Where Debian's package tuxpaint-stamps-default puts them. */
const debian = '/usr/share/tuxpaint/stamps'
const side = 150
/** Another number wherever other files are taken, or in another way: what was composed before is not taken for it. */
const rule = 4

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

export interface PhotosAndDrawingsOptions {
  /** The folder of the stamps. */
  path?: string
  /** The folder that is written; one in the cache, another for each `path`. */
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

const isFolder = (path: string): Promise<boolean> => stat(path).then(s => s.isDirectory(), () => false)

/** In the cache, of these stamps by this rule. */
function composedFolder(stamps: string): string {
  const source = createHash('sha256').update(resolve(stamps)).digest('hex').slice(0, 12)
  return join(cacheFolder(), `photos-and-drawings-${rule}-${source}`)
}

/** Where the stamps are, and the folder that is composed of them; the first place that has either. */
async function placesOf(path?: string, out?: string): Promise<{ stamps: string; folder: string }> {
  const places = foldersFor('tuxpaint-stamps', path, [debian])
  for (const stamps of places) {
    const folder = out ?? composedFolder(stamps)
    if (await isFolder(folder) || await isFolder(join(stamps, 'animals'))) return { stamps, folder }
  }
  throw new MissingData(
    `photosAndDrawings: the stamps of Tux Paint, a folder with animals, food, …, are in none of ${places.join(', ')}`,
    'apt-get install tuxpaint-stamps-default on Debian and Ubuntu; elsewhere name their folder by DIFFEO_DATA or { path }',
  )
}

/**
 * Composes a folder of pictures of 150×150, things on white: `photo/SERIES/*.png` and `drawing/SERIES/*.png`, some 450,
 * out of the stamps of the paint program Tux Paint. A series is of pictures that may show the same thing: keep each on
 * one side of a split. Where the folder is there already, it is taken as it is.
 * @returns the folder, for `imageFolder`
 * @throws MissingData naming the package where the stamps are not there
 * @example const pictures = await datasets.imageFolder(await datasets.photosAndDrawings())
 */
export async function photosAndDrawings({ path, out }: PhotosAndDrawingsOptions = {}): Promise<string> {
  const { stamps: from, folder } = await placesOf(path, out)
  if (await isFolder(folder)) return folder
  const names = (await readdir(from, { recursive: true })).map(name => name.replaceAll('\\', '/')).sort()
  const stamps = stampsOf(names)
  if (stamps.length === 0) throw new DataError(`photosAndDrawings: ${from} holds no stamps`)
  // whole or not at all
  const partial = `${folder}.${process.pid}.part`
  try {
    // in the order of names: of a drawing in both forms the SVG is written over the PNG, if it is whole
    for (const { file, kind } of stamps) await compose(join(from, file), join(partial, kind, seriesOf(file)))
    await rename(partial, folder)
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
  return folder
}

async function compose(file: string, folder: string): Promise<void> {
  const sharp = await loadSharp()
  const bytes = await readBytes(file)
  if (file.endsWith('.svg') && isCut(bytes)) return
  let png: Uint8Array
  try {
    png = await sharp(bytes).resize(side, side, { fit: 'contain', background: '#ffffff' })
      .flatten({ background: '#ffffff' }).toColourspace('srgb').png().toBuffer()
  } catch (error) {
    throw new DataError(`${file} cannot be read as a picture: ${(error as Error).message}`, { cause: error })
  }
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, `${basename(file, extname(file))}.png`), png)
}
