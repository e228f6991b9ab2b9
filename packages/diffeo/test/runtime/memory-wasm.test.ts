/** @file Memory stays flat on 'wasm': compiled and not, awaiting and not, in a process with a small heap. */
import { afterAll, beforeAll, describe, it } from 'vitest'
import { Workshop } from './support/child.ts'
import { expectFlat, type Loop } from './support/loops.ts'

let shop: Workshop
beforeAll(async () => { shop = await Workshop.open() })
afterAll(() => shop.close())

const device = 'wasm'
const loops: readonly Omit<Loop, 'device'>[] = [
  { model: 'mlp', compiled: true, turn: 'await', count: 10_000 },
  { model: 'mlp', compiled: true, turn: 'sync', count: 10_000 },
  { model: 'mlp', compiled: true, turn: 'drop', count: 10_000 },
  { model: 'cnn', compiled: true, turn: 'await', count: 1_000 },
  { model: 'mlp', compiled: false, turn: 'await', count: 2_000 },
  { model: 'mlp', compiled: false, turn: 'sync', count: 2_000 },
  { model: 'cnn', compiled: false, turn: 'item-first', count: 2_000 },
]
describe('memory is flat', () => {
  for (const loop of loops) {
    it(`${loop.compiled ? 'compiled' : 'uncompiled'} ${loop.model}, ${loop.turn}, ${loop.count} steps`,
      () => expectFlat(shop, { device, ...loop }), 180_000)
  }
})
