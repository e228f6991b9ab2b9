/**
 * @file Spoken digits, made by eSpeak NG: synthetic speech, not recordings. Each part of the set has accents and voices
 * of its own.
 */
import { execFile } from 'node:child_process'
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { data, DataError } from 'diffeo'
import { wav } from './arrays.ts'
import { foldersFor } from './find.ts'
import { fileDataset, type FileDataset } from './folders.ts'
import { MissingData } from './missing.ts'

const run = promisify(execFile)
const words = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'] as const

/** The three parts of the set. */
type Part = 'train' | 'validation' | 'test'
const parts: readonly Part[] = ['train', 'validation', 'test']

/** Pronunciations of English. */
const accents: Readonly<Record<Part, readonly string[]>> = {
  train: ['en-gb', 'en-us', 'en-gb-x-rp', 'en-gb-x-gbclan', 'en-029'],
  validation: ['en-gb-x-gbcwmd'],
  test: ['en-gb-scotland', 'en-us-nyc'],
}

/** Voices by the person or machine they imitate; those of one stay together. */
const speakers: readonly (readonly string[])[] = ([
  'adam', 'Alex', 'Alicia', 'Andrea', 'Andy AnxiousAndy', 'anika anikaRobot', 'Annie', 'announcer', 'antonio', 'aunty',
  'belinda', 'benjamin', 'boris', 'caleb', 'croak', 'david', 'Demonic', 'Denis', 'Diogo', 'ed', 'edward edward2', 'f1',
  'f2', 'f3', 'f4', 'f5', 'Gene Gene2', 'grandma', 'grandpa', 'gustave', 'Henrique', 'Hugo', 'iven iven2 iven3 iven4',
  'Jacky', 'john', 'kaukovalta', 'klatt klatt2 klatt3 klatt4 klatt5 klatt6', 'Lee', 'linda', 'm1', 'm2', 'm3', 'm4',
  'm5', 'm6', 'm7', 'm8', 'marcelo', 'Marco', 'Mario', 'max', 'Michael', 'michel', 'miguel', 'Mike', 'Nguyen',
  'norbert', 'pablo', 'paul', 'pedro', 'quincy', 'RicishayMax RicishayMax2 RicishayMax3', 'rob', 'robert',
  'robosoft robosoft2 robosoft3 robosoft4 robosoft5 robosoft6 robosoft7 robosoft8', 'sandro', 'shelby',
  'steph steph2 steph3', 'Storm', 'travis', 'Tweaky', 'UniRobot', 'victor', 'whisper whisperf', 'zac',
]).map(names => names.split(' '))

/** By their place in the alphabet, so that nobody chose: of each five one to test, one to validate. */
const partOf = (speaker: number): Part => (speaker % 5 === 2 ? 'test' : speaker % 5 === 4 ? 'validation' : 'train')
/** How often each voice is heard: with another accent, speed and pitch each time. */
const takes: Readonly<Record<Part, number>> = { train: 4, validation: 2, test: 3 }

/** One way of speaking. */
interface Manner { readonly voice: string; readonly speed: number; readonly pitch: number }

/** The ways in which a part of the set is spoken. */
function mannersOf(part: Part, speakerCount = Infinity): Manner[] {
  const own = speakers.flatMap((voices, i) => (partOf(i) === part ? [{ i, voices }] : [])).slice(0, speakerCount)
  return own.flatMap(({ i, voices }) => voices.flatMap((variant, v) =>
    Array.from({ length: takes[part] }, (_, take) => {
      const random = new data.Random(0, i, v, take)
      const accent = accents[part][random.integer(accents[part].length)]
      // words a minute, and of the range from 0 to 99
      return { voice: `${accent}+${variant}`, speed: 110 + random.integer(91), pitch: 20 + random.integer(61) }
    })))
}

/** Sounds and labels, with who speaks: 'en-gb+f3' is the accent en-gb in the voice f3. */
export interface SpokenSplit extends FileDataset<[data.Audio, number]> { readonly voices: readonly string[] }

export interface SpokenDigits {
  readonly description: string
  readonly classNames: readonly string[]
  readonly train: SpokenSplit
  readonly validation: SpokenSplit
  /** Of accents and voices that are in neither of the others. */
  readonly test: SpokenSplit
}

