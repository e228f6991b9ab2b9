/** @file The King James Bible: 4.2 million characters of English from 1611. */
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { data } from 'diffeo'
import { foldersFor } from './find.ts'
import { unpackLzw } from './lzw.ts'
import { MissingData } from './missing.ts'
import { readBytes } from './read.ts'

/** Where Debian's package bible-kjv-text puts it. */
const debian = '/usr/lib'
const fileName = 'bible.data'
/** What the file begins with. */
const title = 'EC02Compressed Data File'
const headerSize = 92
/** A window, and all of them, as they are unpacked: the real ones have 64 KiB, and 4.4 MB together. */
const [mostWindow, mostText] = [2 ** 24, 2 ** 26]

export interface Bible {
  readonly name: string
  readonly description: string
  /** The verses in their order, without their numbers. */
  readonly verses: readonly string[]
}

/**
 * The verses of the King James Bible, found by `path`, below DIFFEO_DATA, or as Debian's package puts it.
 * @param options.path - the folder of `bible.data`
 * @throws MissingData saying what to do where it is not there, FormatError where the file is damaged
 * @example const text = (await datasets.bible()).verses.join('\n')
 */
export async function bible({ path }: { path?: string } = {}): Promise<Bible> {
  const places = foldersFor('bible', path, [debian]).map(folder => join(folder, fileName))
  for (const place of places) {
    if (!await access(place).then(() => true, () => false)) continue
    const verses = versesOf(unpack(await readBytes(place), place))
    return {
      name: 'bible',
      description: `The King James Bible (1611), ${verses.length.toLocaleString('en-US')} verses`,
      verses,
    }
  }
  throw new MissingData(
    `bible: ${fileName} is none of ${places.join(', ')}`,
    'apt-get install bible-kjv-text on Debian and Ubuntu; elsewhere put the file of that package into a folder and name it by DIFFEO_DATA or { path }',
  )
}

/** Windows of one size, each packed by itself: the header says how large, how many, and where each begins. */
function unpack(bytes: Uint8Array, file: string): string {
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, title.length))
  if (bytes.length < headerSize || head !== title)
    throw new data.FormatError(file, 0, `expected '${title}'`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [most, count] = [view.getUint32(84), view.getUint32(88)]
  if (most > mostWindow || headerSize + 4 * (count + 1) > bytes.length)
    throw new data.FormatError(file, 84, `${count} windows of ${most} bytes do not fit a file of ${bytes.length}`)
  let total = 0
  const parts = Array.from({ length: count }, (_, i) => {
    const [begin, end] = [view.getUint32(headerSize + 4 * i), view.getUint32(headerSize + 4 * i + 4)]
    if (begin > end || end > bytes.length)
      throw new data.FormatError(file, headerSize + 4 * i, `window ${i} is said to go from ${begin} to ${end}`)
    const part = unpackLzw(bytes.subarray(begin, end), { most, file: `${file}, window ${i}` })
    total += part.length
    if (total > mostText)
      throw new data.FormatError(file, begin, `the windows up to ${i} unpack to more than ${mostText} bytes`)
    return part
  })
  return new TextDecoder('latin1').decode(Buffer.concat(parts))
}

/** Lines as 'Ge1:1 In the beginning …', behind a title. */
const versesOf = (text: string): string[] =>
  text.split('\n').flatMap(line => /^\w+\d+:\d+ (.+)$/.exec(line)?.[1] ?? [])
