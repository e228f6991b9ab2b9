/** @file An exponential moving average of parameters. */
import { Buffer, type Parameter, type Tensor } from '../tensor/index.ts'
import { assignAll } from '../tensor/internal.ts'
import { DataError, ShapeError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import { listOf } from './group.ts'

/**
 * Keeps the average a ← decay·a + (1 − decay)·p of parameters, which often evaluates better than they do.
 *
 * @example
 * const ema = new optim.EMA(model.parameters(), { decay: 0.999 })
 * optimizer.minimize(loss); ema.update()          // also inside compile
 * const back = ema.swap(); evaluate(…); back()    // the averages in place of the parameters, and back
 */
export class EMA {
  readonly parameters: readonly Parameter[]
  readonly decay: number
  readonly #averages: readonly Buffer[]

  constructor(parameters: Iterable<Parameter>, options: { decay?: number } = {}) {
    checkOptions('EMA', options, { decay: true })
    const { decay = 0.999 } = options
    if (!(decay >= 0 && decay <= 1)) throw new DataError(`EMA: decay is ${decay}: expected a number from 0 to 1`)
    this.parameters = listOf('EMA', parameters)
    this.decay = decay
    this.#averages = this.parameters.map(p => new Buffer(p.detach(), { name: `EMA of ${p.name}` }))
  }

  /** Takes the parameters as they are now into the average. */
  update(): void {
    assignAll(this.#averages.map((a, i) => [a, a.add(this.parameters[i].sub(a).mul(1 - this.decay))]))
  }

  /** Puts the averages in place of the parameters; the function that it returns puts these back. */
  swap(): () => void {
    const before = this.parameters.map(p => p.detach())
    assignAll(this.parameters.map((p, i) => [p, this.#averages[i].detach()]))
    return () => assignAll(this.parameters.map((p, i) => [p, before[i]]))
  }

  /** The averages in the order of the parameters. */
  values(): Tensor[] { return this.#averages.map(a => a.detach()) }

  stateDict(): Record<string, Tensor> { return Object.fromEntries(this.values().entries()) }
  loadStateDict(state: Readonly<Record<string, Tensor>>): void {
    assignAll(
      this.#averages.map((a, i) => {
        const value = state[i]
        if (!value) throw new DataError(`EMA.loadStateDict: there is no average of parameter ${i}`)
        if (value.shape.join() !== a.shape.join())
          throw new ShapeError(
            `EMA.loadStateDict: average ${i} has shape [${value.shape.join(',')}], the parameter [${a.shape.join(',')}]`,
          )
        return [a, value.to(a.device).cast(a.dtype)] as const
      }),
    )
  }
}
