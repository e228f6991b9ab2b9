/** @file What a recipe is: a program on real data that reaches a number. The files in `examples/` are recipes. */
import { DataError, type History, type Tensor, type train } from 'diffeo'
import type { ImageClasses } from '../datasets/images.ts'
import type { Measure, RunConfig, TestResult } from '../measure.ts'

/** What every recipe can be told. */
export interface RecipeArguments {
  readonly epochs: number
  readonly lr: number
  readonly batchSize: number
  readonly seed: number
  /** All data of the set, where a part is the default. */
  readonly full: boolean
}

/** Numbers of a recipe's own beside those: `defaults: { epochs: 3, hidden: 32 }` makes `--hidden 64` an option. */
export type OwnArguments = Readonly<Record<string, number | boolean>>

/** What a recipe's program is given. */
export interface RecipeContext<Own = unknown> {
  readonly args: RecipeArguments & Own
  readonly print: (line: string) => void
  /** Whether it is only to be seen that it runs: a few steps of training. Cut what else takes long: no goal counts. */
  readonly quick: boolean
  readonly signal?: AbortSignal
  /** Prints what the data is, and keeps it with the run. */
  describe(about: DataDescription): Promise<void>
  /**
   * Trains as `fit` does, into the run's folder, with a progress bar and checkpoints, and saves the weights. Where a
   * trained run is evaluated, it reads those weights instead.
   */
  train<M extends train.Model, D extends train.Data<any>>(
    model: M,
    data: D,
    options: train.FitOptions<M, train.BatchOf<D>> & TrainName,
  ): Promise<History>
  /** Tests a classifier of images: prints accuracy, confusion and examples, and keeps them for the report. */
  testImages(model: ImageClassifier, classes: ImageClasses): Promise<TestResult>
}

export interface TrainName {
  /** Of this model, where a recipe trains several: its folder within the run's. */
  readonly name?: string
}

/** Logits of a batch of images. */
export type ImageClassifier = train.Model<[Tensor], Tensor>

export interface DataDescription {
  readonly data: string
  readonly classNames?: readonly string[]
  /** What inputs go through, in words and in order. */
  readonly preprocessing?: readonly string[]
  /** Tokenizers, scalers and the like by name: `run.fitted(name)` in `predict` gives back what each was fitted to. */
  readonly fitted?: Readonly<Record<string, Fitted>>
}

/** What was fitted to data, and can say to what. */
export interface Fitted {
  stateDict(): Readonly<Record<string, Tensor>>
}

export interface Recipe {
  /** What it is called on the command line, and its file in `examples/`. */
  readonly name: string
  /** Where it was read from, if it is none of those in `examples/`. */
  readonly file?: string
  /** One line for `diffeo list`. */
  readonly description: string
  /** What it reads: one line, for the table of recipes. */
  readonly source: string
  readonly defaults: RecipeArguments
  /** Those of the arguments that it heeds, its own among them. */
  readonly takes: readonly string[]
  /** How long a run takes on two cores, about. */
  readonly minutes: number
  /** How many seeds `npm run recipes` goes through: 3 where a run is short. */
  readonly seeds: number
  /** @returns what it reached, with goals and baselines */
  run(context: RecipeContext<any>): Promise<readonly Measure[]>
  /** What a trained run says of a file: prints it. */
  predict?(path: string, run: TrainedRun): Promise<void>
}

/** A run that is over. */
export interface TrainedRun {
  readonly folder: string
  readonly config: RunConfig
  readonly recipe: Recipe
  readonly print: (line: string) => void
  /**
   * Gives a model the weights of the run. @param name of the model, where the recipe trains several
   * @throws DataError if there are none, or they are damaged
   */
  trained<M extends train.Model>(model: M, name?: string): Promise<M>
  /**
   * The state of what the recipe fitted to its data: what a class's `fromStateDict` or `loadStateDict` takes.
   * @example const tokenizer = data.CharTokenizer.fromStateDict(await run.fitted('tokenizer'))
   * @throws DataError if the run has none of that name
   */
  fitted(name: string): Promise<Record<string, Tensor>>
}

/** What is asked of a recipe; the rest has defaults. */
type Given<Own> =
  & Pick<Recipe, 'name' | 'predict'>
  & Partial<Pick<Recipe, 'description' | 'source' | 'minutes' | 'seeds'>>
  & { defaults?: Partial<RecipeArguments> & Own; run(context: RecipeContext<Own>): Promise<readonly Measure[]> }

const common: RecipeArguments = { epochs: 1, lr: 1e-3, batchSize: 32, seed: 0, full: false }

/**
 * A recipe that takes a seed and those arguments of which it gives the defaults: the usual ones, and numbers of its
 * own.
 * @throws DataError where it has no name or no `run`, or a default is no number
 * @example
 * export default recipes.recipe({
 *   name: 'mine', defaults: { epochs: 3, hidden: 32 },
 *   async run({ args, train }) { … return [{ name: 'accuracy', value, unit: 'share', atLeast: 0.9 }] },
 * })
 */
export function recipe<Own extends OwnArguments>(given: Given<Own>): Recipe {
  const defaults: Readonly<Record<string, unknown>> = given.defaults ?? {}
  if (typeof given.name !== 'string' || typeof given.run !== 'function')
    throw new DataError('recipe: expected { name, run, … }: a text, and a function that returns what was reached')
  for (const [key, value] of Object.entries(defaults)) {
    const kind = key === 'full' ? 'boolean' : 'number'
    if (typeof value !== kind)
      throw new DataError(`recipe '${given.name}': the default of ${key} is no ${kind}: ${String(value)}`)
  }
  return {
    description: '', source: '', minutes: 1, seeds: 1, ...given,
    takes: [...new Set(['seed', ...Object.keys(defaults)])],
    defaults: { ...common, ...defaults },
  }
}

/** The names of a recipe's own arguments. */
export const ownArguments = ({ defaults }: Recipe): string[] =>
  Object.keys(defaults).filter(key => !Object.hasOwn(common, key))
