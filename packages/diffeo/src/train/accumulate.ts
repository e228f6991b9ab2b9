/**
 * @file Gradients of several batches, averaged, then one update: for an optimizer that was not told to do so itself.
 */
import { Buffer, gradients, zeros, type Tensor } from '../tensor/index.ts'
import { clipGradNorm, clipGradValue, type ClipOptions, type Optimizer } from '../optim/index.ts'
import { DataError } from '../util/errors.ts'

export class Accumulation {
  readonly #optimizer: Optimizer<any>
  readonly #count: number
  readonly #gathered: readonly Buffer[]
  #calls = 0

  constructor(optimizer: Optimizer<any>, count: number) {
    this.#optimizer = optimizer
    this.#count = count
    this.#gathered = optimizer.parameters.map(
      p => new Buffer(zeros(p.shape, { dtype: p.dtype, device: p.device }), { name: 'gathered gradient' }),
    )
  }

  /** Whether the next batch is the last before an update: it makes two programs of the step. */
  get isDue(): boolean { return this.#calls === this.#count - 1 }
  /** After each batch, outside of the compiled step. */
  next(): void { this.#calls = (this.#calls + 1) % this.#count }

  /** In place of `minimize`. */
  minimize(loss: Tensor, isDue: boolean, { clipNorm, clipValue }: ClipOptions): void {
    const { parameters } = this.#optimizer
    const trained = parameters.filter(p => !p.frozen)
    const found = new Map(gradients(loss, trained).map((g, i) => [trained[i], g]))
    const sums = parameters.map((p, i) => {
      const g = found.get(p)
      return g ? this.#gathered[i].add(g.mul(1 / this.#count)) : null
    })
    if (!isDue) {
      sums.forEach((sum, i) => { if (sum) this.#gathered[i].assign(sum) })
      return
    }
    const held = clipValue === undefined ? sums : clipGradValue(sums, clipValue)
    this.#optimizer.step(clipNorm === undefined ? held : clipGradNorm(held, clipNorm).grads)
    sums.forEach((sum, i) => { if (sum) this.#gathered[i].assign(sum.mul(0)) })
  }

  stateDict(): unknown { return { calls: this.#calls, gathered: this.#gathered.map(b => b.detach()) } }
  loadStateDict({ calls, gathered }: { calls: number; gathered: Tensor[] }): void {
    if (gathered.length !== this.#gathered.length)
      throw new DataError(
        `checkpoint: it has ${gathered.length} gathered gradients, the optimizer ${this.#gathered.length} parameters`,
      )
    this.#calls = calls
    gathered.forEach((g, i) => this.#gathered[i].assign(g))
  }
}

/** What gathers, or null where the optimizer does what is wanted already. */
export function accumulationOf(optimizer: any, wanted = 1): Accumulation | null {
  const own: number = optimizer.accumulate ?? 1
  if (wanted === 1 || own === wanted) return null
  if (own !== 1)
    throw new DataError(`fit: accumulate is ${wanted}, and the optimizer accumulates ${own}: give one of them`)
  return new Accumulation(optimizer, wanted)
}
