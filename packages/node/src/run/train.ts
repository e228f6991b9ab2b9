/** @file Training a recipe into a run folder. */
import { mkdir } from 'node:fs/promises'
import { DataError, data, fit, nn, save, seed, train, type History } from 'diffeo'
import { grayPng } from '../report/png.ts'
import { writeReport } from '../report/report.ts'
import type { ImageClasses } from '../datasets/images.ts'
import type { Recipe, RecipeArguments } from '../recipes/index.ts'
import { version } from '../version.ts'
import { exists, freeFolder, loadConfig, pathIn, saveConfig, type RunConfig } from './folder.ts'
import { test, type Classifier, type TestResult } from './model.ts'
import { saveJson, type ProfileRecord, type TestRecord } from './results.ts'

export interface RunOptions {
  /** The run's folder; one below `runs` with the recipe's name, if not given. */
  readonly out?: string
  /** Goes on with the run in `out`. */
  readonly resume?: boolean
  readonly signal?: AbortSignal
  /** Gets lines for people to read. */
  readonly print?: (line: string) => void
  readonly callbacks?: readonly train.Callback[]
  /** Whether the kernels of some steps are timed, for the report. */
  readonly profile?: boolean
}

export interface RunResult {
  readonly folder: string
  readonly history: History
  readonly model: Classifier
  readonly data: ImageClasses
  /** Null where training was stopped. */
  readonly test: TestResult | null
}

/**
 * Trains a recipe, tests it, and leaves a run folder: weights, checkpoint, config, history, test, and a report of them.
 * @example const { test } = await trainRecipe(mnistRecipe, { ...mnistRecipe.defaults, epochs: 3 })
 */
export async function trainRecipe(recipe: Recipe, args: RecipeArguments, options: RunOptions = {}): Promise<RunResult> {
  const { print = () => {}, resume = false } = options
  const folder = await folderOf(recipe, options)
  const classes = await recipe.loadData({ full: args.full })
  print(classes.description)
  seed(args.seed)
  const model = recipe.createModel()
  const optimizer = recipe.createOptimizer(model, args)
  const config = await configOf(folder, recipe, args, classes, resume)
  await mkdir(folder, { recursive: true })
  await saveConfig(folder, config)
  print(
    `${parameterCount(model).toLocaleString('en-US')} parameters, ${args.epochs} ${args.epochs === 1 ? 'epoch' : 'epochs'} in batches of ${args.batchSize}, seed ${args.seed}; into ${folder}`,
  )
  const loader = new data.DataLoader(classes.train.dataset, {
    batchSize: args.batchSize,
    shuffle: true,
    seed: args.seed,
  })
  const { schedule } = recipe
  const rate = schedule
    ? [new train.LearningRateScheduler(schedule(args.epochs * loader.length), { every: 'step' })]
    : []
  const profiler = options.profile ? new train.Profiler() : null
  const history = await fit(model, loader, {
    loss: nn.crossEntropy,
    optimizer,
    epochs: args.epochs,
    metrics: ['accuracy'],
    callbacks: [...rate, ...(options.callbacks ?? []), ...(profiler ? [profiler] : [])],
    signal: options.signal,
    run: folder,
    resume,
  })
  await save(pathIn(folder, 'model'), model.stateDict())
  if (profiler?.profile) await saveJson(folder, 'profile', profileRecord(profiler))
  if (history.ending === 'aborted') {
    await writeReport(folder)
    return { folder, history, model, data: classes, test: null }
  }
  const result = await test(model, classes.test, classes.classNames.length)
  await saveJson(folder, 'test', testRecord(result, classes))
  await saveConfig(folder, { ...config, test: { loss: result.loss, accuracy: result.accuracy } })
  await writeReport(folder)
  return { folder, history, model, data: classes, test: result }
}

async function folderOf(recipe: Recipe, { out, resume }: RunOptions): Promise<string> {
  if (!out) return freeFolder(recipe.name)
  if (!resume && (await exists(pathIn(out, 'config'))))
    throw new DataError(`'${out}' holds a run already: resume it, or choose another folder`)
  return out
}

async function configOf(
  folder: string,
  recipe: Recipe,
  args: RecipeArguments,
  classes: ImageClasses,
  resume: boolean,
): Promise<RunConfig> {
  const before = resume ? await loadConfig(folder) : null
  if (before && before.recipe !== recipe.name)
    throw new DataError(`'${folder}' is a run of '${before.recipe}', not of '${recipe.name}'`)
  return {
    version: 1,
    recipe: recipe.name,
    arguments: { ...args },
    preprocessing: recipe.preprocessing,
    classNames: classes.classNames,
    data: classes.description,
    created: before?.created ?? new Date().toISOString(),
    diffeo: version(),
  }
}

const mistakesKept = 24

/** The test as the report shows it: the mistakes that the model was most sure of, as pictures. */
function testRecord(
  { loss, accuracy, confusion, predicted, confidence }: TestResult,
  classes: ImageClasses,
): TestRecord {
  const { labels, pixels, width, height } = classes.test.raw
  const size = width * height
  const wrong = Array.from(labels, (_, i) => i).filter(i => predicted[i] !== labels[i])
  const worst = wrong.sort((a, b) => confidence[b] - confidence[a]).slice(0, mistakesKept)
  const mistakes = worst.map(index => ({
    index,
    is: classes.classNames[labels[index]],
    said: classes.classNames[predicted[index]],
    probability: confidence[index],
    png: grayPng(pixels.subarray(index * size, (index + 1) * size), width, height).toString('base64'),
  }))
  return { loss, accuracy, examples: labels.length, confusion, mistakes }
}

const kernelsKept = 20

function profileRecord({ profile, steps }: train.Profiler): ProfileRecord {
  const { ms, kernelMs, kernels } = profile!
  const kept = kernels.slice(0, kernelsKept)
  return {
    steps, ms, kernelMs,
    kernels: kept.map(({ name, about, calls, ms: own, roofline }) => ({ name, about, calls, ms: own, roofline })),
  }
}

const parameterCount = (model: Classifier): number => model.parameters().reduce((n, p) => n + p.size, 0)
