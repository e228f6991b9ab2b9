/** @file What can be hung into training. */
import { DiffeoError } from '../util/errors.ts'
import { nearest, whatIs } from '../util/options.ts'
import type { Model, Optimizer } from './contract.ts'
import type { EpochRecord, History } from './history.ts'

/** Training as callbacks see it. */
export interface Training {
  readonly model: Model
  readonly optimizer: Optimizer
  readonly history: History
  /** The epoch that runs, from 1. */
  readonly epoch: number
  readonly epochs: number
  /** Batches of this epoch that were trained on. */
  readonly batch: number
  /** Batches an epoch, where known. */
  readonly batches: number | undefined
  /** Examples of this epoch that were trained on. */
  readonly examples: number
  /** Steps over all epochs. */
  readonly step: number
  /** The means of this epoch so far: `loss`, metrics, what the step logged. */
  means(): Promise<Record<string, number>>
  /** Whether more of a value in the records is better, by its metric; undefined where that is not known. */
  higherIsBetter(monitor: string): boolean | undefined
  /** Whether a signal ended it: validation may have been left out. */
  readonly aborted: boolean
  /** Ends training after this epoch, or this batch. */
  stop(reason: string): void
}

/**
 * Hooks of `fit`, awaited one after the other. Those with state say it, so that a resumed run goes on with it.
 * @example const shout: Callback = { onEpochEnd: (t, record) => console.log(t.epoch, record.loss) }
 */
export interface Callback {
  onTrainBegin?(training: Training): unknown
  onEpochBegin?(training: Training): unknown
  onBatchBegin?(training: Training): unknown
  onBatchEnd?(training: Training, loss: number): unknown
  onEpochEnd?(training: Training, record: EpochRecord): unknown
  /** Also after an abort or an error. */
  onTrainEnd?(training: Training): unknown
  /** Numbers, texts, tensors, and objects and arrays of them. */
  stateDict?(): unknown
  loadStateDict?(state: any): unknown
}

export type Hook = 'onTrainBegin' | 'onEpochBegin' | 'onBatchBegin' | 'onBatchEnd' | 'onEpochEnd' | 'onTrainEnd'

const hooks: readonly Hook[] = [
  'onTrainBegin',
  'onEpochBegin',
  'onBatchBegin',
  'onBatchEnd',
  'onEpochEnd',
  'onTrainEnd',
]

/** All names of an object, those of its class too. */
function namesOf(x: object): string[] {
  const prototype: unknown = Object.getPrototypeOf(x)
  const own = Object.getOwnPropertyNames(x)
  return typeof prototype === 'object' && prototype !== null && prototype !== Object.prototype
    ? [...own, ...namesOf(prototype)]
    : own
}

/** @throws DiffeoError where one is no object, or has a method that is almost called as a hook */
export function checkCallbacks(callbacks: readonly Callback[] = []): void {
  if (!Array.isArray(callbacks)) throw new DiffeoError(`fit: callbacks are ${whatIs(callbacks)}: expected an array`)
  for (const c of callbacks as unknown[]) {
    if (typeof c !== 'object' || c === null)
      throw new DiffeoError(`fit: a callback is ${whatIs(c)}: expected an object with ${hooks.join(', ')}`)
    const names = namesOf(c)
    for (const name of names) {
      if (hooks.includes(name as Hook)) continue
      const bare = hooks.find(h => h.slice(2).toLowerCase() === name.toLowerCase())
      const meant = bare ?? (/^on[A-Z_]/.test(name) ? nearest(name, hooks) : undefined)
      if (meant) throw new DiffeoError(`fit: no hook of callbacks is called '${name}': did you mean '${meant}'?`)
    }
    if (hooks.some(h => names.includes(h))) continue
    const fix = names.includes('step')
      ? 'a schedule is wrapped: new LearningRateScheduler(schedule)'
      : `expected an object with ${hooks.join(', ')}`
    throw new DiffeoError(`fit: a callback is ${whatIs(c)}, which has no hook: ${fix}`)
  }
}
