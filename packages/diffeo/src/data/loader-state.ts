/** @file Where a loader is in its epoch. */
import { DataError } from '../util/errors.ts'
import { checkSeed } from './random.ts'

/** Where a loader is: enough to go on with the very next example, also in batches of another size. */
export interface LoaderState {
  readonly seed: number
  readonly epoch: number
  /** Examples of the epoch that were handed out, or left out since they could not be loaded. */
  readonly examples: number
  /** Of a data set that workers iterate: by how many, and the batches of this size that they gave in turn. */
  readonly shares?: Shares
}
interface Shares { readonly workers: number; readonly batchSize: number; readonly batches: number }

/** What states once were: batches were counted, of a size that was not kept. */
export interface EarlierState { readonly seed: number; readonly epoch: number; readonly position: number }

/** An example that was left out. */
export interface Skipped { readonly index: number; readonly error: Error }

/** Of the loader that a state is for. */
export interface LoaderKind {
  readonly batchSize: number
  /** How many workers iterate the data set; null: it is not they who do. */
  readonly workers: number | null
  /** Examples of an epoch; null: not known. */
  readonly total: number | null
}

/** The place that a state tells of: of batches and of examples. */
export interface Place {
  readonly seed: number
  readonly epoch: number
  readonly examples: number
  readonly batches: number
}

const op = 'DataLoader.loadState'
function checkCounts(counts: Readonly<Record<string, number>>): void {
  for (const [name, n] of Object.entries(counts))
    if (!Number.isInteger(n) || n < 0) throw new DataError(`${op}: ${name} is ${n}: expected a whole number from 0 up`)
}

/** @throws DataError where the state is none, or going on from it would lose examples or give some twice */
export function placeOf(state: LoaderState | EarlierState, kind: LoaderKind): Place {
  const { seed, epoch } = state
  checkSeed(op, seed)
  checkCounts({ epoch })
  if ('position' in state) {
    checkCounts({ position: state.position })
    const examples = state.position * kind.batchSize
    return { seed, epoch, examples: Math.min(examples, kind.total ?? Infinity), batches: state.position }
  }
  const { examples, shares } = state
  checkCounts({ examples })
  if (examples > 0) checkShares(shares, kind)
  if (kind.total !== null && examples > kind.total)
    throw new DataError(
      `${op}: ${examples} examples of the epoch were handed out, and this loader's has ${kind.total}: the data set is ` +
        'another, or the sampler',
    )
  return { seed, epoch, examples, batches: shares?.batches ?? 0 }
}

/** Workers' shares follow from their number and from the batch size: what was handed out is known for these alone. */
function checkShares(shares: Shares | undefined, { workers, batchSize }: LoaderKind): void {
  if (shares?.workers === (workers ?? undefined) && (!shares || shares.batchSize === batchSize)) return
  const text = (count: number | null, size: number): string =>
    count === null ? 'goes through the data set without workers'
      : `has ${count} ${count === 1 ? 'worker that iterates' : 'workers that iterate'} it, in batches of ${size}`
  throw new DataError(
    `${op}: the state is of the middle of an epoch, by a loader that ${text(shares?.workers ?? null, shares?.batchSize ?? 0)}; ` +
      `this one ${text(workers, batchSize)}: examples would be lost or seen twice. Keep both until the epoch has ended`,
  )
}
