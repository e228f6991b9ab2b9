import { describe, expect, test } from 'vitest'
import './setup.ts'
import * as metrics from '../../../src/metrics/index.ts'
import { tensor, zeros, type Tensor } from '../../../src/tensor/index.ts'
import { DataError, DTypeError, ShapeError } from '../../../src/util/errors.ts'

const ids = (...labels: number[]): Tensor => tensor(labels, { dtype: 'int32' })
/** Scores whose greatest is at the class. */
const scores = (classes: number, ...predicted: number[]): Tensor => ids(...predicted).oneHot(classes).cast('float32')
const after = <R>(metric: metrics.Metric<R>, ...batches: [Tensor, Tensor][]): Promise<R> => {
  for (const [x, y] of batches) metric.update(x, y)
  return metric.compute()
}
const [target, predicted] = [[0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 2]]
const batches: [Tensor, Tensor][] = [
  [scores(4, ...predicted.slice(0, 4)), ids(...target.slice(0, 4))],
  [scores(4, ...predicted.slice(4)), ids(...target.slice(4))],
]

describe('Accuracy', () => {
  test('multiclass over batches of several sizes', async () =>
    expect(await after(new metrics.Accuracy(), ...batches)).toBeCloseTo(4 / 6))
  test('binary on logits, [N] and [N, 1]', async () => {
    expect(await after(new metrics.Accuracy(), [tensor([-1, 2, 0.1]), tensor([0, 1, 0])])).toBeCloseTo(2 / 3)
    expect(await after(new metrics.Accuracy(), [tensor([[-1], [2]]), ids(0, 1)])).toBe(1)
    expect(await after(new metrics.Accuracy({ task: 'binary', threshold: 0.5 }), [tensor([0.4, 0.6]), ids(0, 1)])).toBe(
      1,
    )
  })
  test('a label that is no class is an error', async () => {
    const x = scores(3, 0, 1)
    // in update or in compute
    const fails = async (metric: metrics.Metric<unknown>, output: Tensor, labels: Tensor) =>
      after(metric, [output, labels])
    for (const metric of [new metrics.Accuracy(), new metrics.Accuracy({ topK: 2 }), new metrics.F1()]) {
      for (const label of [3, -1])
        await expect(fails(metric as metrics.Metric<unknown>, x, ids(0, label))).rejects.toThrow(DataError)
      metric.reset()
    }
    await expect(fails(new metrics.Accuracy(), tensor([1, -1]), ids(1, 2))).rejects.toThrow(DataError)
  })
  test('among the k greatest', async () => {
    const x = tensor([[3, 2, 1], [3, 2, 1], [1, 2, 3]])
    expect(await after(new metrics.Accuracy({ topK: 2 }), [x, ids(1, 2, 2)])).toBeCloseTo(2 / 3)
    expect(() => new metrics.Accuracy({ topK: 4 }).update(x, ids(1, 2, 2))).toThrow('topK is 4, there are 3 classes')
    expect(() => new metrics.Accuracy({ topK: 2, task: 'binary' })).toThrow('topK is for multiclass')
  })
  test('pixels', async () => {
    const x = scores(2, 0, 1, 1, 0).reshape(1, 4, 2).transpose(1, 2)
    expect(await after(new metrics.Accuracy(), [x, ids(0, 1, 0, 0).reshape(1, 4)])).toBe(0.75)
  })
  test('reset', async () => {
    const metric = new metrics.Accuracy()
    await after(metric, [scores(2, 0), ids(1)])
    metric.reset()
    expect(await after(metric, [scores(2, 0), ids(0)])).toBe(1)
  })
  test('one-hot targets, once the task is said', async () => {
    const output = tensor([[1, 2, 3], [3, 1, 2], [1, 3, 2]])
    const hot = tensor([[0, 0, 1], [1, 0, 0], [1, 0, 0]])
    expect(await after(new metrics.Accuracy({ task: 'multiclass' }), [output, hot])).toBeCloseTo(2 / 3, 6)
    expect(await after(new metrics.Accuracy({ task: 'multiclass', topK: 3 }), [output, hot])).toBe(1)
    const matrix = new metrics.ConfusionMatrix({ task: 'multiclass' })
    matrix.update(output, hot)
    expect(await matrix.compute()).toEqual([[1, 1, 0], [0, 0, 0], [0, 0, 1]])
  })
  test('errors', async () => {
    const metric = new metrics.Accuracy()
    await expect(metric.compute()).rejects.toThrow('there was no batch since the last reset')
    expect(() => metric.update(zeros([2, 3]), zeros([2, 3]))).toThrow(
      /write new Accuracy\(\{ task: 'binary' \}\), or new Accuracy\(\{ task: 'multiclass' \}\), which takes/,
    )
    expect(() => metric.update(zeros([2, 3]), zeros([2, 3]))).toThrow(ShapeError)
    const multi = new metrics.Accuracy({ task: 'multiclass' })
    expect(() => multi.update(zeros([2, 3]), zeros([2]))).toThrow(DTypeError)
    expect(() => multi.update(zeros([2, 3]), ids(1))).toThrow('2 predictions for the target int32 [1]')
    expect(() => multi.update(zeros([2]), ids(1, 1))).toThrow('multiclass outputs are [batch, classes, ...]')
    expect(() => new metrics.Accuracy({ task: 'binary' }).update(zeros([2]), ids(1))).toThrow(
      'binary ones have one size',
    )
  })
})

