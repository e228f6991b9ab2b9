/** @file `diffeo train`. */
import { setDevice, setThreads, train as training } from 'diffeo'
import { loadConfig } from '../run/folder.ts'
import { trainRecipe, type RunResult } from '../run/train.ts'
import { recipeNamed, recipes, type Recipe, type RecipeArguments } from '../recipes/index.ts'
import { nearest, parse, UsageError, type Options } from './arguments.ts'
import { deviceLine } from './devices.ts'
import type { Output } from './output.ts'
import { confusionMatrix, percent, samples } from './report.ts'

export const deviceOptions = {
  device: {
    type: 'text',
    value: 'NAME',
    choices: ['cpu', 'native', 'wasm', 'interp'],
    help: 'where to compute (cpu: the best of native and wasm)',
  },
  threads: { type: 'count', value: 'N', help: 'threads to compute with' },
} as const satisfies Options

export const trainOptions = {
  epochs: { type: 'count', value: 'N', help: 'times to go through the data' },
  lr: { type: 'positive', value: 'RATE', help: 'learning rate' },
  'batch-size': { type: 'count', value: 'N', help: 'examples a step' },
  seed: { type: 'whole', value: 'N', help: 'of weights and shuffling: the same seed gives the same bits' },
  ...deviceOptions,
  full: { type: 'flag', help: 'all data of the set (mnist: 70,000 digits, found or fetched)' },
  out: { type: 'text', value: 'FOLDER', help: 'the run folder to write; runs/NAME if not given' },
  profile: { type: 'flag', help: 'times the kernels of some steps, for the report' },
  resume: { type: 'text', value: 'RUN', help: 'goes on with a run that was stopped, or for more epochs' },
} as const satisfies Options

export async function setUpDevice({ device, threads }: { device?: string; threads?: number }): Promise<void> {
  if (threads !== undefined) setThreads(threads)
  if (device !== undefined) await setDevice(device as Parameters<typeof setDevice>[0])
}

/** Which recipe, with what. */
interface Plan {
  readonly recipe: Recipe
  readonly args: RecipeArguments
  readonly out?: string
  readonly resume: boolean
}
type Given = ReturnType<typeof parse<typeof trainOptions>>

async function planOf({ words, options }: Given): Promise<Plan> {
  if (words.length > 1)
    throw new UsageError(`diffeo train takes one recipe, ${words.length} words were given: ${words.join(' ')}`)
  const given = {
    epochs: options.epochs,
    lr: options.lr,
    batchSize: options['batch-size'],
    seed: options.seed,
    full: options.full,
  }
  const told = Object.fromEntries(Object.entries(given).filter(([, v]) => v !== undefined))
  if (options.resume !== undefined) return resumed(options.resume, words[0], told, options.out)
  const [name] = words
  const list = recipes.map(r => r.name).join(', ')
  if (name === undefined)
    throw new UsageError(`diffeo train: which recipe? There are ${list}: diffeo train ${recipes[0].name}`)
  if (!recipes.some(r => r.name === name)) {
    const near = nearest(name, recipes.map(r => r.name))
    throw new UsageError(`there is no recipe '${name}'${near ? ` (did you mean ${near}?)` : ''}; there are ${list}`)
  }
  const recipe = recipeNamed(name)
  return { recipe, args: { ...recipe.defaults, ...told }, out: options.out, resume: false }
}

async function resumed(
  folder: string,
  name: string | undefined,
  told: Partial<RecipeArguments>,
  out: string | undefined,
): Promise<Plan> {
  if (out !== undefined)
    throw new UsageError('--resume goes on in the folder of the run: --out cannot be given with it')
  const fixed = Object.keys(told).filter(k => k !== 'epochs')
  if (fixed.length > 0)
    throw new UsageError(
      `--resume goes on as the run began: of its arguments only --epochs can be given, not ${fixed.join(', ')}`,
    )
  const config = await loadConfig(folder)
  if (name !== undefined && name !== config.recipe)
    throw new UsageError(`'${folder}' is a run of '${config.recipe}', not of '${name}'`)
  const recipe = recipeNamed(config.recipe)
  return { recipe, args: { ...recipe.defaults, ...config.arguments, ...told }, out: folder, resume: true }
}

/** @param signal what stops it, beside Ctrl-C */
export async function train(argv: readonly string[], output: Output, signal: AbortSignal): Promise<number> {
  const given = parse('train', argv, trainOptions)
  const { recipe, args, out, resume } = await planOf(given)
  output.print(`${recipe.name}: ${recipe.description}`)
  await setUpDevice(given.options)
  output.print(deviceLine())
  const bar = new training.ProgressBar({ write: output.write, live: output.live, columns: output.columns })
  const result = await trainRecipe(recipe, args, {
    out, resume, signal, print: output.print, callbacks: [bar], profile: given.options.profile,
  })
  return result.test ? report(result, output) : stopped(result, output)
}

function report({ folder, data, test }: RunResult, output: Output): number {
  const { accuracy, loss, confusion, predicted } = test!
  const names = data.classNames
  output.print(
    `\ntest: accuracy ${percent(accuracy)}, loss ${loss.toFixed(4)}, on ${data.test.raw.labels.length.toLocaleString('en-US')} examples\n`,
  )
  output.print(confusionMatrix(confusion, names))
  output.print('')
  output.print(samples(data.test.raw, predicted, names, Math.min(output.columns, 120)))
  output.print(
    `\nThe run is in ${folder}, its report in ${folder}/report.html. Try: npx diffeo predict ${folder} your-digit.png`,
  )
  return 0
}

function stopped({ folder, history }: RunResult, output: Output): number {
  output.print(
    `\nstopped after ${history.steps.toLocaleString('en-US')} steps; the checkpoint is written. To go on: npx diffeo train --resume ${folder}`,
  )
  return 130
}
