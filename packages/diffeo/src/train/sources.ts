/** @file Which batches are trained on, and which are looked at after each epoch. */
import { Subset, type Dataset } from '../data/index.ts'
import { DataError } from '../util/errors.ts'
import { batchesOf, datasetOf, type Data } from './batches.ts'
import type { Batches } from './contract.ts'
import type { FitOptions } from './options.ts'

/** The first few batches of a pass. */
export class First<B> implements Batches<B> {
  protected readonly all: Batches<B>
  protected readonly count: number
  constructor(all: Batches<B>, count: number) {
    this.all = all
    this.count = count
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<B> {
    let seen = 0
    for await (const batch of this.all) {
      yield batch
      if (++seen === this.count) return
    }
  }
}

/** The first few batches of the first pass, in each pass. */
class Same<B> extends First<B> {
  #kept: B[] | null = null
  override async *[Symbol.asyncIterator](): AsyncGenerator<B> {
    if (!this.#kept) {
      const kept: B[] = []
      for await (const batch of new First(this.all, this.count)) kept.push(batch)
      this.#kept = kept
    }
    yield* this.#kept
  }
}

interface Sources { readonly batches: Batches<any>; readonly validation: Batches<any> | undefined }

export function sourcesOf(data: Data<any>, options: FitOptions<any, any>): Sources {
  const { batchSize, seed, validationSplit, overfitBatches, fastDevRun } = options
  const [own, held] = validationSplit === undefined ? [data, options.validation] : splitOff(data, validationSplit)
  const batches = batchesOf<any>(own, { batchSize, shuffle: overfitBatches === undefined, seed }, 'fit')
  const validation = held && batchesOf<any>(held, { batchSize, shuffle: false }, 'validation')
  if (overfitBatches !== undefined) {
    const same = new Same(batches, overfitBatches)
    return { batches: same, validation: validation && same }
  }
  if (!fastDevRun) return { batches, validation }
  const count = Number(fastDevRun)
  return { batches: new First(batches, count), validation: validation && new First(validation, count) }
}

/** The last part of a data set, kept from training. */
function splitOff(data: Data<any>, share: number): [Dataset<any>, Dataset<any>] {
  const dataset = datasetOf(data)
  if (!dataset)
    throw new DataError('fit: validationSplit takes a part of a data set or of [x, y]; of a loader give `validation`')
  const n = dataset.length
  const held = Math.floor(n * share)
  if (held < 1) throw new DataError(`fit: validationSplit: ${share} of ${n} examples is less than one`)
  const indices = Int32Array.from({ length: n }, (_, i) => i)
  return [new Subset(dataset, indices.subarray(0, n - held)), new Subset(dataset, indices.subarray(n - held))]
}
