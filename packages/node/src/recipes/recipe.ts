/** @file What a recipe is: a program on real data that reaches a number. The files in `examples/` are recipes. */
import type { History, Tensor, train } from 'diffeo'
import type { ImageClasses } from '../datasets/images.ts'
import type { TrainedRun } from '../run/trained.ts'
import type { TestResult } from '../run/images.ts'

/** What every recipe can be told. */
export interface RecipeArguments {
  readonly epochs: number
  readonly lr: number
  readonly batchSize: number
  readonly seed: number
  /** All data of the set, where a part is the default. */
  readonly full: boolean
}

/** A number that a recipe reaches on data that it was not trained on. */
export interface Measure {
  /** What it is and of what: 'accuracy on 2,000 digits'. */
  readonly name: string
  readonly value: number
  /** 'share' is shown in percent; a plain number if not given, with the unit behind it. */
  readonly unit?: 'share' | (string & {})
  /** The goal, where greater is better. */
  readonly atLeast?: number
  /** The goal, where less is better. */
  readonly atMost?: number
  /** What something simpler reaches on the same data: { 'logistic regression': 0.84 }. */
  readonly baselines?: Readonly<Record<string, number>>
}

/** What a recipe's program is given. */
export interface RecipeContext {
  readonly args: RecipeArguments
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
}

export interface Recipe {
  /** What it is called on the command line, and its file in `examples/`. */
  readonly name: string
  /** One line for `diffeo list`. */
  readonly description: string
  /** What it reads: one line, for the table of recipes. */
  readonly source: string
  readonly defaults: RecipeArguments
  /** Those of the arguments that it heeds. */
  readonly takes: readonly (keyof RecipeArguments)[]
  /** How long a run takes on two cores, about. */
  readonly minutes: number
  /** How many seeds `npm run recipes` goes through: 3 where a run is short. */
  readonly seeds: number
  /** @returns what it reached, with goals and baselines */
  run(context: RecipeContext): Promise<readonly Measure[]>
  /** What a trained run says of a file: prints it. */
  predict?(path: string, run: TrainedRun): Promise<void>
}

/** A recipe that takes a seed and those arguments of which it gives the defaults; one seed, if not given. */
export function recipe(
  given: Omit<Recipe, 'defaults' | 'takes' | 'seeds'> & { defaults: Partial<RecipeArguments>; seeds?: number },
): Recipe {
  return {
    seeds: 1, ...given,
    takes: [...new Set(['seed', ...Object.keys(given.defaults)])] as (keyof RecipeArguments)[],
    defaults: { epochs: 1, lr: 1e-3, batchSize: 32, seed: 0, full: false, ...given.defaults },
  }
}

/** Whether a measure is what it must be. */
export const isReached = ({ value, atLeast = -Infinity, atMost = Infinity }: Measure): boolean =>
  value >= atLeast && value <= atMost
