/** @file Running a recipe into a run folder, and testing it again. */
import { DataError, seed } from 'diffeo'
import type { Recipe, RecipeArguments } from '../recipes/recipe.ts'
import type { Measure, RunConfig } from '../measure.ts'
import { writeReport } from './report.ts'
import { version } from '../version.ts'
import { contextOf, keepConfig, Stopped, type Place, type RunOptions } from './context.ts'
import { exists, freeFolder, loadConfig, pathIn } from './folder.ts'
import { readRun, stepsOf } from './results.ts'
import { loadRun } from './trained.ts'

export interface RunResult {
  readonly folder: string
  /** What it reached; null where training was stopped. */
  readonly measures: readonly Measure[] | null
  /** Optimizer steps until it was stopped. */
  readonly steps?: number
  /** It was only to be seen that it runs. */
  readonly quick?: boolean
}

/**
 * Runs a recipe, and leaves a run folder: weights, checkpoint, config, history, test, and a report of them.
 * @throws MissingData where its data is not here
 * @example
 * const mnist = await recipes.recipeNamed('mnist')
 * const { measures } = await runRecipe(mnist, { ...mnist.defaults, epochs: 3 }, { print: console.log })
 */
export async function runRecipe(recipe: Recipe, args: RecipeArguments, options: RunOptions = {}): Promise<RunResult> {
  if (options.resume && options.quick)
    throw new DataError('a quick run is one of its own: it does not go on with another (resume)')
  const folder = await folderOf(recipe, options)
  const before = options.resume ? await loadConfig(folder) : null
  if (before && before.recipe !== sourceOf(recipe))
    throw new DataError(`'${folder}' is a run of '${before.recipe}', not of '${recipe.name}'`)
  const place: Place = { folder, evaluates: false, options, config: configOf(recipe, args, before) }
  let measures: readonly Measure[]
  try {
    seed(args.seed)
    measures = checked(recipe, await recipe.run(contextOf(place, args)))
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
    await writeReport(folder)
    return { folder, measures: null, steps: stepsOf(await readRun(folder)) }
  }
  await keepConfig(place, { measures, quick: options.quick })
  await writeReport(folder)
  return { folder, measures }
}

/** Runs a trained recipe's tests again, with the weights of its folder. */
export async function evaluateRun(folder: string, options: RunOptions = {}): Promise<RunResult> {
  const { config, recipe } = await loadRun(folder)
  const args = { ...recipe.defaults, ...config.arguments }
  const place: Place = { folder, evaluates: true, options: { ...options, quick: config.quick }, config }
  seed(args.seed)
  return { folder, measures: checked(recipe, await recipe.run(contextOf(place, args))), quick: config.quick }
}

/** @throws DataError where a recipe returned something else */
function checked({ name }: Recipe, measures: unknown): readonly Measure[] {
  const isMeasure = (m: Partial<Measure> | null): boolean =>
    typeof m?.name === 'string' && typeof m.value === 'number'
  if (Array.isArray(measures) && measures.every(isMeasure)) return measures as Measure[]
  const found = measures === undefined ? 'nothing' : JSON.stringify(measures) ?? String(measures)
  throw new DataError(
    `the recipe '${name}' returned ${found}: expected what it reached, [{ name: 'accuracy', value: 0.9, unit: 'share' }]`,
  )
}

async function folderOf(recipe: Recipe, { out, resume }: RunOptions): Promise<string> {
  if (!out) return freeFolder(recipe.name)
  if (!resume && (await exists(pathIn(out, 'config'))))
    throw new DataError(`'${out}' holds a run already: resume it, or choose another folder`)
  return out
}

/** What `recipeNamed` finds it by. */
const sourceOf = ({ name, file }: Recipe): string => file ?? name

const configOf = (recipe: Recipe, args: RecipeArguments, before: RunConfig | null): RunConfig => ({
  version: 1,
  recipe: sourceOf(recipe),
  arguments: { ...args },
  preprocessing: before?.preprocessing ?? [],
  classNames: before?.classNames ?? [],
  data: before?.data ?? '',
  created: before?.created ?? new Date().toISOString(),
  diffeo: version(),
})
