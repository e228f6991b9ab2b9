/** @file What all optimizers share: groups, state, gathering of gradients, one assignment a step. */
import { Buffer, full, gradients, Parameter, Tensor, where, zeros } from '../tensor/index.ts'
import { assignAll, checkLoss, inOrigin } from '../tensor/internal.ts'
import { DataError, DeviceError, GradientError, ShapeError } from '../util/errors.ts'
import { checkOptions, whatIs } from '../util/options.ts'
import { clipGradNorm, clipGradValue } from './clip.ts'
import { Counter } from './counter.ts'
import { checkNumbers, Group, listOf, type GroupInput, type GroupOptions, type Scalars } from './group.ts'
import { readState, writeState, type OptimizerState } from './state.ts'

export interface ClipOptions {
  /** Scales all gradients so that their common norm is at most this. */
  clipNorm?: number
  /** Holds each element between minus this and this. */
  clipValue?: number
}
export interface MinimizeOptions extends ClipOptions {
  /** Keeps the graph of the loss, so that gradients may be taken of it again. */
  retain?: boolean
}
export interface CommonOptions {
  /** Averages the gradients of so many calls, then makes one step. */
  accumulate?: number
}
/** What an optimizer's constructor takes: what differs from its defaults. */
export type OptimizerOptions<O extends GroupOptions> = Partial<O> & CommonOptions
/** What parameters or groups an optimizer takes. */
export type Trained<O> = Iterable<Parameter> | Iterable<GroupInput<O>>

/** A state of a parameter: of its shape unless another is given, `initial` at first. */
export interface StateSpec { readonly shape?: readonly number[]; readonly initial?: number }
/** Tensors by name. */
export type Values = Readonly<Record<string, Tensor>>
/** What a formula gives: the parameter and its states after the step. */
export interface Updated { readonly parameter: Tensor; readonly state: Values }

export interface StepContext<O extends GroupOptions> {
  /** The group's numbers, in the parameter's dtype. */
  readonly h: Scalars
  /** How many steps the parameter has taken, with this one: 1 at first. In its dtype. */
  readonly step: Tensor
  readonly group: Group<O>
}

/** 1 − βᵗ from log β: exact where β is near 1, which the power is not. */
export const biasCorrection = (logBeta: Tensor, step: Tensor): Tensor => step.mul(logBeta).expm1().neg()

const placeOf = ({ dtype, device }: Parameter): string => `${dtype} on '${device}'`

const isGroup = <O>(x: Parameter | GroupInput<O>): x is GroupInput<O> =>
  !(x instanceof Tensor) &&
  typeof x === 'object' &&
  x !== null &&
  'parameters' in x &&
  typeof x.parameters !== 'function'

/**
 * Updates parameters by their gradients. State and hyper-parameters are cells, so that steps act the same inside and
 * outside of `compile`. A subclass gives the formula: its numbers, its states, and one step of one parameter.
 */
export abstract class Optimizer<O extends GroupOptions = GroupOptions> {
  readonly groups: readonly Group<O>[]
  /** All parameters, in the order that `step` takes gradients. */
  readonly parameters: readonly Parameter[]
  readonly accumulate: number
  readonly #groupOf: readonly Group<O>[]
  readonly #states: readonly Map<string, Buffer>[]
  readonly #gathered: readonly Buffer[]
  /** How many calls were gathered since the last step. */
  readonly #calls: Buffer
  readonly #counter: Counter
  /** Dtype and device of each parameter when the optimizer was made: its state is of that dtype, and there. */
  readonly #places: readonly string[]

