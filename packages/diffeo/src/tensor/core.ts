/** @file What every tensor is before it has methods: a value around a node, its data, its footguns. */
import { isFloat, type DType } from '../graph/dtype.ts'
import { executor, type Device, type TypedArray } from '../graph/executor.ts'
import { is, sizeOf, type Aval, type Node, type Shape } from '../graph/node.ts'
import { topological } from '../graph/walk.ts'
import { atUserLine, userCall } from '../util/caller.ts'
import { DeviceError, DiffeoError, ShapeError, TraceError } from '../util/errors.ts'
import { whatIs } from '../util/options.ts'
import { isHostArray, toHost, toNested, type HostArray, type NestedArray } from './convert.ts'
import { asNode, shapeText, type Operand, type Weak } from './functions/promote.ts'
import { leafOf, realizeNodes } from './history.ts'
import { show } from './print.ts'
import { askedForValue, compiling, innermost, isTracing, type Scope } from './scope.ts'

/** What an operand may be, for tensors of class T. */
export type Like<T> = T | number | boolean | NestedArray | HostArray

/** Uploads host data: a leaf. */
export function upload(data: TypedArray, shape: Shape, dtype: DType, device?: Device): Node {
  return leafOf(executor().upload(data, dtype, device), { shape, dtype })
}

/** Nodes that several tensors hold: their storages are not freed early. */
const aliased = new WeakSet<Node>()

export abstract class TensorCore<T extends TensorCore<T>> {
  /** @internal */
  protected held: Node | null
  /** @internal */
  protected aval: Aval
  /** @internal The device that holds, or will hold, the value. */
  protected place: Device
  /** @internal The scope in which it was made; null: outside of traces. */
  #scope: Scope | null

  /** As `dispose()`, for `using`. */
  declare readonly [Symbol.dispose]: () => void

  /** @internal */
  constructor(node: Node | null, aval: Aval, device: Device) {
    this.held = node
    this.aval = aval
    this.place = device
    this.#scope = innermost() ?? null
  }

  /** @internal The tensor of a node computed from this one. */
  abstract make(node: Node): T
  /** @internal A number known only when the program runs, or null. */
  get weak(): Weak | null { return null }

  /** @internal The node that stands for the value here: in a trace, what the trace may use. */
  get node(): Node {
    if (this.held && this.#scope === null && !isTracing()) return this.held
    return this.resolve()
  }

  /** @internal */
  protected resolve(): Node {
    if (!this.held) {
      throw new DeviceError(
        `${userCall() || 'an operation'}: the tensor ${shapeText(this.shape)} ${this.dtype} was disposed${atUserLine()}`,
      )
    }
    if (this.#scope && !this.#scope.active) this.#leave(this.#scope)
    if (
      compiling() &&
      !compiling()!.dry &&
      this.#scope === null &&
      this.held.storage === null &&
      this.held.op !== 'constant'
    ) {
      // what was made outside of the trace is an input of the program, not a part of it
      this.settle(realizeNodes([this.held], this.place)[0])
    }
    return this.held
  }

  /** A tensor made in a trace that is over: fine if it needs nothing of the trace. */
  #leave(scope: Scope): void {
    const needs = topological([this.held!], n => n.storage !== null).some(
      n => n.storage === null && (is(n, 'placeholder') || is(n, 'read')),
    )
    if (needs) {
      const name = scope.kind === 'compile' ? `compile('${scope.name}')` : scope.kind
      throw new TraceError(
        `a tensor ${shapeText(this.shape)} made while ${name} was tracing is used after it${atUserLine()}: it has no value. ` +
          'Return it from the function instead of keeping it aside.',
      )
    }
    this.#scope = null
  }

  /** Sizes of the axes. */
  get shape(): readonly number[] { return this.aval.shape }
  /** What an element is: 'float32', 'int32', 'bool', … */
  get dtype(): DType { return this.aval.dtype }
  /** Where the value is computed and held. */
  get device(): Device { return this.place }
  /** Number of elements. */
  get size(): number { return sizeOf(this.shape) }
  /** Number of axes. */
  get rank(): number { return this.shape.length }

  /** @internal An operand of a binary method: a node, or a number that takes the dtype it meets. */
  protected operand(op: string, other: Like<T>): Operand {
    if (typeof other === 'number' || typeof other === 'boolean') return other
    if (other instanceof TensorCore) {
      if (other.place !== this.place && !other.weak) {
        throw new DeviceError(
          `${op}: one tensor is on '${this.place}', the other on '${other.place}': move one with to('${this.place}')`,
        )
      }
      return other.weak ?? other.node
    }
    if (other === null || other === undefined || (!Array.isArray(other) && !isHostArray(other))) {
      throw new ShapeError(`${op}: the other operand is ${whatIs(other)}, not a tensor, a number or an array`)
    }
    // arrays are as weak as numbers: they come in the dtype of the tensor if it can hold them
    const weak = Array.isArray(other) && (isFloat(this.dtype) || wholeNumbers(other)) && this.dtype !== 'bool'
    const { data, shape, dtype } = toHost(other, weak ? this.dtype : undefined)
    return upload(data, shape, dtype, this.place)
  }
  /** @internal The same, as a node: of an argument that is no number (indices, conditions). */
  protected operandNode(op: string, other: Like<T>): Node { return asNode(this.operand(op, other)) }

  /** Throws where there is no value to be had: anywhere in compile, and of what another trace stands for. */
  #mayAsk(what: string): void {
    const scope = compiling() ?? (this.#scope?.active ? this.#scope : undefined)
    if (scope) throw askedForValue(what, scope)
  }

  /** The storage, computing it if need be. */
  #storage(what: string): NonNullable<Node['storage']> {
    this.#mayAsk(what)
    const node = this.node
    if (!node.storage) this.settle(realizeNodes([node], this.place)[0])
    return (this.held ?? node).storage ?? node.storage!
  }
  /** @internal Computes the values of all, in one pass, and gives the nodes that hold them. */
  static realizeAll(tensors: readonly TensorCore<any>[]): Node[] {
    const nodes = tensors.map(t => t.node)
    if (nodes.every(n => n.storage)) return nodes
    for (const place of new Set(tensors.map(t => t.place))) {
      const here = tensors.filter(t => t.place === place)
      realizeNodes(here.map(t => t.node), place).forEach((n, i) => here[i].settle(n))
    }
    return tensors.map((t, i) => t.held ?? nodes[i])
  }
  /** @internal Takes the node that realizing left. */
  protected settle(node: Node): void {
    if (this.held && aliased.has(this.held)) aliased.add(node)
    this.held = node
    if (node.storage) this.place = node.storage.device as Device
  }

