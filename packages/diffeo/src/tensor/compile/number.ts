/**
 * @file A number argument inside a trace: an input of the program that looks like a 0-d tensor, and is as weak as a
 * number.
 */
import type { DType } from '../../graph/dtype.ts'
import type { Node } from '../../graph/node.ts'
import { atUserLine } from '../../util/caller.ts'
import { TraceError } from '../../util/errors.ts'
import type { Weak } from '../functions/promote.ts'
import { Tensor } from '../tensor.ts'

const scalar = { shape: [], dtype: 'float32' } as const

export class TracedNumber extends Tensor {
  readonly #weak: Weak

  constructor(weak: Weak, device: Tensor['device']) {
    super(null as unknown as Node, scalar, device)
    this.#weak = weak
  }

  override get weak(): Weak { return this.#weak }
  protected override resolve(): Node { return this.#weak.as('float32') }
  protected override isDisposed(): boolean { return false }
  protected override stored(): null { return null }
  override valueOf(): never { throw askedForNumber() }
  // as text too: it would be the key in table[n]
  override [Symbol.toPrimitive](): never { throw askedForNumber() }
}

const askedForNumber = (): TraceError =>
  new TraceError(
    `the value of a number argument was asked for while tracing${atUserLine()}: it is an input ` +
      'of the program, like a tensor. Compute with it as x.mul(n), where(x.lt(n), a, b); if the program depends on it, pass it as a string.',
  )

/** Hands out the node of a number in each dtype it is met in. */
export class NumberInput implements Weak {
  readonly weak = true
  /** Whether it counts as an integer here; null as long as nobody asked. */
  whole: boolean | null = null
  readonly #value: number
  readonly #nodes = new Map<DType, Node>()
  readonly #fresh: (dtype: DType) => Node

  constructor(value: number, fresh: (dtype: DType) => Node) {
    this.#value = value
    this.#fresh = fresh
  }
  as(dtype: DType): Node {
    const known = this.#nodes.get(dtype) ?? this.#fresh(dtype)
    this.#nodes.set(dtype, known)
    return known
  }
  isInteger(): boolean { return this.whole ??= Number.isInteger(this.#value) }
}
