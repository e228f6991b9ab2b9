/** @file What the grouping rule takes for a map. */
import { expect, test } from 'vitest'
import { isElementwise, records } from '../../../src/ops/index.ts'
import type { Op } from '../../../src/graph/node.ts'

test('elementwise primitives are those that batch element by element', () => {
  const found = (Object.keys(records) as Op[]).filter(isElementwise).sort()
  expect(found).toEqual([
    'add',
    'and',
    'bitcast',
    'cast',
    'cos',
    'div',
    'equal',
    'erf',
    'exp',
    'exp2',
    'expm1',
    'floor',
    'idiv',
    'less',
    'log',
    'log1p',
    'log2',
    'maximum',
    'minimum',
    'mod',
    'mul',
    'neg',
    'not',
    'or',
    'pow',
    'reciprocal',
    'round',
    'shl',
    'shr',
    'sin',
    'sqrt',
    'tanh',
    'trunc',
    'where',
    'xor',
  ])
})
