/** @file What all metrics are: update with each batch, compute, reset. */
import { assignAll } from '../tensor/internal.ts'
import { Buffer, concat, type Tensor, type TypedArray, zeros, type DType } from '../tensor/index.ts'
import { DataError } from '../util/errors.ts'

/** A number (or a table of them) over all batches since the last reset. Updates compute nothing on the host. */
export interface Metric<R = number> {
  readonly name: string
  /** Whether more is better, where one of the two is. */
  readonly higherIsBetter?: boolean
  /** Takes a batch: the model's output and what it should have been. */
  update(output: Tensor, target: Tensor): void
  /** The value over all batches. @throws DataError if there was none */
  compute(): Promise<R>
  reset(): void
  /** What came since the last reset, to be saved in mid-epoch. */
  stateDict(): MetricState
  /** Goes on from there. */
  loadStateDict(state: MetricState): void
}

/** Numbers, tensors, and objects and arrays of them. */
export type MetricState = Readonly<Record<string, any>>

/** Sums that grow with each batch, in cells: each batch is computed at once, and memory stays flat. */
export class Sums {
  readonly #cells = new Map<string, Buffer>()
  readonly #of: string
  constructor(of: string) { this.#of = of }

  /** Adds to the sums by name; the first batch makes them. */
  add(parts: Readonly<Record<string, Tensor>>): void {
    assignAll(Object.entries(parts).map(([name, part]) => {
      const cell = this.#cellFor(name, part)
      return [cell, cell.add(part)] as const
    }))
  }
  #cellFor(name: string, { shape, dtype, device }: Tensor): Buffer {
    const known = this.#cells.get(name)
    // what was loaded may lie elsewhere
    if (known?.device === device) return known
    return this.#make(name, known?.detach().to(device) ?? zeros(shape, { dtype: dtype as DType, device }))
  }
  #make(name: string, value: Tensor): Buffer {
    const cell = new Buffer(value, { name: `${this.#of}: ${name}` })
    this.#cells.set(name, cell)
    return cell
  }
  reset(): void { this.#cells.clear() }
  stateDict(): MetricState { return Object.fromEntries([...this.#cells].map(([name, cell]) => [name, cell.detach()])) }
  loadStateDict(state: MetricState): void {
    this.reset()
    for (const [name, value] of Object.entries(state)) this.#make(name, value as Tensor)
  }

  /** The numbers of each sum. */
  async values(): Promise<Readonly<Record<string, readonly number[]>>> {
    if (this.#cells.size === 0)
      throw new DataError(
        `${this.#of}.compute: there was no batch since the last reset: call update(output, target) first`,
      )
    const entries = [...this.#cells].map(async ([name, cell]) => [name, [...(await cell.data())]] as const)
    return Object.fromEntries(await Promise.all(entries))
  }
}

const join = (parts: readonly TypedArray[]): number[] => parts.flatMap(p => Array.from(p))

/** Tensors of all batches since the last reset, realized as they come. */
export class Kept<K extends string> {
  readonly #batches: Readonly<Record<K, Tensor>>[] = []
  readonly #of: string
  constructor(of: string) { this.#of = of }

  add(batch: Readonly<Record<K, Tensor>>): void {
    const own = Object.entries<Tensor>(batch).map(([name, t]) => [name, t.detach()] as const)
    this.#batches.push(Object.fromEntries(own) as Record<K, Tensor>)
    // now, lest the graph of the model be kept
    for (const [, t] of own) void t.realize()
  }
  /** All numbers by name. @throws DataError if there was no batch */
  async values(): Promise<Record<K, number[]>> {
    if (this.#batches.length === 0) {
      throw new DataError(
        `${this.#of}.compute: there was no batch since the last reset: call update(output, target) first`,
      )
    }
    const names = Object.keys(this.#batches[0]) as K[]
    const entries = names.map(async name =>
      [name, join(await Promise.all(this.#batches.map(b => b[name].data())))] as const)
    return Object.fromEntries(await Promise.all(entries)) as Record<K, number[]>
  }
  reset(): void { this.#batches.length = 0 }
  /** All batches as one. */
  stateDict(): MetricState {
    const names = Object.keys(this.#batches[0] ?? {}) as K[]
    return Object.fromEntries(names.map(name => [name, concat(this.#batches.map(b => b[name].flatten()))]))
  }
  loadStateDict(state: MetricState): void {
    this.reset()
    if (Object.keys(state).length > 0) this.add(state as Record<K, Tensor>)
  }
}

/** total/n. @throws DataError for 0/0: a mean of nothing */
export function meanOf(of: string, total: number, n: number): number {
  if (n === 0) throw new DataError(`${of}.compute: all batches since the last reset were empty`)
  return total / n
}

/** a/b, and 0 for 0/0. */
export const ratio = (a: number, b: number): number => (b === 0 ? 0 : a / b)
