/** @file Parameters that are computed from others: `torch.nn.utils.parametrize`. */
import { Parameter, type Tensor } from '../../tensor/index.ts'
import { DataError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import { Module, type AnyModule } from '../module.ts'
import { isLeaf, type Leaf, type Member } from '../tree.ts'
import { compute, placeOf, store, type Place } from './computed.ts'

/** Makes a parameter of one or several others. */
export interface Parametrization extends AnyModule {
  /** What is trained, given the value that is to come out. */
  rightInverse?(value: Tensor): Tensor | readonly Tensor[]
  /** Called at the start of each forward pass of the layer in training, before `forward`. */
  update?(...originals: Tensor[]): void
}

/** The parts that make one parameter, and what they begin with: `original`, or `original0`, `original1`, …. */
export class ParametrizationList extends Module<[], Tensor> {
  readonly #parts: Parametrization[]
  readonly #keys: readonly string[]

  constructor(parts: readonly Parametrization[], originals: readonly Leaf[]) {
    super()
    this.#parts = [...parts]
    this.#keys = originals.map((_, i) => (originals.length > 1 ? `original${i}` : 'original'))
    this.#keys.forEach((key, i) => Object.assign(this, { [key]: originals[i] }))
  }

  /** @internal */
  override members(): Member[] {
    const owner = this.#parts
    return [...super.members(), ...owner.map((value, i) => ({ name: String(i), value, owner, key: String(i) }))]
  }
  append(part: Parametrization): this {
    this.#parts.push(part)
    return this
  }
  /** What is trained; inside functionalCall the values that stand for it. */
  get originals(): Tensor[] { return this.#keys.map(key => (this as unknown as Record<string, Tensor>)[key]) }

  /** Lets the parts move what they keep, as in training. */
  update(): void { this.#parts[0].update?.(...this.originals) }
  override forward(): Tensor {
    const [first, ...rest] = this.#parts
    return rest.reduce((value, part) => part.forward(value) as Tensor, first.forward(...this.originals) as Tensor)
  }
}

type Lists = Record<string, ParametrizationList>
interface Parametrized { parametrizations?: Lists }
/** How a module computes without parametrizations, and where the parameters were. */
const plain = new WeakMap<AnyModule, { forward: AnyModule['forward']; places: Map<string, Place> }>()

/** Whether a parameter of the module (any, without a name) is computed by parametrizations. */
export function isParametrized(module: AnyModule, name?: string): boolean {
  const lists = (module as Parametrized).parametrizations ?? {}
  return name === undefined ? Object.keys(lists).length > 0 : name in lists
}

/** Once a forward pass: buffers of the parts move in training, and each parameter is computed once. */
function wrapForward(module: AnyModule): Map<string, Place> {
  const known = plain.get(module)
  if (known) return known.places
  const { forward } = module
  const places = new Map<string, Place>()
  plain.set(module, { forward, places })
  let current: ReadonlyMap<string, Tensor> | null = null
  reading.set(module, name => current?.get(name) ?? (module as Parametrized).parametrizations![name].forward())
  module.forward = (...args: unknown[]) => {
    const outer = current
    const lists = Object.entries((module as Parametrized).parametrizations ?? {})
    if (module.training) for (const [, list] of lists) list.update()
    current = new Map(lists.map(([name, list]) => [name, list.forward()]))
    try {
      return forward(...args)
    } finally {
      current = outer
    }
  }
  return places
}
const reading = new WeakMap<AnyModule, (name: string) => Tensor>()

/**
 * From now on the parameter is what the parametrization makes of `original` (which is trained): `parametrizations.
 * weight.original` in state dicts. A second one takes what the first gives.
 *
 * @param module - has the parameter itself
 * @param name - of the parameter: 'weight'
 * @param parametrization - a module from a tensor to a tensor of the same shape
 * @throws DataError where there is no such parameter
 * @example
 * class Symmetric extends nn.Module { forward(x: Tensor): Tensor { return x.triu().add(x.triu(1).T) } }
 * const layer = nn.utils.registerParametrization(new nn.Linear(3, 3), 'weight', new Symmetric())
 */
export function registerParametrization<M extends AnyModule>(
  module: M, name: string, parametrization: Parametrization,
): M {
  const owner = module as M & Parametrized
  const known = owner.parametrizations?.[name]
  if (known) {
    known.append(parametrization)
    return module
  }
  const place = placeOf('registerParametrization', module, name)
  const value = parametrization.rightInverse?.(place.leaf.detach()) ?? null
  const list = new ParametrizationList([parametrization], originalsOf(place.leaf, value))
  wrapForward(module).set(place.name, place)
  owner.parametrizations = { ...owner.parametrizations, [place.name]: list }
  compute(place, () => reading.get(module)!(place.name))
  return module
}

/** The leaf itself where one tensor is trained; of several, new parameters. */
function originalsOf(leaf: Leaf, value: Tensor | readonly Tensor[] | null): Leaf[] {
  if (value === null) return [leaf]
  if (!Array.isArray(value)) return [leaf.assign(value as Tensor)]
  const made = (v: Tensor, i: number): Parameter => {
    const p = new Parameter(v, { name: `${leaf.name}.original${i}` })
    p.frozen = leaf instanceof Parameter && leaf.frozen
    return p
  }
  return (value as readonly Tensor[]).map(made)
}

/**
 * Takes the parametrizations of a parameter away: it becomes an ordinary one again, with the value that they made.
 * @param options - `leaveParametrized` (true); false: the value of `original` instead, where there is just one
 * @throws DataError where the parameter is not parametrized, or there are several originals to go back to
 */
export function removeParametrizations<M extends AnyModule>(
  module: M, name: string, options: { leaveParametrized?: boolean } = {},
): M {
  checkOptions('removeParametrizations', options, { leaveParametrized: true })
  const owner = module as M & Parametrized
  const list = owner.parametrizations?.[name]
  const base = plain.get(module)
  const place = base?.places.get(name)
  if (!list || !place || !base)
    throw new DataError(`removeParametrizations: '${name}' of ${module.describe()} is not parametrized`)
  const { leaveParametrized = true } = options
  const { originals } = list
  if (!leaveParametrized && originals.length > 1)
    throw new DataError(`removeParametrizations: '${name}' has ${originals.length} originals: leave it parametrized`)
  const value = leaveParametrized ? list.forward().detach() : null
  const [first] = originals
  // the one that was trained goes on, for the optimizers that know it
  const leaf = originals.length === 1 && isLeaf(first) ? first : new Parameter(value!, { name: place.leaf.name })
  if (value && leaf === first) leaf.assign(value)
  store(place, leaf)
  base.places.delete(name)
  const { [name]: _, ...rest } = owner.parametrizations!
  owner.parametrizations = rest
  if (Object.keys(rest).length === 0) restore(owner, base.forward)
  return module
}

function restore(module: AnyModule & Parametrized, forward: AnyModule['forward']): void {
  delete module.parametrizations
  module.forward = forward
  plain.delete(module)
  reading.delete(module)
}