describe('from the confusion matrix', () => {
  test('rows are labels, columns predictions', async () => {
    expect(await after(new metrics.ConfusionMatrix(), ...batches)).toEqual([
      [2, 1, 0, 0],
      [0, 1, 1, 0],
      [0, 0, 1, 0],
      [0, 0, 0, 0],
    ])
  })
  test('a label out of range is an error', () => {
    for (const bad of [4, -1])
      expect(() => new metrics.ConfusionMatrix().update(scores(4, 0), ids(bad))).toThrow(DataError)
  })
  // sklearn.metrics.precision_score(target, predicted, average=…), recall_score, f1_score; class 3 does not occur
  const wanted = {
    macro: [(1 + 0.5 + 0.5) / 3, (2 / 3 + 0.5 + 1) / 3, (0.8 + 0.5 + 2 / 3) / 3],
    micro: [4 / 6, 4 / 6, 4 / 6],
    weighted: [(3 * 1 + 2 * 0.5 + 0.5) / 6, (3 * (2 / 3) + 2 * 0.5 + 1) / 6, (3 * 0.8 + 2 * 0.5 + 2 / 3) / 6],
  }
  for (const average of ['macro', 'micro', 'weighted'] as const) {
    test(average, async () => {
      const all = [new metrics.Precision({ average }), new metrics.Recall({ average }), new metrics.F1({ average })]
      const found = await Promise.all(all.map(m => after(m, ...batches)))
      found.forEach((f, i) => expect(f).toBeCloseTo(wanted[average][i], 10))
    })
  }
  test('binary: of class 1, and 0 where there is nothing', async () => {
    const batch: [Tensor, Tensor] = [tensor([1, 1, -1, -1]), tensor([1, 0, 1, 0])]
    expect(await after(new metrics.Precision(), batch)).toBe(0.5)
    expect(await after(new metrics.Recall(), batch)).toBe(0.5)
    expect(await after(new metrics.F1(), [tensor([-1]), tensor([0])])).toBe(0)
    const f1 = new metrics.F1()
    await after(f1, batch)
    f1.reset()
    await expect(f1.compute()).rejects.toThrow('F1.compute')
  })
})

describe('AUROC', () => {
  test('the example of scikit-learn, over batches', async () => {
    const metric = new metrics.AUROC()
    expect(await after(metric, [tensor([0.1, 0.4]), ids(0, 0)], [tensor([0.35, 0.8]), ids(1, 1)])).toBe(0.75)
  })
  test('ties count half', async () =>
    expect(await after(new metrics.AUROC(), [tensor([1, 1, 1, 2]), ids(0, 1, 0, 1)])).toBe(0.75))
  test('multiclass: the mean of one against the rest', async () => {
    const x = tensor([[3, 1, 0], [1, 3, 0], [2, 1, 3], [0, 2, 1]])
    // class 0: 3 beats 1 and 2, 0 neither; the other classes beat all
    expect(await after(new metrics.AUROC(), [x, ids(0, 1, 2, 0)])).toBeCloseTo((0.5 + 1 + 1) / 3, 10)
  })
  test('errors', async () => {
    const metric = new metrics.AUROC()
    await expect(metric.compute()).rejects.toThrow('no batch')
    metric.update(tensor([1, 2]), ids(1, 1))
    await expect(metric.compute()).rejects.toThrow('all labels are of one class')
    expect(() => metric.update(zeros([2, 3]), ids(0, 1))).toThrow('3 scores an example, those before 1')
    metric.reset()
    metric.update(tensor([NaN, 1]), ids(0, 1))
    await expect(metric.compute()).rejects.toThrow('a score is NaN')
    const multi = new metrics.AUROC({ task: 'multiclass' })
    expect(() => multi.update(zeros([2, 3]), ids(0))).toThrow('the output is [2,3], the target [1]')
    multi.update(zeros([2, 3]), ids(5, 5))
    await expect(multi.compute()).rejects.toThrow('all labels are of one class')
  })
})

describe('regression', () => {
  const parts: [Tensor, Tensor][] = [[tensor([1, 2, 4]), tensor([1, 3, 2])], [tensor([0]), tensor([4])]]
  test('over batches of several sizes', async () => {
    expect(await after(new metrics.MAE(), ...parts)).toBeCloseTo(7 / 4)
    expect(await after(new metrics.MSE(), ...parts)).toBeCloseTo(21 / 4)
    expect(await after(new metrics.R2(), ...parts)).toBeCloseTo(1 - 21 / 5)
  })
  test('far from 0 nothing cancels', async () => {
    const shift = 4096
    const moved = parts.map(([x, y]): [Tensor, Tensor] => [x.add(shift), y.add(shift)])
    expect(await after(new metrics.R2(), ...moved)).toBeCloseTo(1 - 21 / 5)
  })
  test('reset and errors', async () => {
    for (const metric of [new metrics.MAE(), new metrics.MSE(), new metrics.R2()]) {
      await after(metric, [tensor([5, 7]), tensor([1, 2])])
      metric.reset()
      await expect(metric.compute()).rejects.toThrow('there was no batch')
      expect(() => metric.update(zeros([2, 1]), zeros([2]))).toThrow('write target.reshape(2, 1)')
    }
    await expect(after(new metrics.R2(), [tensor([1, 2]), tensor([3, 3])])).rejects.toThrow('all targets are the same')
  })
})
