/**
 * @file A group of parameters with hyper-parameters of its own. These are numbers of the program's input, not
 * constants.
 */
import { Buffer, type Parameter, tensor, type DType, type Tensor } from '../tensor/index.ts'
import { compiling } from '../tensor/internal.ts'
import { configuration, observe } from '../util/configuration.ts'
import { DataError, TraceError } from '../util/errors.ts'
import { checkOptions, whatIs } from '../util/options.ts'

/** What every optimizer has. */
export interface GroupOptions {
  /** The learning rate: the size of a step. */
  lr: number
  /** Goes up the gradient instead of down. */
  maximize?: boolean
}
export interface DecayOptions extends GroupOptions {
  /** How much of the parameter is added to the gradient, or taken off the parameter itself: the formula says which. */
  weightDecay: number
}

/** What a group is made of: parameters, and options that differ from the optimizer's. */
export type GroupInput<O> = { readonly parameters: Iterable<Parameter> } & Partial<O>

/** What is iterable as an array. A module is what PyTorch's users pass by mistake. */
export function listOf<T>(name: string, given: Iterable<T>): T[] {
  const isModule = typeof (given as { parameters?: unknown } | null)?.parameters === 'function'
  if (!isModule && typeof given === 'object' && given !== null && Symbol.iterator in given) return [...given]
  throw new DataError(`${name}: the parameters are ${whatIs(given)}: pass model.parameters()`)
}

/** Numbers by name as 0-d tensors. */
export type Scalars = Readonly<Record<string, Tensor>>

export class Group<O extends GroupOptions = GroupOptions> {
  readonly parameters: readonly Parameter[]
  #options: O
  readonly #derive: (options: O) => Readonly<Record<string, number>>
  readonly #check: (options: O) => void
  /** Options that are choices of the formula, not numbers that it reads. */
  readonly #choices = new Set<keyof O>()
  /** All numbers that the formula reads, in one vector: an input of compiled programs. */
  readonly #numbers: Buffer

  /** @internal */
  constructor(
    parameters: readonly Parameter[],
    options: O,
    derive: (options: O) => Readonly<Record<string, number>>,
    check: (options: O) => void,
  ) {
    check(options)
    this.parameters = parameters
    this.#options = { ...options }
    this.#derive = derive
    this.#check = check
    const dtype: DType = parameters.some(p => p.dtype === 'float64') ? 'float64' : 'float32'
    const device = parameters[0]?.device
    this.#numbers = new Buffer(tensor(Object.values(derive(options)), { dtype, device }), { name: 'hyper-parameters' })
    // group.weightDecay = 0 is group.set({ weightDecay: 0 }), as PyTorch's groups are assigned to
    for (const key of Object.keys(options) as (keyof O)[]) {
      if (key in this) continue
      Object.defineProperty(this, key, {
        get: () => this.#options[key],
        set: (value: O[keyof O]) => { this.set({ [key]: value } as unknown as Partial<O>) },
      })
    }
    // any other name is an error instead of a property without effect
    Object.preventExtensions(this)
  }

  /** The options as they are now. */
  get options(): Readonly<O> { return this.#options }
  /** The learning rate; compiled steps see a new one at their next call. */
  get lr(): number { return this.#options.lr }
  set lr(lr: number) { this.set({ lr } as Partial<O>) }

  /**
   * Changes options. @throws DataError where one makes no sense @example optimizer.groups[0].set({ weightDecay:
   * 0.01 })
   * @throws TraceError inside compile, which would set it once
   */
  set(options: Partial<O>): void {
    if (compiling()) {
      throw new TraceError(
        `an optimizer's ${Object.keys(options).join(', ')} is set while compile is tracing, which happens once: set it, and ` +
          'step schedules, between the calls: compiled steps see it',
      )
    }
    const names: Record<string, true> = Object.fromEntries(Object.keys(this.#options).map(key => [key, true]))
    checkOptions<object>('set', options, names)
    const before = this.#options
    const next = { ...before, ...options }
    this.#check(next)
    this.#options = next
    this.#numbers.assign(
      tensor(Object.values(this.#derive(this.#options)), { dtype: this.#numbers.dtype, device: this.#numbers.device }),
    )
    const keys = Object.keys(options) as (keyof O)[]
    if (keys.some(k => isOn(before[k]) !== isOn(next[k]) || (this.#choices.has(k) && before[k] !== next[k])))
      configuration.changed()
  }

  /**
   * @internal Whether an option is there, true or not 0: what a formula leaves out otherwise. Compiled steps are
   * guarded by it.
   */
  has(key: keyof O): boolean { return observe(() => isOn(this.#options[key])) }
  /** @internal An option whose every value is another formula. Compiled steps are guarded by it. */
  choice<K extends keyof O>(key: K): O[K] {
    this.#choices.add(key)
    return observe(() => this.#options[key])
  }

  /** @internal The numbers of the formula. */
  scalars(): Scalars {
    return Object.fromEntries(Object.keys(this.#derive(this.#options)).map((name, i) => [name, this.#numbers.index(i)]))
  }
}

const isOn = (x: unknown): boolean => Boolean(x)

/** @throws DataError where an option that is a number is not a finite one from 0 up; `signed` ones are left out */
export function checkNumbers(options: object, signed: readonly string[] = []): void {
  for (const [name, value] of Object.entries(options)) {
    if (signed.includes(name)) continue
    for (const x of [value].flat() as unknown[]) {
      if (typeof x === 'number' && !(x >= 0 && Number.isFinite(x)))
        throw new DataError(`optimizer: ${name} is ${x}: expected a finite number from 0 up`)
    }
  }
}
