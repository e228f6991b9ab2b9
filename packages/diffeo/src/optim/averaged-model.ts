/**
 * @file Averages of a model's weights over training. Izmailov et al., "Averaging weights leads to wider optima"
 * (2018).
 */
import { functionalCall } from '../nn/functional-call.ts'
import { inMode, Module, type AnyModule } from '../nn/module.ts'
import { Buffer, where, zeros, type Tensor } from '../tensor/index.ts'
import { assignAll } from '../tensor/internal.ts'
import { DataError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'

/** The next average, of the last one, the value now, and how many values are in it (0-d). */
export type AverageFn = (averaged: Tensor, current: Tensor, count: Tensor) => Tensor

export interface AveragedModelOptions {
  /** The mean of all values unless given. */
  avgFn?: AverageFn
  /** Whether buffers are averaged, too, instead of copied (false). */
  useBuffers?: boolean
}

/** The mean of all values: a + (x − a)/(n + 1). */
export const getSwaAvgFn = (): AverageFn => (averaged, current, count) =>
  averaged.add(current.sub(averaged).div(count.add(1).cast(averaged.dtype)))

/** An exponential moving average: decay · a + (1 − decay) · x. @throws DataError unless decay is from 0 to 1 */
export function getEmaAvgFn(decay = 0.999): AverageFn {
  if (!(decay >= 0 && decay <= 1)) throw new DataError(`getEmaAvgFn: decay is ${decay}: expected a number from 0 to 1`)
  return (averaged, current) => averaged.add(current.sub(averaged).mul(1 - decay))
}

/**
 * A model whose weights are averages of another's: it computes what that one computes, with them. Batch norms have
 * statistics of their own, which `updateBn` renews.
 *
 * @remarks Keys in state dicts: `n_averaged`, and the model's behind `module.`.
 * @param model - what is trained
 * @param options - `avgFn` (the mean), `useBuffers` (false)
 * @example
 * const model = new nn.Sequential(new nn.Linear(2, 3), new nn.BatchNorm1d(3))
 * const averaged = new optim.AveragedModel(model)
 * averaged.updateParameters()                      // after each epoch, the rate being that of optim.SWALR
 * await optim.updateBn([randn([8, 2])], averaged) // at the end, with a loader
 */
export class AveragedModel<In extends unknown[] = [Tensor], Out = Tensor> extends Module<In, Out> {
  /** How many values are in the average: 0-d int32. */
  readonly nAveraged: Buffer
  readonly #model: Module<In, Out>
  readonly #values: Record<string, Buffer>
  readonly #parameters: ReadonlySet<string>
  readonly #average: AverageFn
  readonly #useBuffers: boolean

  constructor(model: Module<In, Out>, options: AveragedModelOptions = {}) {
    super()
    checkOptions('AveragedModel', options, { avgFn: true, useBuffers: true })
    this.#model = model
    this.#average = options.avgFn ?? getSwaAvgFn()
    this.#useBuffers = options.useBuffers ?? false
    this.#parameters = new Set(model.namedParameters().map(([name]) => name))
    const leaves = [...model.namedParameters(), ...model.namedBuffers()]
    this.#values = Object.fromEntries(leaves.map(([name, leaf]) => [name, new Buffer(leaf.detach(), { name })]))
    const device = leaves[0]?.[1].device
    this.nAveraged = new Buffer(zeros([], { dtype: 'int32', device }), { name: 'n_averaged' })
  }

  /** @internal */
  override members(): ReturnType<Module['members']> {
    const values = Object.entries(this.#values).map(([name, value]) =>
      ({ name: `module.${name}`, value, owner: this.#values, key: name }))
    return [{ name: 'n_averaged', value: this.nAveraged, owner: this, key: 'nAveraged' }, ...values]
  }

  /** Takes the weights of the model, or of one like it, into the average; the first ones are the average. */
  updateParameters(model: AnyModule = this.#model): void {
    const now = new Map<string, Tensor>([...model.namedParameters(), ...model.namedBuffers()])
    const count = this.nAveraged.add(0)
    const next = Object.entries(this.#values).map(([name, old]): [Buffer, Tensor] => {
      const current = now.get(name)
      if (!current) throw new DataError(`AveragedModel.updateParameters: the model has no '${name}'`)
      if (!this.#parameters.has(name) && !this.#useBuffers) return [old, current.add(0)]
      const average = this.#average(old, current, count).cast(old.dtype)
      return [old, where(count.eq(0), current, average)]
    })
    assignAll([...next, [this.nAveraged, count.add(1).cast('int32')]])
  }

  override forward(...args: In): Out {
    const model = this.#model
    return inMode(model, this.training, () => functionalCall(model, this.#values, ...args))
  }
  override describe(): string { return `AveragedModel of ${this.#model.describe()}` }

  /** @internal The model that computes, with these weights. */
  get inner(): AnyModule { return this.#model }
}
