/** @file What all metrics are: update with each batch, compute, reset. */
import { assignAll } from '../tensor/internal.ts'
import { Buffer, type Tensor, zeros, type DType } from '../tensor/index.ts'
import { DataError } from '../util/errors.ts'

/** A number (or a table of them) over all batches since the last reset. Updates compute nothing on the host. */
export interface Metric<R = number> {
  readonly name: string
  /** Takes a batch: the model's output and what it should have been. */
  update(output: Tensor, target: Tensor): void
  /** The value over all batches. @throws DataError if there was none */
  compute(): Promise<R>
  reset(): void
}

/** Sums that grow with each batch, in cells: each batch is computed at once, and memory stays flat. */
export class Sums {
  readonly #cells = new Map<string, Buffer>()
  readonly #of: string
  constructor(of: string) { this.#of = of }

  /** Adds to the sums by name; the first batch makes them. */
  add(parts: Readonly<Record<string, Tensor>>): void {
    assignAll(Object.entries(parts).map(([name, part]) => {
      const cell = this.#cells.get(name) ?? this.#make(name, part)
      return [cell, cell.add(part)] as const
    }))
  }
  #make(name: string, { shape, dtype, device }: Tensor): Buffer {
    const cell = new Buffer(zeros(shape, { dtype: dtype as DType, device }), { name: `${this.#of}: ${name}` })
    this.#cells.set(name, cell)
    return cell
  }
  reset(): void { this.#cells.clear() }

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

/** a/b, and 0 for 0/0. */
export const ratio = (a: number, b: number): number => (b === 0 ? 0 : a / b)
