import { describe, expect, test } from 'vitest'
import './setup.ts'
import { load, save } from '../../../src/io/index.ts'
import * as metrics from '../../../src/metrics/index.ts'
import { rand, seed, tensor, type Tensor } from '../../../src/tensor/index.ts'

type Kind = 'classes' | 'labels' | 'numbers' | 'rankings' | 'images' | 'texts'
const of: Record<Kind, readonly string[]> = {
  classes: [
    'Accuracy', 'AUROC', 'AveragePrecision', 'BalancedAccuracy', 'BrierScore', 'CalibrationError', 'CohenKappa',
    'ConfusionMatrix', 'Dice', 'F1', 'FBeta', 'Hinge', 'Jaccard', 'LogLoss', 'MatthewsCorrelation', 'Perplexity',
    'PrecisionRecallCurve', 'Precision', 'Recall', 'ROC', 'Specificity',
  ],
  labels: ['ExactMatch', 'HammingLoss'],
  numbers: [
    'ExplainedVariance', 'Kendall', 'MAE', 'MAPE', 'MSE', 'Pearson', 'PSNR', 'R2', 'RMSE', 'SMAPE', 'Spearman',
  ],
  rankings: ['HitRate', 'MAP', 'MRR', 'NDCG', 'PrecisionAtK', 'RecallAtK'],
  images: ['SSIM'],
  texts: ['BLEU', 'CharacterErrorRate', 'ChrF', 'RougeL', 'RougeN', 'WordErrorRate'],
}

const bits = (...values: number[]): Tensor => tensor(values, { dtype: 'int32' })
const batch: Record<Kind, (size: number) => [unknown, unknown]> = {
  classes: n => [rand([n, 3]), bits(...Array.from({ length: n }, (_, i) => i % 3))],
  labels: n => [rand([n, 2]).sub(0.5), rand([n, 2]).gt(0.5).cast('float32')],
  numbers: n => [rand([n, 2]), rand([n, 2])],
  rankings: n => [rand([n, 4]), rand([n, 4]).gt(0.5).cast('float32')],
  images: n => [rand([n, 1, 12, 12]), rand([n, 1, 12, 12])],
  texts: n => [
    Array.from({ length: n }, (_, i) => `the cat sat on ${i}`),
    Array.from({ length: n }, () => 'a cat sat on 1'),
  ],
}

test('each metric is tried here', () => {
  // functions begin with a small letter; of detections: reference/detection.test.ts
  const classes = Object.keys(metrics).filter(name => /^[A-Z]/.test(name) && name !== 'MeanAveragePrecision')
  expect(Object.values(of).flat().sort()).toEqual(classes.sort())
})

describe.each(Object.entries(of) as [Kind, string[]][])(
  'saved between two batches of %s and loaded elsewhere',
  (kind, names) => {
    test.each(names)('%s has the value of one that went through both', async name => {
      seed(3)
      const make = (): metrics.Metric<unknown> => new (metrics as never as Record<string, new () => any>)[name]()
      const [whole, cut, resumed] = [make(), make(), make()]
      const [first, second] = [batch[kind](5), batch[kind](3)] as [never, never][]
      whole.update(...first)
      cut.update(...first)
      const parts: Uint8Array[] = []
      await save(
        part => {
          parts.push(part)
        },
        { metric: cut.stateDict() },
      )
      // what it was told before is gone
      resumed.update(...second)
      resumed.loadStateDict((await load<{ metric: metrics.MetricState }>(Buffer.concat(parts))).metric)
      expect(await resumed.compute()).toEqual(await whole.compute())
      for (const metric of [whole, resumed]) metric.update(...second)
      expect(await resumed.compute()).toEqual(await whole.compute())
      resumed.reset()
      await expect(resumed.compute()).rejects.toThrow(/there was no (batch|text)/)
    })
  },
)

test('one outcome a row stays binary after a state was loaded', async () => {
  const [whole, resumed] = [new metrics.F1(), new metrics.F1()]
  whole.update(tensor([1, -1, 2, -3]), bits(1, 1, 0, 0))
  resumed.loadStateDict(whole.stateDict())
  expect(await resumed.compute()).toBe(await whole.compute())
  expect(await resumed.compute()).toBe(0.5)
})

test('nothing so far is a state too', async () => {
  for (const Metric of [metrics.Accuracy, metrics.AUROC, metrics.R2, metrics.Spearman, metrics.BLEU]) {
    const metric = new Metric()
    metric.loadStateDict(new Metric().stateDict())
    await expect(metric.compute()).rejects.toThrow(/there was no/)
  }
})
