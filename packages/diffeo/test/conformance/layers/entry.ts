/** @file What the table says of a layer, and the numbers that its inputs are made of. */
import type { AnyModule } from '../../../src/nn/index.ts'
import * as nn from '../../../src/nn/index.ts'
import { tensor, type Tensor } from '../../../src/tensor/index.ts'

export interface Entry {
  /** The exported class. */
  readonly layer: string
  readonly variant: string
  make(): AnyModule
  /** What `forward` takes: float tensors are differentiated, and all tensors are batched by vmap. */
  inputs(s: Source): readonly unknown[]
  /** The module's result for these inputs, where it is not `module.forward(...inputs)`. */
  call?(module: AnyModule, ...inputs: any[]): unknown
  /** Why a check says nothing of this layer. */
  readonly without?: { readonly [check in Check]?: string }
}
/** `vmap`: in training mode too. `step`: a step of training. `gradients`: all that has to do with them. */
export type Check = 'vmap' | 'vmapInTraining' | 'step' | 'gradients'

/** Numbers that a seed gives (mulberry32), the same on every backend. */
export class Source {
  #state: number
  constructor(seed: number) { this.#state = seed }

  next(): number {
    this.#state = this.#state + 0x6d2b79f5 | 0
    let t = Math.imul(this.#state ^ this.#state >>> 15, 1 | this.#state)
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t
    return ((t ^ t >>> 14) >>> 0) / 2 ** 32
  }
  #fill(shape: readonly number[], value: () => number): Float64Array {
    return Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, value)
  }
  between(low: number, high: number, ...shape: number[]): Tensor {
    return tensor(Float32Array.from(this.#fill(shape, () => low + (high - low) * this.next())), { shape })
  }
  floats(...shape: number[]): Tensor { return this.between(-1.5, 1.5, ...shape) }
  ints(below: number, ...shape: number[]): Tensor {
    return tensor(Int32Array.from(this.#fill(shape, () => Math.floor(below * this.next()))), { shape })
  }
  /** One of the values in each place. */
  among(values: readonly number[], ...shape: number[]): Tensor {
    const data = this.#fill(shape, () => values[Math.floor(values.length * this.next())])
    return tensor(Float32Array.from(data), { shape })
  }
  bools(...shape: number[]): Tensor {
    return tensor(Uint8Array.from(this.#fill(shape, () => Math.floor(2 * this.next()))), { shape, dtype: 'bool' })
  }
}

type Inputs = (s: Source) => readonly unknown[]
const classes = nn as unknown as Record<string, new (...args: unknown[]) => AnyModule>

/** An entry whose module is `new nn[layer](...args)`. */
export function of(layer: string, args: readonly unknown[], inputs: Inputs, more: Partial<Entry> = {}): Entry {
  const variant = args.length > 0 ? JSON.stringify(args).slice(1, -1) : 'as it is'
  return { layer, variant, make: () => new classes[layer](...args), inputs, ...more }
}

/** One input of a shape. */
export const shape = (...sizes: number[]): Inputs => s => [s.floats(...sizes)]
