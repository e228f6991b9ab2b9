/**
 * @file All that a training run needs to go on as if it had never stopped, in one file: one rename is one checkpoint.
 */
import { encode } from '../io/safetensors.ts'
import { fileSystem } from '../io/file-system.ts'
import { hostState, loadWithMetadata } from '../io/state.ts'
import { pack, unpack } from '../io/tree.ts'
import { EMA } from '../optim/index.ts'
import type { RandomState } from '../tensor/internal.ts'
import { DataError } from '../util/errors.ts'
import type { Accumulation } from './accumulate.ts'
import type { Model, Optimizer } from './contract.ts'
import type { Callback } from './callback.ts'
import { History, type HistoryData } from './history.ts'
import { loadMetricStates, Means, metricStates, type NamedMetric } from './measures.ts'

/** Where in an epoch training stands. */
export interface Position {
  /** The epoch that is under way or comes next, from 1. */
  epoch: number
  /** Its batches that were trained on. */
  batch: number
  seconds: number
  /** Of its examples, so far: of the loss and of what the step logged. */
  means: Means
}

export interface Running {
  readonly model: Model
  readonly optimizer: Optimizer
  readonly accumulation: Accumulation | null
  readonly average: EMA | null
  readonly callbacks: readonly Callback[]
  readonly metrics: readonly NamedMetric[]
  readonly history: History
  readonly position: Position
  /** The share of the data that is kept for validation; undefined where it comes from elsewhere. */
  readonly validationSplit: number | undefined
  /** Loader and random state after the last batch. */
  readonly loader: unknown
  readonly random: RandomState
}

interface Saved {
  model: Record<string, never>
  optimizer: unknown
  accumulation: any
  average: any
  random: RandomState
  loader: unknown
  callbacks: unknown[]
  /** Of the epoch so far; none between epochs, and where a checkpoint is older than they. */
  metrics?: Record<string, unknown>
  history: HistoryData
  position: Position
  /** Null where there was none, absent where a checkpoint is older than it. */
  validationSplit?: number | null
}

const format = 'diffeo-checkpoint-1'

/** Writes weights, optimizer, random and loader state, history, position and the metrics of the epoch under way. */
export async function saveCheckpoint(path: string, run: Running): Promise<void> {
  const files = fileSystem('a checkpoint')
  const { tensors, json } = pack({
    model: run.model.stateDict(),
    optimizer: run.optimizer.stateDict(),
    accumulation: run.accumulation?.stateDict() ?? null,
    average: run.average?.stateDict() ?? null,
    random: run.random,
    loader: run.loader,
    callbacks: run.callbacks.map(c => c.stateDict?.() ?? null),
    metrics: run.position.batch > 0 ? metricStates(run.metrics) : {},
    history: run.history,
    position: run.position,
    validationSplit: run.validationSplit ?? null,
  })
  await files.writeWhole(path, encode(await hostState(tensors), { metadata: { format, state: json } }))
}

export interface Restored {
  readonly history: History
  readonly position: Position
  readonly loader: unknown
  readonly random: RandomState
}

/**
 * Puts model, optimizer, callbacks and metrics back as they were, and says where loader and random state were.
 * @throws DataError if the file is no checkpoint, or one of another model
 */
export async function loadCheckpoint(
  path: string,
  { model, optimizer, accumulation, average, callbacks, metrics, validationSplit }: Pick<
    Running, 'model' | 'optimizer' | 'accumulation' | 'average' | 'callbacks' | 'metrics' | 'validationSplit'
  >,
): Promise<Restored> {
  const { tensors, metadata } = await loadWithMetadata(path)
  if (metadata.format !== format) {
    throw new DataError(
      `${path} is no checkpoint of training${metadata.format ? ` but '${metadata.format}'` : ''}: for weights alone, model.loadStateDict(await load(path))`,
    )
  }
  const saved = unpack({ tensors, json: metadata.state ?? '' }, path) as Saved
  const split = saved.validationSplit
  if (split !== undefined && split !== (validationSplit ?? null)) {
    throw new DataError(
      `${path}: validationSplit was ${split ?? 'not given'} and is ${validationSplit ?? 'not given'} now: examples that were trained on would be validated on`,
    )
  }
  model.loadStateDict(saved.model)
  optimizer.loadStateDict(saved.optimizer)
  if (saved.accumulation) accumulation?.loadStateDict(saved.accumulation)
  // a run that is averaged from now on begins with the weights that it goes on from
  average?.loadStateDict(saved.average ?? new EMA(average.parameters).stateDict())
  callbacks.forEach((c, i) => { if (saved.callbacks[i] != null) c.loadStateDict?.(saved.callbacks[i]) })
  loadMetricStates(metrics, saved.metrics ?? {})
  const position = { ...saved.position, means: Object.assign(new Means(), saved.position.means) }
  return { history: History.from(saved.history), position, loader: saved.loader, random: saved.random }
}
