/**
 * @file What a worker of a loader runs. It is given to the worker as text, with `pack.ts`: it uses nothing else, so
 * that a worker loads the user's module alone, wherever this library's files lie.
 */
import { packSource, type Labels, type Packed, type packExamples, type packValue } from './pack.ts'

/** To a worker. */
export type Order =
  | {
    readonly start: string
    readonly options: unknown
    readonly labels: Labels
    readonly raw: boolean
    readonly skip: boolean
    readonly worker: number
    readonly workers: number
  }
  | { readonly batch: number; readonly indices: readonly number[]; readonly draws: readonly number[] }
  /** A pass over a data set that is iterated begins. */
  | { readonly epoch: number; readonly seed: number }
  | Take

/** The next so many examples of the pass as a batch. */
export interface Take {
  readonly batch: number
  readonly take: number
  /** Whether fewer examples make no batch. */
  readonly dropLast: boolean
  /** Whether they are only gone past. */
  readonly pass: boolean
}

/** An example that could not be made. */
export interface Failure { readonly index: number; readonly message: string }

/** From a worker. */
export type Answer =
  /** How many examples there are; null where they are iterated. */
  | { readonly ready: number | null }
  | { readonly failed: string }
  | Done
  | { readonly batch: number; readonly error: string }

export interface Done {
  readonly batch: number
  readonly packed: Packed | null
  readonly failures: readonly Failure[]
  /** Of a pass: how many examples the batch has, and whether they are the last. */
  readonly size?: number
  readonly ended?: boolean
}

interface Scope {
  load(module: string): Promise<any>
  post(answer: Answer, transfer: ArrayBuffer[]): void
  listen(take: (order: Order) => void): void
  packExamples: typeof packExamples
  packValue: typeof packValue
}

/** In words, whatever was thrown. */
function say(error: any): string { return error instanceof Error ? error.message : String(error) }

async function loadExamples(dataset: any, order: any): Promise<{ examples: unknown[]; failures: Failure[] }> {
  const made = await Promise.allSettled(
    order.indices.map(async (index: number, i: number) => dataset.get(index, order.draws[i])),
  )
  const failures: Failure[] = []
  made.forEach((m, i) => {
    if (m.status === 'rejected') failures.push({ index: order.indices[i], message: say(m.reason) })
  })
  return { examples: made.filter(m => m.status === 'fulfilled').map(m => (m as any).value), failures }
}

/** Tensors become arrays: they live in one thread. `buffers` gathers what was made here and can be handed over. */
function settlePacked(p: any, buffers: Set<unknown>, stack: (parts: any[]) => any): any {
  if (p.kind === 'tuple') return { kind: 'tuple', parts: p.parts.map((q: any) => settlePacked(q, buffers, stack)) }
  if (p.kind === 'record') {
    const parts = Object.entries(p.parts).map(([k, q]) => [k, settlePacked(q, buffers, stack)])
    return { kind: 'record', parts: Object.fromEntries(parts) }
  }
  if (p.kind === 'tensors') {
    const arrays = p.parts.map((t: any) => ({ data: t.dataSync(), shape: [...t.shape], dtype: t.dtype }))
    return settlePacked(p.where === '' ? { kind: 'array', ...arrays[0] } : stack(arrays), buffers, stack)
  }
  // what is no array of ours may be kept by the data set: it is copied
  if (p.kind === 'array') buffers.add(p.data.buffer)
  return p
}

/** The next examples of an iterator, at most so many. */
async function takeExamples(iterator: any, count: number): Promise<unknown[]> {
  const examples: unknown[] = []
  while (examples.length < count) {
    const { done, value } = await iterator.next()
    if (done) break
    examples.push(value)
  }
  return examples
}

/** One pass over what is iterated. */
function passOver(dataset: any, order: any): any {
  const source = typeof dataset.epoch === 'function' ? dataset.epoch(order.epoch, order.seed) : dataset
  return (source[Symbol.asyncIterator] ?? source[Symbol.iterator]).call(source)
}

/** Serves one loader. */
function serveBatches({ load, post, listen, packExamples, packValue }: Scope): void {
  let dataset: any
  let collate: any
  let settings: any
  let pass: any
  let iterator: any

  const begin = async (order: any): Promise<void> => {
    settings = order
    const module = await load(order.start)
    if (typeof module.default !== 'function')
      throw new Error('its default export is no function that makes the data set')
    dataset = await module.default(order.options, { worker: order.worker, workers: order.workers })
    const counted = dataset && typeof dataset.get === 'function' && 'length' in dataset
    if (!counted && !(dataset && (dataset[Symbol.asyncIterator] ?? dataset[Symbol.iterator])))
      throw new Error('what its default export returns has no length and get(i), nor can it be iterated')
    collate = module.collate
    post({ ready: counted ? dataset.length : null }, [])
  }
  const fail = (message: string): never => { throw new Error(`collate: ${message}`) }
  const send = async (examples: unknown[], about: any): Promise<void> => {
    const buffers = new Set<unknown>()
    let packed: Packed | null = null
    if (examples.length > 0) {
      const made = settings.raw
        ? packValue(examples)
        : collate ? packValue(await collate(examples)) : packExamples(examples, { labels: settings.labels, fail })
      packed = settlePacked(made, buffers, parts => packExamples(parts, { labels: 'float32', fail }))
    }
    post({ ...about, packed }, [...buffers] as ArrayBuffer[])
  }
  const answer = async (order: any): Promise<void> => {
    if ('epoch' in order) {
      pass = order
      iterator = null
      return
    }
    if ('take' in order) {
      iterator ??= passOver(dataset, pass)
      const examples = await takeExamples(iterator, order.take)
      const ended = examples.length < order.take
      const size = ended && order.dropLast ? 0 : examples.length
      await send(order.pass || size === 0 ? [] : examples, { batch: order.batch, failures: [], size, ended })
      return
    }
    const { examples, failures } = await loadExamples(dataset, order)
    if (failures.length > 0 && !settings.skip) {
      post({ batch: order.batch, error: `example ${failures[0].index}: ${failures[0].message}` }, [])
      return
    }
    await send(examples, { batch: order.batch, failures })
  }
  let begun: Promise<void>
  listen(order => {
    if ('start' in order) {
      begun = begin(order)
      begun.catch(error => post({ failed: say(error) }, []))
      return
    }
    const done = begun
      .then(() => answer(order))
      .catch(error => post({ batch: (order as any).batch, error: say(error) }, []))
    // an iterator is asked by one after the other
    if (!('indices' in order)) begun = done
  })
}

/** The worker's program: for Node's workers (as a script) and for those of browsers. */
export const workerSource = (): string => `'use strict'
${packSource()}
${[say, loadExamples, settlePacked, takeExamples, passOver, serveBatches].map(String).join('\n')}
const port = typeof require === 'function' ? require('node:worker_threads').parentPort : self
${serveBatches.name}({
  load: module => import(module),
  post: (answer, transfer) => port.postMessage(answer, transfer),
  listen: take => { port.onmessage = ({ data }) => take(data) },
  ...packs,
})
`
