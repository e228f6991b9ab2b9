/**
 * @file What a worker of a loader runs. It is given to the worker as text, with `pack.ts`: it uses nothing else, so
 * that a worker loads the user's module alone, wherever this library's files lie.
 */
import { packSource, type Packed, type packExamples, type packValue } from './pack.ts'

/** To a worker. */
export type Order =
  | {
    readonly start: string
    readonly options: unknown
    readonly labels: 'int32' | 'float32'
    readonly raw: boolean
    readonly skip: boolean
    readonly worker: number
    readonly workers: number
  }
  | { readonly batch: number; readonly indices: readonly number[]; readonly draws: readonly number[] }

/** An example that could not be made. */
export interface Failure { readonly index: number; readonly message: string }

/** From a worker. */
export type Answer =
  | { readonly ready: number }
  | { readonly failed: string }
  | { readonly batch: number; readonly packed: Packed | null; readonly failures: readonly Failure[] }
  | { readonly batch: number; readonly error: string }

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

/** Serves one loader. */
function serveBatches({ load, post, listen, packExamples, packValue }: Scope): void {
  let dataset: any
  let collate: any
  let settings: any

  const begin = async (order: any): Promise<void> => {
    settings = order
    const module = await load(order.start)
    if (typeof module.default !== 'function')
      throw new Error('its default export is no function that makes the data set')
    dataset = await module.default(order.options, { worker: order.worker, workers: order.workers })
    if (!dataset || typeof dataset.get !== 'function' || !('length' in dataset))
      throw new Error('what its default export returns has no length and get(i)')
    collate = module.collate
    post({ ready: dataset.length }, [])
  }
  const fail = (message: string): never => { throw new Error(`collate: ${message}`) }
  const answer = async (order: any): Promise<void> => {
    const { examples, failures } = await loadExamples(dataset, order)
    if (failures.length > 0 && !settings.skip) {
      post({ batch: order.batch, error: `example ${failures[0].index}: ${failures[0].message}` }, [])
      return
    }
    const buffers = new Set<unknown>()
    let packed: Packed | null = null
    if (examples.length > 0) {
      const made = settings.raw
        ? packValue(examples)
        : collate ? packValue(await collate(examples)) : packExamples(examples, { labels: settings.labels, fail })
      packed = settlePacked(made, buffers, parts => packExamples(parts, { labels: 'float32', fail }))
    }
    post({ batch: order.batch, packed, failures }, [...buffers] as ArrayBuffer[])
  }
  let begun: Promise<void>
  listen(order => {
    if ('start' in order) {
      begun = begin(order)
      begun.catch(error => post({ failed: say(error) }, []))
    } else {
      void begun
        .then(() => answer(order))
        .catch(error => post({ batch: order.batch, error: say(error) }, []))
    }
  })
}

/** The worker's program: for Node's workers (as a script) and for those of browsers. */
export const workerSource = (): string => `'use strict'
${packSource()}
${[say, loadExamples, settlePacked, serveBatches].map(String).join('\n')}
const port = typeof require === 'function' ? require('node:worker_threads').parentPort : self
${serveBatches.name}({
  load: module => import(module),
  post: (answer, transfer) => port.postMessage(answer, transfer),
  listen: take => { port.onmessage = ({ data }) => take(data) },
  ...packs,
})
`