export interface SpokenDigitsOptions {
  /** The folder that holds it, or gets it. */
  path?: string
  /** Only so many speakers of each part; all. */
  speakers?: number
  /** Told how many files were made, of how many that were missing. */
  onProgress?: (made: number, of: number) => void
  /** The program that speaks; 'espeak-ng'. */
  program?: string
}

interface Recording { readonly file: string; readonly label: number; readonly manner: Manner }

const recordingsOf = (part: Part, count: number | undefined): Recording[] =>
  mannersOf(part, count).flatMap(manner => words.map((word, label) => ({
    file: join(part, word, `${manner.voice}-${manner.speed}-${manner.pitch}.wav`), label, manner,
  })))

/**
 * The words zero to nine in a hundred voices of eSpeak NG, at several speeds and pitches: `[sound, digit]`, 22,050
 * samples a second. It is synthetic speech, made on this machine at the first call and kept as WAV files; no accent and
 * no speaker is in two of the three parts.
 * @throws MissingData where neither the files nor the program are here
 * @example const { train, test } = await datasets.spokenDigits(); const [sound, digit] = await train.get(0)
 */
export async function spokenDigits(options: SpokenDigitsOptions = {}): Promise<SpokenDigits> {
  const all = parts.map(part => recordingsOf(part, options.speakers))
  const folders = foldersFor('spoken-digits', options.path)
  const lacking = await Promise.all(folders.map(folder => missingFrom(folder, all.flat())))
  const found = lacking.findIndex(list => list.length === 0)
  // the last one is for what was made here
  const at = found < 0 ? folders.length - 1 : found
  if (found < 0) await speakAll(folders[at], lacking[at], options)
  const [train, validation, test] = all.map(list => splitOf(folders[at], list))
  return {
    description: `synthetic speech of eSpeak NG: ${train.length} words to train, ${validation.length} to validate, `
      + `${test.length} to test, each part with accents and voices of its own`,
    classNames: words, train, validation, test,
  }
}

async function missingFrom(folder: string, recordings: readonly Recording[]): Promise<Recording[]> {
  const there = new Set(await readdir(folder, { recursive: true }).catch(() => []))
  return recordings.filter(r => !there.has(r.file))
}

/** As many at a time as the machine has cores. */
async function speakAll(
  folder: string, missing: readonly Recording[], { onProgress, program = 'espeak-ng' }: SpokenDigitsOptions,
): Promise<void> {
  let [next, made] = [0, 0]
  const work = async (): Promise<void> => {
    while (next < missing.length) {
      await speak(program, folder, missing[next++])
      onProgress?.(++made, missing.length)
    }
  }
  // one alone first: where the program is missing, all others would be
  if (missing.length > 0) await speak(program, folder, missing[next++])
  onProgress?.(++made, missing.length)
  await Promise.all(Array.from({ length: availableParallelism() }, work))
}

async function speak(
  program: string, folder: string, { file, label, manner: { voice, speed, pitch } }: Recording,
): Promise<void> {
  const path = join(folder, file)
  const part = `${path}.${process.pid}.tmp`
  await mkdir(dirname(path), { recursive: true })
  try {
    await run(program, ['-v', voice, '-s', String(speed), '-p', String(pitch), '-w', part, words[label]])
    // it ends well where it could not write, too
    await access(part)
    await rename(part, path)
  } catch (error) {
    await rm(part, { force: true })
    const { code, syscall, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && syscall?.startsWith('spawn'))
      throw new MissingData(
        `spokenDigits: the speech is made by ${program}, which is not on this machine, and no folder holds it already`,
        'apt-get install espeak-ng',
      )
    throw new DataError(`spokenDigits: ${program} cannot say '${words[label]}' as ${voice}: ${message}`, {
      cause: error,
    })
  }
}

function splitOf(folder: string, recordings: readonly Recording[]): SpokenSplit {
  const files = recordings.map(r => join(folder, r.file))
  const labels = Int32Array.from(recordings, r => r.label)
  const voices = recordings.map(r => r.manner.voice)
  return { ...fileDataset('spokenDigits', { classNames: words, files, labels }, wav), voices }
}
