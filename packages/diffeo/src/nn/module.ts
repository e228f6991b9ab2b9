/** @file Module: what all layers and models are. */
import { Buffer, Parameter, type Tensor, type Device, type DType } from '../tensor/index.ts'
import { dtypeBytes, isFloat } from '../graph/dtype.ts'
import { configuration, observe } from '../util/configuration.ts'
import { DiffeoError, DTypeError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import { callForward, type Called, type ForwardHook } from './calls.ts'
import { loadState, stateOf, type LoadResult } from './state.ts'
import { summarize, type SummaryOptions } from './summary.ts'
import {
  isBranch,
  leafSlots,
  membersOf,
  moduleMark,
  namedBranches,
  slotsOf,
  unique,
  type Leaf,
  type Member,
} from './tree.ts'

export type AnyModule = Module<any, any>

/** Modules whose mode is that of what runs them. */
let forced: { readonly modules: ReadonlySet<object>; readonly training: boolean } | null = null
/**
 * @internal Runs `body` with the module and all below it in a mode, whatever theirs is: nothing changes that programs
 * are guarded by.
 */
export function inMode<R>(module: AnyModule, training: boolean, body: () => R): R {
  const outer = forced
  forced = { modules: new Set(module.modules()), training }
  try {
    return body()
  } finally {
    forced = outer
  }
}

function missingForward(this: object): never {
  const name = this.constructor.name
  throw new DiffeoError(
    `${name} has no forward: write what it computes as a method, class ${name} { forward(x) { … } }`,
  )
}

/**
 * A mapping with parameters. Write `forward`, and keep parameters, buffers and other modules in properties (arrays and
 * plain objects of them are found too): everything else follows.
 *
 * ```ts
 * class Residual extends nn.Module {
 *   inner = new nn.Linear(8, 8)
 *   forward(x: Tensor): Tensor { return x.add(this.inner.forward(x).relu()) }
 * }
 * ```
 *
 * `forward` is called as it is: the base class puts a wrapper before it, on the instance, so that errors name the
 * module's path and hooks run. Properties marked `#private` cannot be seen, and `summary` and `fit` say so if one is
 * used.
 */
export abstract class Module<In extends unknown[] = [Tensor], Out = Tensor> {
  #training = true
  #hooks: readonly ForwardHook<any, any, any>[] = []

  constructor() {
    const method = this.forward as ((...args: In) => Out) | undefined ?? missingForward
    const wrapped = (...args: In): Out =>
      callForward(this as unknown as Called, () => this.#hooks as never, () => method.apply(this, args), args) as Out
    Object.defineProperty(this, 'forward', { value: wrapped, writable: true, configurable: true, enumerable: false })
  }

  /** What the module computes. */
  abstract forward(...args: In): Out

  /** @internal */
  get [moduleMark](): true { return true }
  /** @internal What the module holds: overridden where names are not the properties'. */
  members(): Iterable<Member> { return membersOf(this) }
  /** One line: the class, and the sizes that matter. */
  describe(): string { return this.constructor.name }

  // ---- what it holds; whatever is shared comes once, under its first name ----

  namedParameters(): [string, Parameter][] {
    return this.#leaves().filter((e): e is [string, Parameter] => e[1] instanceof Parameter)
  }
  parameters(): Parameter[] { return this.namedParameters().map(([, p]) => p) }
  namedBuffers(): [string, Buffer][] {
    return this.#leaves().filter((e): e is [string, Buffer] => e[1] instanceof Buffer)
  }
  buffers(): Buffer[] { return this.namedBuffers().map(([, b]) => b) }
  #leaves(): [string, Leaf][] { return unique(leafSlots(this).map(s => [s.name, s.value] as const)) }

  /** The modules directly inside. */
  namedChildren(): [string, AnyModule][] {
    return unique(slotsOf(this).flatMap(s => (isBranch(s.value) ? [[s.name, s.value as AnyModule] as const] : [])))
  }
  children(): AnyModule[] { return this.namedChildren().map(([, m]) => m) }
  /** This module (under '') and all below it. */
  namedModules(): [string, AnyModule][] { return namedBranches<AnyModule>(this) }
  modules(): AnyModule[] { return this.namedModules().map(([, m]) => m) }

  // ---- state ----

  /** The values of all parameters and buffers by name: a snapshot, which later steps do not change. */
  stateDict(): Record<string, Tensor> { return stateOf(this) }
  /**
   * Takes values by name, all or none. Keys that are missing or unexpected are an error unless `strict` is false; a
   * value of another shape always is. Values are cast to the dtype that is there.
   * @throws DataError, ShapeError @example model.loadStateDict(await load('model.safetensors'))
   */
  loadStateDict(state: Readonly<Record<string, Tensor>>, options: { strict?: boolean } = {}): LoadResult {
    checkOptions('loadStateDict', options, { strict: true })
    return loadState(this, state, options.strict ?? true)
  }

  // ---- modes ----

  /** Whether layers that behave otherwise in training (dropout, batch norm) are in that mode. */
  get training(): boolean { return forced?.modules.has(this) ? forced.training : observe(() => this.#training) }
  /** Training mode for the module and all below it. */
  train(mode = true): this {
    for (const module of this.modules()) module.#training = mode
    configuration.changed()
    return this
  }
  /** Evaluation mode: dropout passes everything, batch norm uses its running statistics. */
  eval(): this { return this.train(false) }

  /** Optimizers leave all parameters of the module alone from now on. */
  freeze(): this { return this.#setFrozen(true) }
  unfreeze(): this { return this.#setFrozen(false) }
  #setFrozen(frozen: boolean): this {
    for (const p of this.parameters()) p.frozen = frozen
    return this
  }

  /** Parameters and buffers in another float dtype (those of integers stay), or on another device. */
  to(target: DType | Device): this {
    const isType = target in dtypeBytes
    if (isType && !isFloat(target as DType))
      throw new DTypeError(
        `to: parameters are floats, '${target}' is not: use 'float16', 'bfloat16', 'float32' or 'float64'`,
      )
    for (const [, leaf] of this.#leaves()) {
      const moved = isType && !isFloat(leaf.dtype) ? leaf.detach() : leaf.detach().to(target)
      if (moved.dtype !== leaf.dtype || moved.device !== leaf.device) leaf.replace(moved)
    }
    return this
  }

  /**
   * Calls `fn` with every module, those inside first. @example model.apply(m => { if (m instanceof nn.Linear)
   * nn.init.zeros(m.weight) })
   */
  apply(fn: (module: AnyModule) => void): this {
    for (const module of this.modules().reverse()) fn(module)
    return this
  }

  /**
   * Calls `hook(module, inputs, output)` after every forward; an output that it returns takes the place of the other.
   * Returns the function that takes the hook away. @example const stop = conv.onForward((m, x, map) => { maps.push(map)
   * })
   */
  onForward(hook: ForwardHook<this, In, Out>): () => void {
    this.#hooks = [...this.#hooks, hook]
    configuration.changed()
    return () => {
      this.#hooks = this.#hooks.filter(h => h !== hook)
      configuration.changed()
    }
  }

  /**
   * A table of the modules with the shapes of their outputs and their numbers of parameters, for an input of this shape
   * (batch axis included). Nothing is computed. @example console.log(model.summary([1, 1, 28, 28]))
   */
  summary(inputShape: readonly number[] | readonly (readonly number[])[], options?: SummaryOptions): string {
    return summarize(this, inputShape, options)
  }

  /** The modules as a tree. */
  toString(): string {
    const inner = this.namedChildren().map(([name, m]) => `  (${name}): ${String(m).replaceAll('\n', '\n  ')}\n`)
    return inner.length > 0 ? `${this.describe()}(\n${inner.join('')})` : this.describe()
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string { return this.toString() }
}
