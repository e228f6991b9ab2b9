/** @file What a recipe reaches, and what is kept of its run. */

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

/** Whether a measure is what it must be. */
export const isReached = ({ value, atLeast = -Infinity, atMost = Infinity }: Measure): boolean =>
  value >= atLeast && value <= atMost

/** What a run was: enough to make its model again and to feed it. */
export interface RunConfig {
  readonly version: 1
  /** The name of its recipe. */
  readonly recipe: string
  readonly arguments: Readonly<Record<string, string | number | boolean>>
  /** What inputs go through, in words and in order. */
  readonly preprocessing: readonly string[]
  readonly classNames: readonly string[]
  /** What the data was. */
  readonly data: string
  readonly created: string
  readonly diffeo: string
  /** What it reached, once it is trained. */
  readonly measures?: readonly Measure[]
  /** It was only to be seen that it runs. */
  readonly quick?: boolean
}

/** What a classifier did on examples that it was not trained on. */
export interface TestResult {
  readonly loss: number
  readonly accuracy: number
  /** How often each true class (row) was taken for each class (column). */
  readonly confusion: readonly (readonly number[])[]
  /** What was said of each example. */
  readonly predicted: Int32Array
  /** The probability that it was given. */
  readonly confidence: Float32Array
}
