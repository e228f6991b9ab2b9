/** @file What a run's folder says of it: how it went, how it was tested, and where its time went. */
import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { DataError, type train } from 'diffeo'
import { readText, writeWhole } from '../datasets/find.ts'
import type { Measure, RunConfig } from '../measure.ts'
import { exists, files, loadConfig, pathIn } from './folder.ts'

/** A test image that was taken for another class. */
export interface Mistake {
  readonly index: number
  readonly is: string
  readonly said: string
  /** Of what was said. */
  readonly probability: number
  /** The picture, as PNG in base64. */
  readonly png: string
}

/** `test.json`. */
export interface TestRecord {
  readonly loss: number
  readonly accuracy: number
  readonly examples: number
  /** Rows are what it was, columns what was said. */
  readonly confusion: readonly (readonly number[])[]
  /** Those it was most sure of. */
  readonly mistakes: readonly Mistake[]
}

/** `profile.json`: the kernels of some steps of training, the longest first. */
export interface ProfileRecord {
  readonly steps: number
  readonly ms: number
  readonly kernelMs: number
  readonly kernels: readonly {
    readonly name: string
    readonly about: string
    readonly calls: number
    readonly ms: number
    readonly roofline: number | null
  }[]
}

/** How the training of a model went. */
export interface TrainingRecord {
  /** Of the model's folder within the run's; '' where the run has one model. */
  readonly name: string
  readonly history: train.HistoryData
}

/** A run, as its folder has it. Only a history must be there. */
export interface RunRecord {
  readonly folder: string
  readonly config: RunConfig | null
  /** In the order in which they ended. */
  readonly trainings: readonly TrainingRecord[]
  readonly test: TestRecord | null
  readonly profile: ProfileRecord | null
}

/** @throws DataError if the folder is no run, or a file in it is damaged */
export async function readRun(folder: string): Promise<RunRecord> {
  const config = (await exists(pathIn(folder, 'config'))) ? await loadConfig(folder) : null
  const trainings = await trainingsIn(folder, config !== null)
  // says what is wrong with a folder that has neither
  if (!config && trainings.length === 0) await loadConfig(folder)
  return {
    folder, config, trainings,
    test: await json<TestRecord>(folder, 'test', t => Array.isArray(t.confusion) && Array.isArray(t.mistakes)),
    profile: await json<ProfileRecord>(folder, 'profile', p => Array.isArray(p.kernels)),
  }
}

/** Of the folder itself, and of those in it, where a recipe trains several models. */
async function trainingsIn(folder: string, hasParts: boolean): Promise<TrainingRecord[]> {
  const entries = hasParts ? await readdir(folder, { withFileTypes: true }) : []
  const found: (TrainingRecord & { readonly at: number })[] = []
  for (const name of ['', ...entries.filter(e => e.isDirectory()).map(e => e.name)]) {
    const own = join(folder, name)
    const history = await json<train.HistoryData>(
      own, 'history', h => Array.isArray(h.epochs) && h.epochs.every(isRecord),
    )
    if (!history) continue
    history.epochs.forEach(restoreNumbers)
    found.push({ name, history, at: (await stat(pathIn(own, 'history'))).mtimeMs })
  }
  return found.sort((a, b) => a.at - b.at).map(({ name, history }) => ({ name, history }))
}

export const stepsOf = ({ trainings }: RunRecord): number => trainings.reduce((n, t) => n + t.history.steps, 0)

const isRecord = (x: unknown): boolean => typeof x === 'object' && x !== null

/** JSON has null for what is no finite number. */
function restoreNumbers(record: Record<string, number | null>): void {
  for (const [name, value] of Object.entries(record)) record[name] = value ?? NaN
}

/** The file's object; null where it is not there. */
async function json<T>(
  folder: string,
  file: keyof typeof files,
  isWhole: (found: Partial<T>) => boolean,
): Promise<T | null> {
  const path = pathIn(folder, file)
  if (!await exists(path)) return null
  let found: unknown
  try {
    found = JSON.parse(await readText(path))
  } catch (error) {
    throw new DataError(`${path} is no valid JSON: ${(error as Error).message}`, { cause: error })
  }
  if (typeof found !== 'object' || found === null || !isWhole(found))
    throw new DataError(`${path} is no ${files[file]} of a run: a part of it is missing`)
  return found as T
}

