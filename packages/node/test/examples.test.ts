import { expect, test } from 'vitest'
import p2 from '../../../examples/p2-by-hand.ts'
import p6 from '../../../examples/p6-chain-rule.ts'

const quiet = (): void => {}

test('P2: a network by hand agrees with autodiff', async () => {
  const lines: string[] = []
  expect(await p2({ print: line => lines.push(line) })).toBeLessThanOrEqual(1e-6)
  expect(lines[0]).toBe('linear (the worked example): hidden [6, 13, 20], y 93, loss 1849')
  expect(lines.filter(l => l.includes('ok'))).toHaveLength(22)
})

test('P6: two sigmoid layers with the chain rule written out agree with autodiff, and learn', async () => {
  const { difference, loss } = await p6({ print: quiet })
  expect(difference).toBeLessThanOrEqual(1e-6)
  expect(loss).toBeLessThan(0.01)
})
