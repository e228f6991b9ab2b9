import { expect, test } from 'vitest'
import p1 from '../../../examples/p1-mnist-cnn.ts'
import p2 from '../../../examples/p2-by-hand.ts'
import p6 from '../../../examples/p6-chain-rule.ts'
import p7 from '../../../examples/p7-mnist-mlp.ts'

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

test('P1: the convolutional network reads 2,000 digits that it has not seen', { timeout: 300_000 }, async () => {
  const lines: string[] = []
  expect(await p1({ print: line => lines.push(line) })).toBeGreaterThanOrEqual(0.97)
  expect(lines.join('\n')).toContain('225,034 parameters')
  expect(lines.filter(l => l.startsWith('epoch'))).toHaveLength(5)
})

test('P7: one hidden layer reads at least 95 % of them', { timeout: 120_000 }, async () => {
  expect(await p7({ print: quiet })).toBeGreaterThanOrEqual(0.95)
})
