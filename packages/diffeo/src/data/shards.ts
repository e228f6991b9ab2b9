/** @file Data sets that are iterated, in several workers: each its share, and the batches of all in one order. */
import { DataError } from '../util/errors.ts'
import { isEpochDataset, type EpochDataset, type IterableDataset } from './dataset.ts'
import type { WorkerPool } from './pool.ts'
import type { Done } from './worker.ts'

/**
 * Which worker this is, from 0, and of how many: what the function that makes a data set is given beside its options.
 */
export interface WorkerPlace { readonly worker: number; readonly workers: number }

/**
 * The examples of a data set that is iterated which are for one worker: every `workers`-th, from that number on. Where
 * reading is slow, choose files or parts of them by worker instead: this one reads all and passes over the others.
 * @example export default (options, place) => data.shard(linesOf(options.path), place) // in the workers' module
 */
export function shard<T>(source: IterableDataset<T>, { worker, workers }: WorkerPlace): EpochDataset<T> {
  if (!Number.isInteger(worker) || !Number.isInteger(workers) || worker < 0 || worker >= workers)
    throw new DataError(`shard: this is worker ${worker} of ${workers}: they count from 0`)
  async function* share(all: IterableDataset<T>): AsyncGenerator<T> {
    let i = 0
    for await (const example of all) if (i++ % workers === worker) yield example
  }
  return {
    [Symbol.asyncIterator]: () => share(source),
    epoch: (epoch, seed) => share(isEpochDataset(source) ? source.epoch(epoch, seed) as AsyncIterable<T> : source),
  }
}

export interface SharedPass {
  readonly workers: number
  readonly batchSize: number
  readonly dropLast: boolean
  readonly prefetch: number
  readonly epoch: number
  readonly seed: number
  /** Batches that were handed out before. */
  readonly start: number
}

/** The batches of one pass: one of each worker in turn, of those that have any left. */
export async function* sharedBatches(pool: WorkerPool, pass: SharedPass): AsyncGenerator<Done, void, undefined> {
  const { workers, batchSize, dropLast, prefetch, start } = pass
  const asked = Array.from({ length: workers }, (): Promise<Done>[] => [])
  const orders = new Float64Array(workers)
  const live = [...asked.keys()]
  const ask = (worker: number): void => {
    while (asked[worker].length <= prefetch) {
      // of batches before the start none need be made; where others end early, some that are made are before it too
      const passed = orders[worker]++ * workers + worker < start
      asked[worker].push(pool.take(worker, { take: batchSize, dropLast, pass: passed }))
    }
  }
  let [found, turn] = [0, 0]
  pool.begin(pass.epoch, pass.seed)
  while (live.length > 0) {
    live.forEach(ask)
    const done = await asked[live[turn]].shift()!
    if (done.size! > 0 && found++ >= start) yield done
    if (done.ended) live.splice(turn, 1)
    else turn++
    if (turn === live.length) turn = 0
  }
  if (found > 0) return
  const again = ': a generator can be gone through once; give an object whose [Symbol.asyncIterator] makes a new one'
  throw new DataError(`DataLoader: the data set is empty in each worker${pass.epoch > 0 ? again : ''}`)
}
