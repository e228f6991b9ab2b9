/** @file What `fit` takes, and what is wrong with what it was given. */
import type { Tensor } from '../tensor/index.ts'
import { DataError, DiffeoError } from '../util/errors.ts'
import { checkOptions, whatIs, type Names } from '../util/options.ts'
import type { Data } from './batches.ts'
import { checkCallbacks, type Callback } from './callback.ts'
import { lossFunction, type Loss, type Model, type Optimizer, type Target } from './contract.ts'
import type { MetricLike } from './measures.ts'

/** What a step of one's own gives: the loss, or the loss and numbers to log beside it. */
export type StepResult = Tensor | ({ loss: Tensor } & Record<string, Tensor>)

interface Common<B> {
  optimizer: Optimizer
  /** How many times the data is gone through, those of the run that is resumed counted in. */
  epochs: number
  /** Of data that is no loader yet; 32. */
  batchSize?: number
  /** Averages the gradients of so many batches, then updates. */
  accumulate?: number
  /** Scales gradients so that their norm over all parameters is at most this. */
  clipNorm?: number
  /** Whether steps are compiled; true. */
  compile?: boolean
  /** Data that is evaluated after each epoch: 'valLoss', 'valAccuracy', … */
  validation?: Data<B>
  metrics?: readonly MetricLike[]
  callbacks?: readonly Callback[]
  /** Ends training cleanly, after the batch under way. */
  signal?: AbortSignal
  /** A folder that gets `checkpoint.safetensors` after each epoch and at an abort, and `history.json`. */
  run?: string
  /** The checkpoint is also written after so many steps, where an epoch is long. Needs `run`. */
  saveEvery?: number
  /** Goes on from a checkpoint: its path, or true for the one in `run`, if there is one. */
  resume?: boolean | string
  /** Seeds random numbers (dropout) and the shuffling of data that is no loader yet. */
  seed?: number
}

/** The loss of an output against the target; the batch is [...inputs, target]. */
interface WithLoss<M extends Model, B> {
  loss: Loss<Awaited<ReturnType<M['forward']>>, Target<B>>
  step?: undefined
}
/** A step of one's own: from the model and a batch to the loss. `fit` minimizes it. */
interface WithStep<M extends Model, B> {
  step: (model: M, batch: B) => StepResult
  loss?: undefined
}
export type FitOptions<M extends Model, B> = Common<B> & (WithLoss<M, B> | WithStep<M, B>)

const names: Names<FitOptions<Model, any>> = {
  loss: true,
  step: true,
  optimizer: true,
  epochs: true,
  batchSize: true,
  accumulate: true,
  clipNorm: true,
  compile: true,
  validation: true,
  metrics: true,
  callbacks: true,
  signal: true,
  run: true,
  saveEvery: true,
  resume: true,
  seed: true,
}
const isCount = (x: unknown): boolean => Number.isSafeInteger(x) && (x as number) > 0

/** @throws DiffeoError, naming the option, what it was and what it can be */
export function checkFit(model: unknown, options: FitOptions<any, any>): void {
  if (typeof (model as Model | undefined)?.forward !== 'function')
    throw new DiffeoError(`fit: the model is ${whatIs(model)}, and must have forward: an nn.Module`)
  checkOptions('fit', options, names)
  if ((options.loss === undefined) === (options.step === undefined)) {
    throw new DiffeoError(`fit takes exactly one of loss and step; ${options.loss ? 'both were' : 'none was'} given`)
  }
  const { epochs, batchSize, accumulate, clipNorm, optimizer } = options
  if (options.loss !== undefined) lossFunction('fit', options.loss)
  if (typeof (optimizer as Optimizer | undefined)?.minimize !== 'function') {
    const found = optimizer === undefined ? 'missing' : `${whatIs(optimizer)}, which has no minimize`
    throw new DiffeoError(`fit: optimizer is ${found}: optimizer: new optim.Adam(model.parameters(), { lr: 1e-3 })`)
  }
  if (!isCount(epochs)) throw new DataError(`fit: epochs is ${epochs}; it must be a whole number from 1`)
  if (batchSize !== undefined && !isCount(batchSize))
    throw new DataError(`fit: batchSize is ${batchSize}; it must be a whole number from 1`)
  if (accumulate !== undefined && !isCount(accumulate))
    throw new DataError(`fit: accumulate is ${accumulate}; it must be a whole number from 1`)
  if (clipNorm !== undefined && !(clipNorm > 0)) throw new DataError(`fit: clipNorm is ${clipNorm}; it must be above 0`)
  if (options.saveEvery !== undefined && !isCount(options.saveEvery))
    throw new DataError(`fit: saveEvery is ${options.saveEvery}; it must be a whole number of steps, from 1`)
  if (options.saveEvery !== undefined && !options.run)
    throw new DiffeoError("fit: saveEvery writes into the run's folder, and no run is given: run: 'runs/first'")
  if (options.resume === true && !options.run)
    throw new DiffeoError(
      'fit: resume: true takes the checkpoint in `run`, and no run is given; or give the path: resume: "run/checkpoint.safetensors"',
    )
  if (options.signal && typeof options.signal.aborted !== 'boolean')
    throw new DiffeoError(`fit: signal is ${whatIs(options.signal)}: pass controller.signal`)
  checkCallbacks(options.callbacks)
  if (options.step && options.metrics?.length) {
    throw new DiffeoError(
      'fit: metrics compare an output with a target, which only `loss` has; let the step log them: return { loss, accuracy }',
    )
  }
}