  constructor(trained: Trained<O>, defaults: O, options: OptimizerOptions<O>) {
    const name = this.constructor.name
    const all: O = { ...defaults, maximize: defaults.maximize ?? false }
    const names: Record<string, true> = Object.fromEntries(Object.keys(all).map(key => [key, true]))
    checkOptions<object>(name, options, { ...names, accumulate: true } as Record<string, true>)
    const { accumulate = 1, ...common } = options
    if (!Number.isInteger(accumulate) || accumulate < 1)
      throw new DataError(`${name}: accumulate is ${accumulate}: expected a whole number from 1 up`)
    const inputs = groupInputs(name, trained)
    this.groups = inputs.map(({ parameters, ...own }, i) => {
      checkOptions<object>(`${name}, group ${i}`, own, names)
      const merged = { ...all, ...common, ...own } as O
      return new Group(listOf(name, parameters), merged, o => this.numbers(o), o => this.check(o))
    })
    this.#groupOf = this.groups.flatMap(group => group.parameters.map(() => group))
    this.parameters = this.groups.flatMap(group => group.parameters)
    checkParameters(name, this.parameters)
    this.accumulate = accumulate
    this.#places = this.parameters.map(placeOf)
    const device = this.parameters[0].device
    this.#states = this.parameters.map((p, i) => this.#newState(p, i))
    this.#gathered =
      accumulate > 1 ? this.parameters.map(p => new Buffer(zeros(p.shape, p), { name: `${name}: gathered` })) : []
    this.#calls = new Buffer(zeros([], { dtype: 'int32', device }), { name: `${name}: calls` })
    this.#counter = new Counter(this.parameters.length, device)
  }

  /** @internal Throws where an option makes no sense. */
  protected check(options: O): void { checkNumbers(options) }
  /** @internal The numbers that the formula reads, made of the options. */
  protected abstract numbers(options: O): Readonly<Record<string, number>>
  /** @internal The states of a parameter, under PyTorch's names. */
  protected abstract states(options: O, parameter: Parameter): Readonly<Record<string, StateSpec>>
  /** @internal One step of one parameter. */
  protected abstract update(parameter: Tensor, gradient: Tensor, state: Values, context: StepContext<O>): Updated

