import { expect, test } from 'vitest'
import '../metrics/setup.ts'
import * as metrics from '../../../src/metrics/index.ts'
import { namedMetrics, type MetricName } from '../../../src/train/measures.ts'

/** As the message for a name that is unknown lists them. */
function names(): MetricName[] {
  try {
    namedMetrics(['nothing' as MetricName])
  } catch (error) {
    return /there are (.*), and any/.exec((error as Error).message)![1].split(', ') as MetricName[]
  }
  return expect.fail('a metric is called nothing')
}

test('each metric of tensors that computes a number has a name, which is its own', () => {
  const named = namedMetrics(names())
  for (const { name, metric } of named) expect(metric.name).toBe(name)
  const without = ['ConfusionMatrix', 'MeanAveragePrecision', 'ROC', 'PrecisionRecallCurve']
  const ofTexts = ['BLEU', 'ChrF', 'RougeN', 'RougeL', 'WordErrorRate', 'CharacterErrorRate']
  const classes = Object.keys(metrics).filter(name => /^[A-Z]/.test(name) && ![...without, ...ofTexts].includes(name))
  expect(named.map(m => m.metric.constructor.name).sort()).toEqual(classes.sort())
})
