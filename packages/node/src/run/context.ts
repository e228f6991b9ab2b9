/** @file What a recipe's program is given: training into the run's folder, and keeping what is said of it. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fit, History, save, train } from 'diffeo'
import { readText } from '../datasets/find.ts'
import type { DataDescription, RecipeContext } from '../recipes/recipe.ts'
import type { RunConfig } from '../measure.ts'
import { exists, files, pathIn, saveConfig } from './folder.ts'
import { testImages, testRecord, testText } from './images.ts'
import { profileRecord, saveJson } from './results.ts'
import { keepFitted, loadWeights, modelFolder } from './trained.ts'

/** Training was stopped by the signal: the checkpoint is written. */
export class Stopped extends Error {
  constructor() { super('training was stopped') }
}

let trainings = 0
/** Whether a model is being trained: then an abort stops it cleanly. */
export const isTraining = (): boolean => trainings > 0

export interface RunOptions {
  /** The run's folder; one below `runs` with the recipe's name, if not given. */
  readonly out?: string
  /** Goes on with the run in `out`. */
  readonly resume?: boolean
  readonly signal?: AbortSignal
  /** Gets lines for people to read. */
  readonly print?: (line: string) => void
  /** How wide they may be: 100 characters, if not given. */
  readonly columns?: number
  readonly callbacks?: readonly train.Callback[]
  /** Whether the kernels of some steps are timed, for the report. */
  readonly profile?: boolean
  /** A few steps of training, to see that it runs: it reaches no goal. */
  readonly quick?: boolean
}

export interface Place {
  readonly folder: string
  /** Whether its models are trained already. */
  readonly evaluates: boolean
  readonly options: RunOptions
  config: RunConfig
}

/** Writes what is new of the run. Before there is data there is nothing to keep, and no folder. */
export async function keepConfig(place: Place, news: Partial<RunConfig>): Promise<void> {
  place.config = { ...place.config, ...news }
  await mkdir(place.folder, { recursive: true })
  await saveConfig(place.folder, place.config)
}

export function contextOf(place: Place, args: RecipeContext['args']): RecipeContext {
  const { folder, evaluates, options } = place
  const { print = () => {}, quick = false, signal, columns = 100 } = options
  return {
    args, print, quick, signal,
    describe: async ({ data, classNames = [], preprocessing = [], fitted }: DataDescription) => {
      print(data)
      if (evaluates) return
      await keepConfig(place, { data, classNames, preprocessing })
      if (fitted) await keepFitted(folder, fitted)
    },
    train: async (model, data, { name, ...rest }) => {
      const own = modelFolder(folder, name)
      if (evaluates) return trainedBefore(model, own)
      await keepConfig(place, {})
      return trainInto(own, model, data, rest, options)
    },
    testImages: async (model, classes) => {
      const result = await testImages(model, classes.test, classes.classNames.length)
      print(testText(result, classes, columns))
      if (!evaluates) await saveJson(folder, 'test', testRecord(result, classes))
      return result
    },
  }
}

async function trainedBefore(model: train.Model, folder: string): Promise<History> {
  await loadWeights(model, folder)
  const path = pathIn(folder, 'history')
  return (await exists(path)) ? History.from(JSON.parse(await readText(path))) : new History()
}

async function trainInto(
  folder: string,
  model: train.Model,
  data: train.Data<any>,
  given: train.FitOptions<any, any>,
  { print = () => {}, quick, signal, resume, callbacks = [], profile }: RunOptions,
): Promise<History> {
  await mkdir(folder, { recursive: true })
  print(
    `${parameterCount(model).toLocaleString('en-US')} parameters, ${quick ? 'a few steps' : `${given.epochs} ${given.epochs === 1 ? 'epoch' : 'epochs'}`}; into ${folder}`,
  )
  const profiler = profile ? new train.Profiler() : null
  trainings++
  const history = await fit(model, data, {
    ...given,
    callbacks: [...(given.callbacks ?? []), ...callbacks, ...(profiler ? [profiler] : [])],
    signal,
    ...(quick ? { fastDevRun: 3 } : { run: folder, resume }),
  } as train.FitOptions<any, any>).finally(() => trainings--)
  await save(join(folder, files.model), model.stateDict())
  if (profiler?.profile) await saveJson(folder, 'profile', profileRecord(profiler))
  if (history.ending === 'aborted') throw new Stopped()
  return history
}

const parameterCount = (model: train.Model): number =>
  'parameters' in model ? (model.parameters as () => { size: number }[])().reduce((n, p) => n + p.size, 0) : 0