  #newState(p: Parameter, i: number): Map<string, Buffer> {
    return new Map(
      Object.entries(this.states(this.#groupOf[i].options, p)).map(([key, { shape = p.shape, initial = 0 }]) => [
        key,
        new Buffer(full(shape, initial, { dtype: p.dtype, device: p.device }), {
          name: `${this.constructor.name}: ${key}`,
        }),
      ]),
    )
  }

  /** The learning rate: of the first group; setting it sets it in all of them. */
  get lr(): number { return this.groups[0].lr }
  set lr(lr: number) { for (const group of this.groups) group.lr = lr }

  /**
   * One step down the gradient of the loss. Outside of compile the loss is computed in the same pass, and its graph let
   * go of unless `retain`.
   * @throws GradientError where the loss depends on no parameter @example optimizer.minimize(loss, { clipNorm: 1 })
   */
  minimize(loss: Tensor, options: MinimizeOptions = {}): void {
    const op = `${this.constructor.name}.minimize`
    checkOptions(op, options, { clipNorm: true, clipValue: true, retain: true })
    const { clipNorm, clipValue, retain = false } = options
    checkLoss(op, loss)
    const trained = this.parameters.filter(p => !p.frozen)
    if (trained.length === 0)
      throw new GradientError(
        `${op}: all parameters of the optimizer are frozen: unfreeze() those that shall be trained`,
      )
    const found = gradients(loss, trained)
    if (found.every(g => g === null)) {
      throw new GradientError(
        `${op}: the loss depends on none of the optimizer's parameters: ` +
          'are they those of the model that computed it?',
      )
    }
    const byParameter = new Map(trained.map((p, i) => [p, found[i]]))
    this.#advance(
      this.parameters.map(p => byParameter.get(p) ?? null),
      { clipNorm, clipValue },
      { results: [loss], keep: retain },
    )
  }

  /** One step by gradients in the order of `parameters`; where one is null the parameter and its state stay. */
  step(grads: readonly (Tensor | null)[]): void {
    const name = this.constructor.name
    const given: unknown = grads
    if (!Array.isArray(given)) {
      throw new GradientError(
        `${name}.step takes gradients in the order of optimizer.parameters, got ${whatIs(given)}: from a loss, write minimize(loss)`,
      )
    }
    if (grads.length !== this.parameters.length) {
      throw new ShapeError(
        `${name}.step: ${grads.length} gradients for ${this.parameters.length} parameters: they go in the order of optimizer.parameters, null for none`,
      )
    }
    grads.forEach((g, i) => {
      const p = this.parameters[i]
      if (g && (g.rank !== p.rank || g.shape.some((d, k) => d !== p.shape[k]))) {
        throw new ShapeError(
          `${name}.step: gradient ${i} has shape [${g.shape.join(',')}], the parameter${p.name ? ` '${p.name}'` : ''} [${p.shape.join(',')}]`,
        )
      }
    })
    this.#advance(grads.map((g, i) => (this.parameters[i].frozen ? null : g)), {}, {})
  }

  #advance(
    given: readonly (Tensor | null)[],
    clip: ClipOptions,
    realized: { results?: readonly Tensor[]; keep?: boolean },
  ): void {
    this.#checkPlaces()
    const updates: (readonly [Buffer | Parameter, Tensor])[] = []
    const last = this.accumulate > 1 ? this.#calls.add(1).eq(this.accumulate) : null
    const grads = clipped(last ? this.#gather(given, last, updates) : given, clip)
    const skipped = grads.flatMap((g, i) => (g ? [] : [i]))
    const counts = this.#counter.advance(skipped, last ? last.cast('int32') : 1)
    updates.push(...counts.updates)
    const context = contexts<O>()
    grads.forEach((g, i) => {
      if (!g) return
      const p = this.parameters[i]
      const states = this.#states[i]
      const old: Tensor = p
      const group = this.#groupOf[i]
      const next = inOrigin(this.constructor.name, () => {
        const gradient = g.cast(p.dtype)
        const down = group.has('maximize') ? gradient.neg() : gradient
        return this.update(old, down, Object.fromEntries(states), context(group, counts.of(i), p))
      })
      const chosen = (now: Tensor, before: Tensor): Tensor => (last ? where(last, now, before) : now)
      updates.push([p, chosen(next.parameter, old)])
      for (const [key, value] of Object.entries(next.state))
        updates.push([states.get(key)!, chosen(value, states.get(key)!)])
    })
    assignAll(updates, realized)
  }

  #checkPlaces(): void {
    const moved = this.parameters.findIndex((p, i) => placeOf(p) !== this.#places[i])
    if (moved < 0) return
    const p = this.parameters[moved]
    throw new DeviceError(
      `${this.constructor.name}: ${p.name ? `'${p.name}'` : `parameter ${moved}`} was ${this.#places[moved]} when the optimizer ` +
        `was made, and is ${placeOf(p)} now: make the optimizer after model.to()`,
    )
  }

  /**
   * Adds to what was gathered; a parameter without gradient in one of the calls counts as 0 there, frozen ones stay
   * out.
   */
  #gather(
    given: readonly (Tensor | null)[],
    last: Tensor,
    updates: (readonly [Buffer | Parameter, Tensor])[],
  ): (Tensor | null)[] {
    updates.push([this.#calls, where(last, 0, this.#calls.add(1)).cast('int32')])
    return given.map((g, i) => {
      if (this.parameters[i].frozen) return null
      const before: Tensor = this.#gathered[i]
      const sum = g ? before.add(g.cast(before.dtype).mul(1 / this.accumulate)) : before
      updates.push([this.#gathered[i], where(last, 0, sum).cast(before.dtype)])
      return sum
    })
  }

  /**
   * All that the next step depends on, in PyTorch's form: states by the parameter's number, and the groups' options.
   */
  stateDict(): OptimizerState {
    const gathered = this.#gathered.map(b => b.detach())
    return writeState(this.groups, this.#states, this.#counter.counts(), gathered, this.#calls)
  }

  /**
   * Takes what `stateDict` gave, or PyTorch's own; what is computed afterwards is the same to the bit. @throws
   * DataError, ShapeError
   */
  loadStateDict(state: OptimizerState): void {
    const read = readState(this.constructor.name, state, this.groups, this.#states)
    this.groups.forEach((group, i) => group.set(read.options[i] as Partial<O>))
    const calls = state.calls
      ? state.calls.cast('int32').to(this.#calls.device)
      : zeros([], { dtype: 'int32', device: this.#calls.device })
    const gathered = this.#gathered.map((b, i) => [b, read.gathered[i] ?? zeros(b.shape, b)] as const)
    assignAll([...read.updates, ...this.#counter.restore(read.steps), ...gathered, [this.#calls, calls]])
  }
}

/** @throws DataError for an object that is meant as a group, under PyTorch's names */
function checkGroup(what: string, x: object): void {
  if (typeof x !== 'object' || x === null || Object.getPrototypeOf(x) !== Object.prototype || 'parameters' in x) return
  const found = Object.keys(x).map(key => `'${key}'`).join(', ')
  const fix = 'params' in x ? "did you mean 'parameters'?" : 'write { parameters: layer.parameters(), lr: 0.01 }'
  throw new DataError(`${what} has ${found || 'nothing'} and no 'parameters': ${fix}`)
}

function groupInputs<O>(name: string, trained: Trained<O>): GroupInput<O>[] {
  const list = listOf(name, trained as Iterable<Parameter | GroupInput<O>>)
  if (list.length === 0) throw new DataError(`${name}: there is nothing to train: the list of parameters is empty`)
  list.forEach((x, i) => checkGroup(`${name}, group ${i}`, x))
  const groups = list.filter(x => isGroup<O>(x))
  if (groups.length === list.length) return groups
  if (groups.length > 0)
    throw new DataError(`${name}: parameters and groups are mixed: put each parameter in a group { parameters: [...] }`)
  return [{ parameters: list as Parameter[] } as unknown as GroupInput<O>]
}

/** @throws DataError unless they are parameters, at least one, none of them twice */
export function checkParameters(name: string, parameters: readonly Parameter[]): void {
  if (parameters.length === 0) throw new DataError(`${name}: there is nothing to train: the groups have no parameters`)
  const seen = new Set<Parameter>()
  for (const p of parameters) {
    if (!(p instanceof Parameter))
      throw new DataError(`${name}: ${whatIs(p)} is no Parameter: pass model.parameters(), or new Parameter(tensor)`)
    if (seen.has(p))
      throw new DataError(`${name}: the parameter ${p.name ? `'${p.name}' ` : ''}[${p.shape.join(',')}] is there twice`)
    seen.add(p)
  }
}

function clipped(grads: readonly (Tensor | null)[], { clipNorm, clipValue }: ClipOptions): readonly (Tensor | null)[] {
  const held = clipValue === undefined ? grads : clipGradValue(grads, clipValue)
  return clipNorm === undefined ? held : clipGradNorm(held, clipNorm).grads
}

/** The numbers of a group in a dtype, made once a step. */
function contexts<O extends GroupOptions>(): (group: Group<O>, step: Tensor, p: Parameter) => StepContext<O> {
  const scalars = new Map<string, Scalars>()
  const groups = new Map<Group<O>, number>()
  const steps = new Map<Tensor, Map<string, Tensor>>()
  return (group, step, { dtype }) => {
    if (!groups.has(group)) groups.set(group, groups.size)
    const key = `${groups.get(group)} ${dtype}`
    let h = scalars.get(key)
    if (!h) {
      h = Object.fromEntries(Object.entries(group.scalars()).map(([name, value]) => [name, value.cast(dtype)]))
      scalars.set(key, h)
    }
    const casts = steps.get(step) ?? new Map<string, Tensor>()
    steps.set(step, casts)
    const counted = casts.get(dtype) ?? step.cast(dtype)
    casts.set(dtype, counted)
    return { h, step: counted, group }
  }
}
