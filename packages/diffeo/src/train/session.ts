/** @file One call of `fit`: what it works with, and where it stands. */
import { fileSystem } from '../io/file-system.ts'
import { EMA } from '../optim/index.ts'
import type { Parameter } from '../tensor/index.ts'
import { DiffeoError } from '../util/errors.ts'
import { randomState, setRandomState, type RandomState } from '../tensor/internal.ts'
import { accumulationOf, type Accumulation } from './accumulate.ts'
import type { Callback, Hook, Training } from './callback.ts'
import { saveCheckpoint, type Position } from './checkpoint.ts'
import type { Batches, Model, Optimizer } from './contract.ts'
import { History, type Ending } from './history.ts'
import { computeMetrics, higherIsBetter, Means, namedMetrics, type NamedMetric } from './measures.ts'
import type { FitOptions } from './options.ts'
import { Pace } from './pace.ts'
import { lookStep, trainStep, type Outcome, type TrainStep } from './step.ts'

export const startOf = (epoch: number): Position => ({ epoch, batch: 0, seconds: 0, means: new Means() })

function lengthOf(data: Batches<unknown>): number | undefined {
  try {
    return data.length
  } catch {
    // a loader of examples that come one after the other
    return undefined
  }
}

function averageOf(optimizer: Optimizer & { parameters?: readonly Parameter[] }, decay: number): EMA {
  if (!optimizer.parameters)
    throw new DiffeoError(
      'fit: ema averages optimizer.parameters, and this optimizer has none: optim.Adam and others do',
    )
  return new EMA(optimizer.parameters, { decay })
}

export class Session implements Training {
  readonly model: Model
  readonly data: Batches<any>
  readonly validation: Batches<any> | undefined
  readonly options: FitOptions<any, any>
  /** Batches an epoch; undefined for data that does not say. */
  readonly batches: number | undefined
  readonly metrics: readonly NamedMetric[]
  readonly pace = new Pace()
  readonly accumulation: Accumulation | null
  /** Of the weights, where that is wanted. */
  readonly average: EMA | null
  readonly #began = performance.now()
  readonly trained: TrainStep
  readonly lookAt: (batch: any) => Outcome
  history = new History()
  position = startOf(1)
  /** Loader and random state after the last batch that was trained on: what comes next begins there. */
  loader: unknown = null
  random = randomState()
  /** After a resume: batches to pass over, if the loader cannot, and the random state to go on with then. */
  resumed: { skip: number; random: RandomState } | null = null
  ending: { ending: Ending; reason: string } | null = null

  constructor(model: Model, data: Batches<any>, validation: Batches<any> | undefined, options: FitOptions<any, any>) {
    this.model = model
    this.data = data
    this.batches = lengthOf(data)
    this.validation = validation
    this.options = options
    this.metrics = namedMetrics(options.metrics)
    this.accumulation = accumulationOf(options.optimizer, options.accumulate)
    this.average = options.ema === undefined ? null : averageOf(options.optimizer, options.ema)
    this.trained = trainStep(model, options, this.accumulation, this.average)
    this.lookAt = lookStep(model, options)
  }

  get optimizer(): Optimizer { return this.options.optimizer }
  get callbacks(): readonly Callback[] { return this.options.callbacks ?? [] }
  get validationSplit(): number | undefined { return this.options.validationSplit }
  get epoch(): number { return this.position.epoch }
  get epochs(): number { return this.options.epochs }
  get batch(): number { return this.position.batch }
  get examples(): number { return this.position.means.examples }
  get step(): number { return this.history.steps }
  /** Whether `saveEvery` steps are over. */
  get isSaveDue(): boolean { return this.step % (this.options.saveEvery ?? Infinity) === 0 }
  get aborted(): boolean { return this.ending?.ending === 'aborted' }

  async means(): Promise<Record<string, number>> {
    if (this.examples === 0) return {}
    return { ...this.position.means.compute(), ...await computeMetrics(this.metrics) }
  }
  higherIsBetter(monitor: string): boolean | undefined { return higherIsBetter(monitor, this.metrics) }
  stop(reason: string): void { this.ending ??= { ending: 'stopped', reason } }
  /** Takes note of the signal; whether training ends. */
  isOver(): boolean {
    const { signal, maxTime = Infinity } = this.options
    if (performance.now() - this.#began > maxTime * 1000)
      this.ending ??= { ending: 'aborted', reason: `maxTime: ${maxTime} seconds are over` }
    if (signal?.aborted && !this.ending) {
      const reason: unknown = signal.reason
      this.ending = { ending: 'aborted', reason: reason instanceof Error ? reason.message : String(reason) }
    }
    return this.ending !== null
  }

  async call(hook: Hook, value?: unknown): Promise<void> {
    for (const c of this.callbacks)
      await (c[hook] as ((t: Training, v?: unknown) => unknown) | undefined)?.call(c, this, value)
  }

  /** Takes note of where loader and random numbers are. */
  mark(): void {
    this.loader = this.data.state?.() ?? null
    this.random = randomState()
  }
  /** Goes on with the random numbers of the run that was interrupted. */
  restoreRandom(): void {
    if (this.resumed) setRandomState(this.resumed.random)
    this.resumed = null
  }

  /** Writes the checkpoint and the history of the run, if it has a folder. */
  async save(): Promise<void> {
    const { run: folder } = this.options
    if (!folder) return
    await saveCheckpoint(`${folder}/checkpoint.safetensors`, this)
    await this.saveHistory()
  }
  /** The checkpoint holds it, too: this one is for people, and other programs. */
  async saveHistory(): Promise<void> {
    const { run: folder } = this.options
    if (!folder) return
    const text = new TextEncoder().encode(`${JSON.stringify(this.history, null, 2)}\n`)
    await fileSystem('run').writeWhole(`${folder}/history.json`, [text])
  }
}
