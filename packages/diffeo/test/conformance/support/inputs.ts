/** @file Inputs of graphs, filled with the same numbers at every run. */
import { placeholder } from '../../../src/graph/build.ts'
import type { Node } from '../../../src/graph/node.ts'
import type { NDArray } from '../../../src/ops/record.ts'

/** Inputs of one case, of float32 between −½ and ½ (Numerical Recipes' congruential generator). */
export class Inputs {
  readonly feeds = new Map<Node, NDArray>()
  #state: number
  constructor(seed: number) { this.#state = seed }

  #random(): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) | 0
    return (this.#state >>> 0) / 2 ** 32 - 0.5
  }
  next(...shape: number[]): Node {
    const n = placeholder(this.feeds.size, shape, 'float32')
    const data = Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => Math.fround(this.#random()))
    this.feeds.set(n, { shape, dtype: 'float32', data })
    return n
  }
}