  /**
   * A copy of the values, row by row, which the caller owns. float16 and bfloat16 come as Float32Array, bool as
   * Uint8Array.
   * @throws TraceError inside compile. @example const values = await x.data()
   */
  data(): Promise<TypedArray> { return later(() => this.#values('data()')) }
  /** As `data()`, at once. @throws DeviceError where the device cannot. */
  dataSync(): TypedArray { return this.#values('dataSync()') }

  #values(what: string): TypedArray {
    return executor().download(this.#storage(what), this.dtype, this.size)
  }

  /** The one number of a tensor of one element; bool is 0 or 1. @throws ShapeError if there are more. */
  item(): Promise<number> { return later(() => this.#number('item()')) }
  /** As `item()`, at once. */
  itemSync(): number { return this.#number('itemSync()') }

  #number(what: string): number {
    this.#mayAsk(what)
    if (this.size !== 1)
      throw new ShapeError(
        `${what} is for one element, the tensor has shape ${shapeText(this.shape)}: use data() or array()`,
      )
    return this.#values(what)[0]
  }

  /** The values as nested arrays (bool as true and false). @example await tensor([[1, 2]]).array() // [[1, 2]] */
  array<A = any>(): Promise<A> { return later(() => toNested(this.#values('array()'), this.shape, this.dtype) as A) }
  /** As `array()`, at once. */
  arraySync<A = any>(): A { return toNested(this.#values('arraySync()'), this.shape, this.dtype) as A }

  /** Computes the value now. Inside a trace it does nothing. */
  realize(): Promise<this> {
    return later(() => {
      if (!compiling() && !this.#scope?.active) this.#storage('realize()')
      return this
    })
  }

  /** Lets go of the value now instead of when the collector comes; using the tensor afterwards is a DeviceError. */
  dispose(): void {
    const node = this.held
    this.held = null
    if (!node?.storage || aliased.has(node)) return
    // other nodes may hold the storage: it is the storage that says it is gone
    executor().release?.(node.storage)
  }
  /** @internal Says that another tensor holds the same value. */
  protected alias(node: Node): Node {
    aliased.add(node)
    if (this.held) aliased.add(this.held)
    return node
  }

  /** @throws always: operators do not work on tensors. */
  valueOf(): never { throw notANumber() }
  [Symbol.toPrimitive](hint: string): string {
    if (hint === 'string') return this.toString()
    throw notANumber()
  }
  /** @throws always: a tensor is data, not text. */
  toJSON(): never {
    throw new DiffeoError(
      `JSON.stringify of a tensor ${shapeText(this.shape)}: write the values instead, with await t.array()`,
    )
  }
  /** Shape, dtype and device, and the values if they are there; computes nothing. */
  toString(): string {
    // bundlers number names that others have too
    const head = {
      name: this.constructor.name.replace(/\$\d+$/, ''),
      shape: this.shape,
      dtype: this.dtype,
      device: this.place,
    }
    if (this.isDisposed()) return show(head, null, 'disposed')
    const storage = this.stored()
    return show(
      head,
      storage && executor().download(storage, this.dtype, this.size),
      this.#scope?.active ? 'being traced' : 'not computed yet',
    )
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string { return this.toString() }
  /** @internal */
  protected stored(): Node['storage'] { return this.held!.storage }
  /** @internal */
  protected isDisposed(): boolean { return this.held === null }
}

// engines without `using` lack the symbol
if (typeof Symbol.dispose === 'symbol') {
  Object.defineProperty(TensorCore.prototype, Symbol.dispose, {
    value(this: TensorCore<never>) { this.dispose() }, configurable: true, writable: true,
  })
}

const wholeNumbers = (x: unknown): boolean =>
  Array.isArray(x) ? x.every(wholeNumbers) : typeof x === 'number' && Number.isInteger(x)

/**
 * Runs now, and gives the result as a promise. A TraceError is thrown at once: a rejected promise in a function that is
 * traced would be noticed by nobody.
 */
function later<R>(body: () => R): Promise<R> {
  try {
    const result = body()
    const pause = executor().pause?.()
    return pause ? pause.then(() => result) : Promise.resolve(result)
  } catch (error) {
    if (error instanceof TraceError) throw error
    return Promise.reject(error as Error)
  }
}

const notANumber = (): DiffeoError =>
  new DiffeoError(
    `a tensor is not a number${atUserLine()}: for a + b write a.add(b), for a - b a.sub(b), ` +
      'for a * b a.mul(b), for a / b a.div(b), for a < b a.lt(b), for a > b a.gt(b), for a == b a.eq(b); for its value await t.item()',
  )
