/** @file `diffeo train`. */
import { resolve } from 'node:path'
import { setDevice, setThreads, train as training } from 'diffeo'
import { loadConfig } from '../run/folder.ts'
import { runRecipe, type RunResult } from '../run/run.ts'
import {
  isRecipe,
  ownArguments,
  recipeNamed,
  recipeNames,
  type Recipe,
  type RecipeArguments,
} from '../recipes/index.ts'
import { nearest, parse, UsageError, type Options } from './arguments.ts'
import { deviceLine } from './devices.ts'
import type { Output } from './output.ts'
import { measureLines } from '../report/text.ts'

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
  quick: { type: 'flag', help: 'a few steps only, to see that it runs: it reaches no goal' },
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
type Given = ReturnType<typeof parse<typeof trainOptions>> & { readonly own: Readonly<Record<string, number>> }

/** The options of all recipes, and those that are the recipe's own. */
async function optionsOf(argv: readonly string[]): Promise<Given> {
  const name = argv.find(isRecipe)
  const keys = name === undefined ? [] : ownArguments(await recipeNamed(name))
  const table: Options = Object.fromEntries(
    keys.map(key => [flagOf(key), { type: 'number', value: 'N', help: `of ${name}` }]))
  const found = parse('train', argv, { ...table, ...trainOptions })
  const values = found.options as Readonly<Record<string, number>>
  const own = Object.fromEntries(keys.filter(key => flagOf(key) in values).map(key => [key, values[flagOf(key)]]))
  return { ...found, own }
}

async function planOf({ words, options, own }: Given): Promise<Plan> {
  if (words.length > 1)
    throw new UsageError(`diffeo train takes one recipe, ${words.length} words were given: ${words.join(' ')}`)
  const given = {
    epochs: options.epochs,
    lr: options.lr,
    batchSize: options['batch-size'],
    seed: options.seed,
    full: options.full,
  }
  const told = { ...Object.fromEntries(Object.entries(given).filter(([, v]) => v !== undefined)), ...own }
  if (options.resume !== undefined) return resumed(options.resume, words[0], told, options.out, options.quick)
  const [name] = words
  const list = recipeNames.join(', ')
  if (name === undefined)
    throw new UsageError(`diffeo train: which recipe? There are ${list}: diffeo train mnist`)
  if (!isRecipe(name)) {
    const near = nearest(name, recipeNames)
    throw new UsageError(
      `there is no recipe '${name}'${near ? ` (did you mean ${near}?)` : ''}; there are ${list}, or a file of your own: ./mine.js`,
    )
  }
  const recipe = await recipeNamed(name)
  const idle = Object.keys(told).filter(k => !recipe.takes.includes(k))
  if (idle.length > 0) {
    const [given, taken] = [idle, recipe.takes].map(keys => keys.map(k => `--${flagOf(k)}`).join(', '))
    throw new UsageError(`the recipe '${name}' does not heed ${given}; it takes ${taken}`)
  }
  return { recipe, args: { ...recipe.defaults, ...told }, out: options.out, resume: false }
}

const flagOf = (argument: string): string => argument.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)

async function resumed(
  folder: string,
  name: string | undefined,
  told: Partial<RecipeArguments>,
  out: string | undefined,
  quick: boolean | undefined,
): Promise<Plan> {
  if (out !== undefined)
    throw new UsageError('--resume goes on in the folder of the run: --out cannot be given with it')
  if (quick) throw new UsageError('--resume goes on with a run, --quick begins one of its own: give one of them')
  const fixed = Object.keys(told).filter(k => k !== 'epochs')
  if (fixed.length > 0)
    throw new UsageError(
      `--resume goes on as the run began: of its arguments only --epochs can be given, not ${fixed.join(', ')}`,
    )
  const config = await loadConfig(folder)
  if (name !== undefined && name !== config.recipe && resolve(name) !== config.recipe)
    throw new UsageError(`'${folder}' is a run of '${config.recipe}', not of '${name}'`)
  const recipe = await recipeNamed(config.recipe)
  return { recipe, args: { ...recipe.defaults, ...config.arguments, ...told }, out: folder, resume: true }
}

/** @param signal what stops it, beside Ctrl-C */
export async function train(argv: readonly string[], output: Output, signal: AbortSignal): Promise<number> {
  const given = await optionsOf(argv)
  const { recipe, args, out, resume } = await planOf(given)
  output.print(recipe.description ? `${recipe.name}: ${recipe.description}` : recipe.name)
  await setUpDevice(given.options)
  output.print(deviceLine())
  const bar = new training.ProgressBar({ write: output.write, live: output.live, columns: output.columns })
  const result = await runRecipe(recipe, args, {
    out, resume, signal, print: output.print, columns: output.columns, callbacks: [bar],
    profile: given.options.profile, quick: given.options.quick,
  })
  return result.measures ? report(result, recipe, given.options.quick === true, output) : stopped(result, output)
}

function report({ folder, measures }: RunResult, { predict }: Recipe, quick: boolean, output: Output): number {
  output.print('')
  measureLines(measures!, quick).forEach(line => output.print(line))
  output.print(`\nThe run is in ${folder}, its report in ${folder}/report.html.`)
  if (predict) output.print(`Try: npx diffeo predict ${folder} your-file`)
  return 0
}

function stopped({ folder, steps = 0 }: RunResult, output: Output): number {
  output.print(
    `\nstopped after ${steps.toLocaleString('en-US')} steps; the checkpoint is written. To go on: npx diffeo train --resume ${folder}`,
  )
  return 130
}
