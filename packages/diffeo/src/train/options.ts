/** @file What `fit` takes, and what is wrong with what it was given. */
import type { Tensor } from '../tensor/index.ts'
import { DataError, DiffeoError } from '../util/errors.ts'
import { checkOptions, whatIs, type Names } from '../util/options.ts'
import type { Data } from './batches.ts'
import { checkCallbacks, type Callback } from './callback.ts'
import { lossFunction, type Loss, type Model, type Optimizer, type Target } from './contract.ts'
import type { MetricLike } from './measures.ts'
import { checkPrecision, type Precision } from './modes.ts'

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
  /** Cuts each number of the gradients off at ± this; before `clipNorm`. */
  clipValue?: number
  /**
   * Averages the weights after each update, a ← ema·a + (1 − ema)·w: validation and callbacks at the end of an epoch
   * see the averages, and the model has them in the end.
   */
  ema?: number
  /**
   * Looks at every value of a step before it is taken: the op that makes the first NaN or infinity, forward or
   * backward, is a DivergenceError that names it, its layer and line. Several times as slow.
   */
  detectAnomaly?: boolean
  /** What the operands of products are rounded to, in training and validation (`autocast`); float32. */
  precision?: Precision
  /** Whether steps are compiled; true. */
  compile?: boolean
  /** Data that is evaluated after each epoch: 'valLoss', 'valAccuracy', … */
  validation?: Data<B>
  /** Keeps the last part of a data set for validation, as 0.2 of it, in place of `validation`. */
  validationSplit?: number
  /** Evaluates so many batches of validation before training begins: what is wrong with it shows at once. */
  sanityBatches?: number
  metrics?: readonly MetricLike[]
  callbacks?: readonly Callback[]
  /** Ends training cleanly, after the batch under way. */
  signal?: AbortSignal
  /** Ends it as a signal does, after so many seconds; a run that is resumed has as many again. */
  maxTime?: number
  /** Tries the program: one epoch of so many batches (true: one) of training and validation, and no run is written. */
  fastDevRun?: boolean | number
  /** Trains on the same few batches again and again: a model that cannot learn those by heart has a mistake in it. */
  overfitBatches?: number
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
  clipValue: true,
  ema: true,
  validationSplit: true,
  sanityBatches: true,
  maxTime: true,
  detectAnomaly: true,
  precision: true,
  fastDevRun: true,
  overfitBatches: true,
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
/** What other libraries have as options. */
const callbackFor: readonly (readonly [option: string, callback: string])[] = [
  ...['scheduler', 'schedule', 'lrScheduler'].map(name => [name, 'new LearningRateScheduler(schedule)'] as const),
  ['verbose', 'new ProgressBar()'],
]
const isCount = (x: unknown): boolean => Number.isSafeInteger(x) && (x as number) > 0

/** @throws DataError where a number is not what its option takes */
function checkNumbers(options: FitOptions<any, any>): void {
  const counts = ['epochs', 'batchSize', 'accumulate', 'saveEvery', 'sanityBatches', 'overfitBatches'] as const
  for (const name of counts) {
    const n = options[name]
    if ((n !== undefined || name === 'epochs') && !isCount(n))
      throw new DataError(`fit: ${name} is ${n}; it must be a whole number from 1`)
  }
  for (const name of ['clipNorm', 'clipValue', 'maxTime'] as const) {
    const n = options[name]
    if (n !== undefined && !(n > 0)) throw new DataError(`fit: ${name} is ${n}; it must be above 0`)
  }
  const { validationSplit, fastDevRun, overfitBatches } = options
  if (validationSplit !== undefined && !(validationSplit > 0 && validationSplit < 1))
    throw new DataError(`fit: validationSplit is ${validationSplit}; it must be between 0 and 1`)
  if (validationSplit !== undefined && options.validation)
    throw new DiffeoError('fit: validation and validationSplit are both given: choose one')
  if (fastDevRun !== undefined && typeof fastDevRun !== 'boolean' && !isCount(fastDevRun))
    throw new DataError(`fit: fastDevRun is ${whatIs(fastDevRun)}; it must be true, or a number of batches`)
  if (fastDevRun && overfitBatches !== undefined)
    throw new DiffeoError('fit: fastDevRun and overfitBatches are both given: choose one')
}

/** What `fastDevRun` makes of options. */
export const quickly = <O extends FitOptions<any, any>>(options: O): O =>
  ({ ...options, epochs: 1, run: undefined, resume: undefined, saveEvery: undefined })

/** @throws DiffeoError, naming the option, what it was and what it can be */
export function checkFit(model: unknown, options: FitOptions<any, any>): void {
  if (typeof (model as Model | undefined)?.forward !== 'function')
    throw new DiffeoError(`fit: the model is ${whatIs(model)}, and must have forward: an nn.Module`)
  for (const [name, callback] of callbackFor)
    if (options && name in options)
      throw new DiffeoError(`fit: there is no option '${name}': it is a callback: callbacks: [${callback}]`)
  checkOptions('fit', options, names)
  if ((options.loss === undefined) === (options.step === undefined)) {
    throw new DiffeoError(`fit takes exactly one of loss and step; ${options.loss ? 'both were' : 'none was'} given`)
  }
  const { optimizer } = options
  if (options.loss !== undefined) lossFunction('fit', options.loss)
  if (typeof (optimizer as Optimizer | undefined)?.minimize !== 'function') {
    const found = optimizer === undefined ? 'missing' : `${whatIs(optimizer)}, which has no minimize`
    throw new DiffeoError(`fit: optimizer is ${found}: optimizer: new optim.Adam(model.parameters(), { lr: 1e-3 })`)
  }
  checkNumbers(options)
  checkPrecision('fit', options.precision)
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
