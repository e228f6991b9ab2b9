/** @file The recipes on tables and series, and the autoencoders: short ones whole, where their data is here. */
import { describe, expect, test } from 'vitest'
import { datasets } from '@diffeo/node'
import { reached, run } from './run.ts'

/** Whether there is data; what is wrong with it is no reason to leave a test out. */
const isHere = (read: Promise<unknown>): Promise<boolean> =>
  read.then(() => true, (error: unknown) => {
    if (error instanceof datasets.MissingData) return false
    throw error
  })
const hasTables = await isHere(datasets.scikitLearn('diabetes'))
const hasSeries = await isHere(datasets.electricityDemand())

describe.skipIf(!hasTables)('tables (the wheel of scikit-learn)', () => {
  test('regression: below MLPRegressor as it is, its targets scaled too', { timeout: 300_000 }, async () => {
    const { measures: [{ value, atMost, baselines = {} }] } = await run('regression')
    expect(value).toBeLessThan(baselines['as it is, targets scaled too'])
    expect(atMost).toBe(baselines['tuned by cross-validation'])
  })

  test(
    'tabular-classification, one split of each: by far better than chance after an epoch',
    { timeout: 120_000 },
    async () => {
      const { measures } = await run('tabular-classification', { quick: true })
      expect(measures.map(m => m.name)).toEqual(
      ['breast-cancer', 'wine', 'digits'].map(name => `accuracy on ${name}, mean of 1 splits`))
    for (const { value, atLeast } of measures) {
      expect(value).toBeGreaterThan(0.5)
      expect(atLeast).toBeGreaterThan(0.9)
    }
  })

  test('what the sets are', async () => {
    const shapes = { diabetes: 442, 'breast-cancer': 569, wine: 178, iris: 150, digits: 1797, linnerud: 20 }
    for (const name of datasets.scikitLearnNames) {
      const { x, y, featureNames, classNames } = await datasets.scikitLearn(name)
      expect([x.shape[0], y.shape[0], x.shape[1]]).toEqual([shapes[name], shapes[name], featureNames.length])
      if (classNames.length > 0) expect(await y.max().item()).toBe(classNames.length - 1)
    }
  })
})

describe.skipIf(!hasSeries)('series (the wheel of statsmodels)', () => {
  test('forecasting: an error below that of ridge regression', { timeout: 300_000 }, async () => {
    const ran = await run('forecasting')
    expect(reached(ran)).toBe(true)
    const [{ atMost, baselines }] = ran.measures
    expect(atMost).toBe(baselines!['ridge regression of the same changes'])
    expect(ran.lines.join('\n')).toContain('2569 windows until 2012-05-02 00:00 to train, 649 from then on to test')
  })
})

describe('autoencoders, a few steps', () => {
  test('autoencoder', { timeout: 120_000 }, async () => {
    const { measures: [{ value, baselines }], lines } = await run('autoencoder', { quick: true })
    // 0.23 before the first step: all gray
    expect(value).toBeLessThan(0.22)
    expect(Object.values(baselines!).every(v => v > 0.01 && v < 0.1)).toBe(true)
    expect(lines.join('\n')).toContain('what principal components give back')
  })

  test('variational-autoencoder', { timeout: 120_000 }, async () => {
    const { measures: [{ value, baselines }], lines } = await run('variational-autoencoder', { quick: true })
    // −784 log 2 before the first step: any pixel as likely black as white
    expect(value).toBeGreaterThan(-520)
    expect(baselines!['independent pixels']).toBeGreaterThan(-300)
    expect(lines).toContain('digits that the network drew:')
  })
})
