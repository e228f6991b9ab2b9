/** What the tests of training share: a small problem, a model for it, a folder. */
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import '../../../src/index.node.ts'
import { installFileSystem, nodeFileSystem } from '../../../src/io/index.ts'
import * as nn from '../../../src/nn/index.ts'
import * as optim from '../../../src/optim/index.ts'
import { seed, tensor, type Tensor } from '../../../src/tensor/index.ts'
import { generator } from '../io/support.ts'

installFileSystem(nodeFileSystem(fs))

export const temporary = (): Promise<string> => fs.mkdtemp(join(tmpdir(), 'diffeo-'))

/** Points in the plane in two classes, one inside of a circle. */
export function circle(count: number): { x: Float32Array; y: Int32Array } {
  const next = generator(11)
  const x = Float32Array.from({ length: count * 2 }, () => next(2000) / 1000 - 1)
  const y = Int32Array.from({ length: count }, (_, i) => (x[2 * i] ** 2 + x[2 * i + 1] ** 2 < 0.5 ? 1 : 0))
  return { x, y }
}

/** Batches that are shuffled by a state that can be saved; the last one is smaller. */
export class Batches {
  epoch = 0
  position = 0
  readonly count: number
  readonly size: number
  readonly #data: { x: Float32Array; y: Int32Array }
  constructor(count = 50, size = 16) {
    this.count = count
    this.size = size
    this.#data = circle(count)
  }
  get length(): number { return Math.ceil(this.count / this.size) }
  state(): { epoch: number; position: number } { return { epoch: this.epoch, position: this.position } }
  loadState(state: { epoch: number; position: number }): void { Object.assign(this, state) }
  async *[Symbol.asyncIterator](): AsyncGenerator<[Tensor, Tensor]> {
    const next = generator(this.epoch)
    const order = Array.from({ length: this.count }, (_, i) => i)
    for (let i = order.length - 1; i > 0; i--) {
      const j = next(i + 1)
      ;[order[i], order[j]] = [order[j], order[i]]
    }
    for (let at = this.position * this.size; at < this.count; at += this.size) {
      this.position++
      const ids = order.slice(at, at + this.size)
      const x = Float32Array.from(ids.flatMap(i => [this.#data.x[2 * i], this.#data.x[2 * i + 1]]))
      yield [tensor(x, { shape: [ids.length, 2] }), tensor(Int32Array.from(ids, i => this.#data.y[i]))]
    }
    this.epoch++
    this.position = 0
  }
}

export function network(dropout = 0): nn.Module<[Tensor], Tensor> {
  seed(5)
  return new nn.Sequential(new nn.Linear(2, 16), new nn.Tanh(), new nn.Dropout(dropout), new nn.Linear(16, 2))
}
export const adam = (model: nn.Module<[Tensor], Tensor>, lr = 0.02): optim.Adam =>
  new optim.Adam(model.parameters(), { lr })

export async function weights(model: nn.Module<[Tensor], Tensor>): Promise<number[]> {
  const all = await Promise.all(Object.values(model.stateDict()).map(t => t.data()))
  return all.flatMap(a => [...a])
}