export const saveJson = (folder: string, file: 'test' | 'profile', value: TestRecord | ProfileRecord): Promise<void> =>
  writeWhole(pathIn(folder, file), `${JSON.stringify(value)}\n`)

export type State = 'finished' | 'stopped' | 'aborted' | 'unfinished'

/** A run in a line. */
export interface Summary {
  readonly name: string
  readonly recipe: string
  /** ISO date and time; empty, where no config says it. */
  readonly created: string
  readonly epochs: number
  /** The number that says best how good it is, and what that is. */
  readonly metric: Pick<Measure, 'name' | 'value' | 'unit'> | null
  /** How many numbers it reached beside that. */
  readonly more: number
  readonly seconds: number
  readonly state: State
  /** It was only to be seen that it runs. */
  readonly quick: boolean
}

export function summaryOf({ folder, config, trainings }: RunRecord): Summary {
  const epochs = trainings.flatMap(t => t.history.epochs)
  return {
    name: basename(folder),
    // of a file its name
    recipe: config ? basename(config.recipe) : '—',
    created: config?.created ?? '',
    epochs: epochs.length,
    metric: metricOf(config?.measures, epochs.at(-1)),
    seconds: epochs.reduce((sum, e) => sum + (e.seconds ?? 0), 0),
    more: Math.max(0, (config?.measures?.length ?? 0) - 1),
    state: config?.measures ? 'finished' : stateOf(trainings.at(-1)?.history.ending, config !== null),
    quick: config?.quick ?? false,
  }
}

/** Of a run that was not tested: a recipe is not at its end when one of its models is. */
function stateOf(ending: train.Ending | undefined, hasTest: boolean): State {
  if (ending === undefined || ending === 'running') return 'unfinished'
  return hasTest && ending === 'finished' ? 'unfinished' : ending
}

/** Of the test, else of validation, else of training; what is no loss first. */
function metricOf(
  measures: readonly Measure[] | undefined,
  last: train.EpochRecord | undefined,
): Summary['metric'] {
  if (measures && measures.length > 0) return measures[0]
  const named = Object.entries(last ?? {}).filter(([name]) => !/^(epoch|lr|seconds)$/.test(name))
  const validated = named.filter(([name]) => /^val[A-Z]/.test(name))
  const group = validated.length > 0 ? validated : named
  if (group.length === 0) return null
  const [name, value] = group.find(([n]) => !/loss/i.test(n)) ?? group[0]
  return { name, value }
}

/** Whether the folder is that of a run. */
export const isRun = async (folder: string): Promise<boolean> =>
  (await exists(pathIn(folder, 'config'))) || exists(pathIn(folder, 'history'))

/** The runs in a folder, the oldest first; those that cannot be read, with the reason. */
export async function listRuns(folder: string): Promise<{ runs: Summary[]; damaged: string[] }> {
  if (!await exists(folder)) return { runs: [], damaged: [] }
  const runs: Summary[] = []
  const damaged: string[] = []
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (!entry.isDirectory() || !(await isRun(path))) continue
    try {
      runs.push(summaryOf(await readRun(path)))
    } catch (error) {
      if (!(error instanceof DataError)) throw error
      damaged.push(error.message)
    }
  }
  const before = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
  return { runs: runs.sort((a, b) => before(a.created, b.created) || before(a.name, b.name)), damaged }
}

export function clock(seconds: number): string {
  const s = Math.round(seconds)
  const two = (n: number): string => String(n).padStart(2, '0')
  return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}`
    : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`
}

const kernelsKept = 20

export function profileRecord({ profile, steps }: train.Profiler): ProfileRecord {
  const { ms, kernelMs, kernels } = profile!
  const kept = kernels.slice(0, kernelsKept)
  return {
    steps, ms, kernelMs,
    kernels: kept.map(({ name, about, calls, ms: own, roofline }) => ({ name, about, calls, ms: own, roofline })),
  }
}
