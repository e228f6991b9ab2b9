import { describe, expect, expectTypeOf, test } from 'vitest'
import './setup.ts'
import * as metrics from '../../../src/metrics/index.ts'
import { tensor, zeros, type Tensor } from '../../../src/tensor/index.ts'
import { DataError, DTypeError, ShapeError } from '../../../src/util/errors.ts'

const ids = (...labels: number[]): Tensor => tensor(labels, { dtype: 'int32' })
const scores = (classes: number, ...predicted: number[]): Tensor => ids(...predicted).oneHot(classes).cast('float32')
const after = <R>(metric: metrics.Metric<R>, ...batches: [Tensor, Tensor][]): Promise<R> => {
  for (const [x, y] of batches) metric.update(x, y)
  return metric.compute()
}

describe('averages', () => {
  const batch: [Tensor, Tensor] = [scores(4, 0, 0, 1, 3), ids(0, 1, 1, 0)]
  test('none gives a number a class, and its type', async () => {
    const recalls = await after(new metrics.Recall({ average: 'none' }), batch)
    expectTypeOf(recalls).toEqualTypeOf<number[]>()
    expect(recalls).toEqual([0.5, 0.5, 0, 0])
    expectTypeOf(await after(new metrics.Recall(), batch)).toEqualTypeOf<number>()
  })
  test('macro leaves out what does not occur; a NaN of 0/0 stays with its class', async () => {
    // class 2 does not occur, class 3 was predicted alone
    expect(await after(new metrics.Recall(), batch)).toBeCloseTo(1 / 3, 10)
    expect(await after(new metrics.Recall({ average: 'none', zeroDivision: NaN }), batch)).toEqual([0.5, 0.5, NaN, NaN])
    expect(await after(new metrics.Recall({ average: 'weighted', zeroDivision: NaN }), batch)).toBe(0.5)
  })
  test('specificity: micro and binary', async () => {
    expect(await after(new metrics.Specificity({ average: 'micro' }), batch)).toBeCloseTo(10 / 12, 10)
    expect(await after(new metrics.Specificity(), [tensor([1, -1, -1]), ids(0, 0, 1)])).toBe(0.5)
  })
  test('a task that is said holds against shapes', async () => {
    const hot = tensor([[1, 0], [0, 1]])
    expect(await after(new metrics.F1({ task: 'multiclass' }), [hot, hot])).toBe(1)
    expect(await after(new metrics.Precision({ task: 'binary' }), [tensor([1, -1]), ids(0, 1)])).toBe(0)
  })
  test('pixels of several labels', async () => {
    const x = tensor([1, -1, 1, 1]).reshape(1, 2, 2, 1)
    const y = tensor([1, 0, 0, 1]).reshape(1, 2, 2, 1)
    expect(await after(new metrics.Jaccard({ task: 'multilabel', average: 'none' }), [x, y])).toEqual([1, 0.5])
  })
  test('one class', async () => {
    const one: [Tensor, Tensor] = [scores(3, 1, 1), ids(1, 1)]
    expect(await after(new metrics.F1(), one)).toBe(1)
    expect(await after(new metrics.BalancedAccuracy(), one)).toBe(1)
    expect(await after(new metrics.CohenKappa(), one)).toBe(0)
    expect(await after(new metrics.MatthewsCorrelation(), one)).toBe(0)
  })
  test('errors', () => {
    expect(() => new metrics.F1({ average: 'mean' as never })).toThrow(
      `F1: average is "mean"; there are 'macro', 'micro', 'weighted', 'none'`,
    )
    expect(() => new metrics.F1({ task: 'regression' as never })).toThrow(DataError)
    expect(() => new metrics.CohenKappa({ task: 'multilabel' as never })).toThrow('task is "multilabel"')
    expect(() => new metrics.Accuracy({ task: 'binary', average: 'macro' })).toThrow(
      "average 'macro' is for multiclass",
    )
    expect(() => new metrics.Recall({ task: 'multilabel', topK: 2 })).toThrow('topK is for multiclass')
    expect(() => new metrics.ConfusionMatrix({ task: 'multilabel', ignoreIndex: 2 })).toThrow('topK is for multiclass')
    expect(() => new metrics.Accuracy({ task: 'multilabel' as never })).toThrow('task is "multilabel"')
    expect(() => new metrics.FBeta({ beta: 0 })).toThrow('beta is 0')
    expect(() => new metrics.CohenKappa({ weights: 'cubic' as never })).toThrow('weights is "cubic"')
    const labels = new metrics.Precision({ task: 'multilabel' })
    expect(() => labels.update(zeros([2, 3]), zeros([3, 2]))).toThrow('multilabel ones are both [batch, labels]')
    expect(() => new metrics.HammingLoss().update(zeros([2]), zeros([2]))).toThrow(ShapeError)
    expect(() => new metrics.BalancedAccuracy().update(zeros([2, 3]), zeros([2, 3]))).toThrow('new BalancedAccuracy(')
  })
})

