/** @file The workers of a loader, seen from the thread that trains. */
import { DataError } from '../util/errors.ts'
import { checkOptions, whatIs } from '../util/options.ts'
import type { Labels } from './pack.ts'
import { workerSource, type Answer, type Done, type Order, type Take } from './worker.ts'

/** Threads that make batches. */
export interface WorkerOptions {
  count: number
  /**
   * A module whose default export makes the data set, from `options` and `{ worker, workers }`; one called `collate`
   * there makes batches of its examples. A data set that is iterated must give each worker a share of its own:
   * `data.shard`.
   */
  module: string | URL
  /** Given to the default export, after it was copied as a message is. */
  options?: unknown
  /** Keeps them from one epoch to the next; false: they stop with each. */
  persistent?: boolean
}

/** A running worker, of Node or of a browser. */
export interface WorkerPort {
  postMessage(message: unknown): void
  terminate(): unknown
  /** Whether it keeps the process alive; browsers have none of these. */
  ref?(): void
  unref?(): void
}
export interface WorkerEvents { message(data: any): void; error(error: Error): void }
/** Starts a worker from its source. */
export type SpawnWorker = (source: string, events: WorkerEvents) => WorkerPort

let spawn: SpawnWorker = (source, events) => {
  if (typeof Worker === 'undefined') throw new DataError('DataLoader: this engine has no workers: leave `workers` out')
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }))
  const worker = new Worker(url, { type: 'module' })
  worker.onmessage = ({ data }) => events.message(data)
  worker.onerror = event => events.error(new Error(event.message))
  return worker
}
/** The Node entry installs its own. */
export function installWorkers(start: SpawnWorker): void { spawn = start }

interface Waiting { resolve(made: Done): void; reject(error: Error): void }

// in parts: a bundle for browsers is checked not to ask for it
const fix = (): string =>
  `workers: { count, module: new URL('./dataset.js', ${['import', 'meta', 'url'].join('.')}) }, where the module's ` +
  'default export makes the data set'

/** @throws DataError that says how workers are given */
export function checkWorkers(workers: WorkerOptions): WorkerOptions {
  if (typeof workers !== 'object' || workers === null)
    throw new DataError(
      `DataLoader: workers is ${whatIs(workers)}: a data set cannot cross to a thread. Write ${fix()}`,
    )
  checkOptions('DataLoader workers', workers, { count: true, module: true, options: true, persistent: true })
  const { count, module } = workers
  if (!Number.isInteger(count) || count < 1)
    throw new DataError(`DataLoader: workers.count is ${count}: expected a whole number from 1 up`)
  if (!(module instanceof URL) && typeof module !== 'string')
    throw new DataError(
      `DataLoader: workers.module is ${whatIs(module)}: a live object cannot cross to a thread. Write ${fix()}`,
    )
  if (/^\.\.?\//.test(String(module)))
    throw new DataError(`DataLoader: workers.module is '${String(module)}', relative to no file. Write ${fix()}`)
  return workers
}

export interface PoolOptions {
  /** How many examples there are; null where they are iterated. */
  readonly length: number | null
  readonly labels: Labels
  /** Examples are sent as they are, to be collated here. */
  readonly raw: boolean
  /** Whether an example that fails is left out. */
  readonly skip: boolean
}

const sizeText = (length: number | null): string => (length === null ? 'that is iterated' : `of ${length} examples`)

export class WorkerPool {
  readonly #ports: WorkerPort[] = []
  readonly #waiting = new Map<number, Waiting>()
  readonly #module: string
  #batches = 0
  /** Why no more batches can be made. */
  #broken: Error | null = null

  constructor({ count, module, options }: WorkerOptions, { length, ...settings }: PoolOptions) {
    this.#module = String(module)
    const source = workerSource()
    for (let worker = 0; worker < count; worker++) {
      const port = spawn(source, {
        message: answer => this.#take(answer, length),
        error: error => this.#break(`worker ${worker} of ${this.#module} ended: ${error.message}`, error),
      })
      this.#ports.push(port)
      this.#send(port, { start: this.#module, options, ...settings, worker, workers: count })
    }
  }

  get isBroken(): boolean { return this.#broken !== null }

  /** Examples by number, by the workers in turn. */
  make(indices: readonly number[], draws: readonly number[]): Promise<Done> {
    return this.#ask(this.#batches % this.#ports.length, { indices, draws })
  }
  /** All begin a pass over what they iterate. */
  begin(epoch: number, seed: number): void { for (const port of this.#ports) this.#send(port, { epoch, seed }) }
  /** The next examples of one worker's pass. */
  take(worker: number, order: Omit<Take, 'batch'>): Promise<Done> { return this.#ask(worker, order) }

  #ask(
    worker: number,
    order: Omit<Take, 'batch'> | { indices: readonly number[]; draws: readonly number[] },
  ): Promise<Done> {
    const batch = this.#batches++
    const made = new Promise<Done>((resolve, reject) => {
      if (this.#broken) reject(this.#broken)
      else this.#waiting.set(batch, { resolve, reject })
    })
    // it is awaited later: until then its failure is nobody's
    made.catch(() => {})
    if (!this.#broken) this.#send(this.#ports[worker], { batch, ...order })
    return made
  }

  #send(port: WorkerPort, order: Order): void {
    try {
      port.postMessage(order)
    } catch (error) {
      this.#break(`workers.options cannot be copied to a thread: ${(error as Error).message}`, error)
    }
  }

  #take(answer: Answer, length: number | null): void {
    if ('ready' in answer) {
      if (answer.ready !== length)
        this.#break(
          `${this.#module} makes a data set ${sizeText(answer.ready)} in a worker, the loader's is one ${sizeText(length)}`,
        )
      return
    }
    if ('failed' in answer) {
      this.#break(`${this.#module} makes no data set in a worker: ${answer.failed}`)
      return
    }
    const waiting = this.#waiting.get(answer.batch)
    this.#waiting.delete(answer.batch)
    if ('error' in answer) waiting?.reject(new DataError(`DataLoader, in a worker: ${answer.error}`))
    else waiting?.resolve(answer)
  }

  #break(message: string, cause?: unknown): void {
    this.#broken ??= new DataError(`DataLoader: ${message}`, { cause })
    for (const { reject } of this.#waiting.values()) reject(this.#broken)
    this.stop()
  }

  /** Whether the workers keep the process alive. */
  hold(alive: boolean): void { for (const port of this.#ports) if (alive) port.ref?.(); else port.unref?.() }
  stop(): void {
    this.#waiting.clear()
    for (const port of this.#ports.splice(0)) void port.terminate()
    this.#broken ??= new DataError('DataLoader: its workers were stopped')
  }
}
