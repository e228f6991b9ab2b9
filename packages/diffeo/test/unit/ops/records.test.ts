/** @file The table: every rule of every primitive, on all its cases. A primitive without a case fails. */
import { describe, expect, test } from 'vitest'
import type { Op } from '../../../src/graph/node.ts'
import { recordOf, records } from '../../../src/ops/index.ts'
import { cases } from './cases/index.ts'
import * as check from './support/check.ts'

/** Values that are there already, or that walks take apart: nothing to evaluate. */
const leaves: readonly Op[] = ['buffer', 'read', 'placeholder', 'pick']

describe.each(Object.keys(records) as Op[])('%s', op => {
  const own = cases.filter(c => c.op === op)
  const record = recordOf(op)

  test('is in the table', () => {
    if (leaves.includes(op)) return
    expect(own.length).toBeGreaterThan(0)
    expect(record.evaluate).toBeDefined()
    expect(record.vjp).toBeDefined()
    expect(record.jvp).toBeDefined()
    if (own.some(c => c.inputs.length > 0)) expect(record.batch).toBeDefined()
  })
  if (own.length === 0) return

  test.each(own)('$name', c => {
    check.checkValue(c)
    check.checkRounded(c)
    check.checkLower(c)
    check.checkDerivatives(c)
    check.checkTranspose(c)
    check.checkSecond(c)
    check.checkStatedGradient(c)
    check.checkBatch(c)
  })
})