describe('curves', () => {
  test('one class: rates of nothing are NaN, recall of nothing is 1', async () => {
    const batch: [Tensor, Tensor] = [tensor([0.1, 0.2]), ids(0, 0)]
    const [{ tpr, fpr, thresholds }] = await after(new metrics.ROC(), batch)
    expect(tpr).toEqual([NaN, NaN, NaN])
    expect(fpr).toEqual([0, 0.5, 1])
    expect(thresholds[0]).toBe(Infinity)
    const [{ recall, precision }] = await after(new metrics.PrecisionRecallCurve(), batch)
    expect(recall).toEqual([1, 1, 0])
    expect(precision).toEqual([0, 0, 1])
    await expect(after(new metrics.AveragePrecision(), batch)).rejects.toThrow('no example is positive')
  })
  test('a class that does not occur is NaN for itself, and left out of the mean', async () => {
    const batch: [Tensor, Tensor] = [tensor([[3, 1, 0], [1, 3, 0]]), ids(0, 1)]
    expect(await after(new metrics.AUROC({ average: 'none' }), batch)).toEqual([1, 1, NaN])
    expect(await after(new metrics.AveragePrecision({ average: 'none' }), batch)).toEqual([1, 1, NaN])
    for (const average of ['macro', 'weighted'] as const)
      expect(await after(new metrics.AUROC({ average }), batch)).toBe(1)
  })
  test('errors', async () => {
    await expect(new metrics.ROC().compute()).rejects.toThrow('ROC.compute: there was no batch')
    await expect(after(new metrics.PrecisionRecallCurve(), [tensor([NaN]), ids(1)])).rejects.toThrow('a score is NaN')
    expect(() => new metrics.AUROC({ average: 'samples' as never })).toThrow('average is "samples"')
    const pixels = new metrics.AveragePrecision({ task: 'multiclass' })
    expect(() => pixels.update(zeros([1, 2, 3]), ids(0, 1, 0).reshape(1, 3))).toThrow('scores are [N] or [N, C]')
  })
})

describe('probabilities', () => {
  test('certain and wrong is infinitely bad, certain and right costs nothing', async () => {
    const sure = tensor([[1, 0], [0, 1]])
    const from = 'probabilities'
    expect(await after(new metrics.LogLoss({ from }), [sure, ids(0, 1)])).toBeCloseTo(0, 10)
    expect(await after(new metrics.LogLoss({ from }), [sure, ids(0, 0)])).toBe(Infinity)
    expect(await after(new metrics.BrierScore({ from }), [sure, ids(0, 0)])).toBe(1)
    expect(await after(new metrics.CalibrationError({ from }), [sure, ids(0, 1)])).toBe(0)
    expect(await after(new metrics.LogLoss({ from }), [tensor([1, 0]), ids(1, 0)])).toBeCloseTo(0, 10)
  })
  test('logits far from 0', async () => {
    expect(await after(new metrics.LogLoss(), [tensor([200, -200]), ids(0, 0)])).toBe(100)
    expect(await after(new metrics.BrierScore(), [tensor([200, -200]), ids(1, 0)])).toBe(0)
  })
  test('pixels, and one-hot targets once the task is said', async () => {
    const x = zeros([1, 4, 2, 2])
    expect(await after(new metrics.LogLoss(), [x, ids(0, 1, 2, 3).reshape(1, 2, 2)])).toBeCloseTo(Math.log(4), 6)
    const hot = ids(1, 0).oneHot(2).cast('float32')
    expect(await after(new metrics.BrierScore({ task: 'multiclass' }), [zeros([2, 2]), hot])).toBeCloseTo(0.5, 6)
  })
  test('perplexity of even odds is the size of the vocabulary', async () => {
    const metric = new metrics.Perplexity({ ignoreIndex: -100 })
    expect(await after(metric, [zeros([1, 3, 7]), ids(0, -100, 6).reshape(1, 3)])).toBeCloseTo(7, 4)
    metric.reset()
    await expect(after(metric, [zeros([1, 7]), ids(-100)])).rejects.toThrow('all are ignored')
    expect(() => metric.update(zeros([2, 7]), zeros([2, 7]))).toThrow('logits are [..., vocabulary]')
    expect(() => metric.update(zeros([2, 7]), zeros([2]))).toThrow(DTypeError)
  })
  test('errors', () => {
    expect(() => new metrics.LogLoss({ from: 'odds' as never })).toThrow('from is "odds"')
    expect(() => new metrics.CalibrationError({ bins: 0 })).toThrow('bins is 0')
    expect(() => new metrics.CalibrationError({ norm: 'l3' as never })).toThrow('norm is "l3"')
    expect(() => new metrics.LogLoss({ task: 'binary' }).update(zeros([2]), zeros([3]))).toThrow('binary ones have one')
    expect(() => new metrics.LogLoss().update(zeros([1, 3]), ids(3))).toThrow(DataError)
  })
})
