import { expect, test } from 'vitest'
import { run } from './run.ts'

test('transfer, some steps with one digit: what is reached, beside the network from scratch and the nearest neighbour',
  { timeout: 120_000 }, async () => {
    const { measures, lines } = await run('transfer', { quick: true })
    expect(measures.map(m => m.name)).toEqual([5, 20].map(n => `area under the ROC curve, from ${n} examples`))
    for (const { value, atLeast, baselines = {} } of measures) {
      // more than by chance after three steps: it is what is frozen that tells digits apart
      expect(value).toBeGreaterThan(0.6)
      expect(atLeast).toBeGreaterThanOrEqual(baselines['nearest neighbour'])
      // the neighbour needs no training: it is as good as ever
      expect(baselines['nearest neighbour']).toBeGreaterThan(0.8)
    }
    expect(lines.filter(l => /^9 from (5|20): frozen/.test(l))).toHaveLength(2)
  })
