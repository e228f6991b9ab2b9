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
  test('regression: an error at most that of MLPRegressor, tuned', { timeout: 300_000 }, async () => {
    const ran = await run('regression')
    expect(reached(ran)).toBe(true)
    const [{ value, baselines }] = ran.measures
    expect(value).toBeLessThan(baselines!['ridge regression'])
  })

  test('tabular-classification: as accurate as MLPClassifier', { timeout: 300_000 }, async () => {
    const ran = await run('tabular-classification')
    expect(ran.measures).toHaveLength(3)
    expect(reached(ran)).toBe(true)
  })

  test('anomaly: runs, and tells most tumours apart after three steps', { timeout: 120_000 }, async () => {
    const { measures: [digits, tumours] } = await run('anomaly', { quick: true })
    for (const { value, baselines } of [digits, tumours]) {
      expect(value).toBeGreaterThan(0.8)
      expect(baselines!['nearest neighbour']).toBeGreaterThan(0.9)
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
  test('forecasting: an error below nine tenths of the seasonal naive one', { timeout: 300_000 }, async () => {
    const ran = await run('forecasting')
    expect(reached(ran)).toBe(true)
    const [{ value, baselines }] = ran.measures
    expect(value).toBeLessThan(baselines!['ridge regression of the same changes'])
    expect(ran.lines.join('\n')).toContain('2569 windows until 2012-05-02 00:00 to train, 649 from then on to test')
  })
})

describe('autoencoders, a few steps', () => {
  test('autoencoder', { timeout: 120_000 }, async () => {
    const { measures: [{ value, baselines }], lines } = await run('autoencoder', { quick: true })
    expect(value).toBeLessThan(0.3)
    expect(Object.values(baselines!).every(v => v > 0.01 && v < 0.1)).toBe(true)
    expect(lines.join('\n')).toContain('what principal components give back')
  })

  test('variational-autoencoder', { timeout: 120_000 }, async () => {
    const { measures: [{ value, baselines }], lines } = await run('variational-autoencoder', { quick: true })
    expect(value).toBeGreaterThan(-600)
    expect(baselines!['independent pixels']).toBeGreaterThan(-300)
    expect(lines).toContain('digits that the network drew:')
  })
})
