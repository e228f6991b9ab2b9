/**
 * @file Every layer and loss that nn exports, through the same checks on every backend: values, gradients and state
 * against the interpreter in float64 (whose gradients are compared with differences), training and evaluation, the
 * state dict, functionalCall, compile, a step of training, vmap. A layer that is not in the table fails here.
 */
import { afterAll, describe, expect, test } from 'vitest'
import { installExecutor } from '../../../src/graph/executor.ts'
import { CompiledExecutor } from '../../../src/runtime/compiled-executor.ts'
import { InterpExecutor } from '../../../src/runtime/interp-executor.ts'
import * as nn from '../../../src/nn/index.ts'
import { backends } from '../support/backends.ts'
import type { Entry } from './entry.ts'
import { checkDifference, checkLayer, truthOf, type Truth } from './harness.ts'
import { elementwise } from './table/elementwise.ts'
import { losses } from './table/losses.ts'
import { sequence } from './table/sequence.ts'
import { spatial } from './table/spatial.ts'

const table: readonly Entry[] = [...elementwise, ...spatial, ...sequence, ...losses]
const interp = new InterpExecutor()
afterAll(() => installExecutor(interp))

test('every exported module is in the table', () => {
  const exported = Object.entries(nn).filter(([, x]) => typeof x === 'function' && x.prototype instanceof nn.Module)
  const there = new Set(table.map(e => e.layer))
  expect(exported.map(([name]) => name).filter(name => !there.has(name))).toEqual([])
})

const truths = new Map<Entry, Truth>()
function truth(entry: Entry): Truth {
  const known = truths.get(entry) ?? truthOf(entry)
  truths.set(entry, known)
  return known
}

describe('gradients against differences, in float64', () => {
  for (const entry of table.filter(e => !e.without?.gradients))
    test(`${entry.layer}: ${entry.variant}`, () => checkDifference(entry, truth(entry)))
})

const executors = [
  { name: 'interp', executor: interp },
  ...backends().map(({ name, linker, target }) =>
    ({ name, executor: new CompiledExecutor({ device: name === 'wasm' ? 'wasm' : 'native', linker, target }) })),
]
for (const { name, executor } of executors) {
  describe(name, () => {
    for (const entry of table)
      test(`${entry.layer}: ${entry.variant}`, () => checkLayer(entry, truth(entry), executor))
  })
}
