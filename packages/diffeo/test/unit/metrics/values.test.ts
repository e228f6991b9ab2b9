import { describe, expect, test } from 'vitest'
import './setup.ts'
import * as metrics from '../../../src/metrics/index.ts'
import { ones, tensor, zeros, type Tensor } from '../../../src/tensor/index.ts'
import { ShapeError } from '../../../src/util/errors.ts'

const after = <R>(metric: metrics.Metric<R>, ...batches: [Tensor, Tensor][]): Promise<R> => {
  for (const [x, y] of batches) metric.update(x, y)
  return metric.compute()
}

describe('regression', () => {
  test('zeros', async () => {
    expect(await after(new metrics.SMAPE(), [tensor([0, 1]), tensor([0, 0])])).toBe(1)
    expect(await after(new metrics.MAPE(), [tensor([0, 3]), tensor([0, 2])])).toBe(0.25)
  })
  test('whole numbers', async () => {
    const int = (...x: number[]): Tensor => tensor(x, { dtype: 'int32' })
    expect(await after(new metrics.MAE(), [int(1, 2), int(2, 4)])).toBe(1.5)
    expect(await after(new metrics.Pearson(), [int(1, 2, 3), int(2, 4, 6)])).toBeCloseTo(1, 6)
  })
  test('orders: the same, the reverse, one element apart', async () => {
    const x = tensor([1, 2, 3, 4])
    for (const metric of [new metrics.Kendall(), new metrics.Spearman()]) {
      expect(await after(metric, [x, x.exp()])).toBeCloseTo(1, 12)
      metric.reset()
      expect(await after(metric, [x, x.neg()])).toBeCloseTo(-1, 12)
    }
    expect(await after(new metrics.Kendall(), [x, tensor([1, 2, 4, 3])])).toBeCloseTo(2 / 3, 12)
  })
  test('nothing to correlate, to explain, or at all', async () => {
    const [flat, x] = [ones([3]), tensor([1, 2, 3])]
    await expect(after(new metrics.Pearson(), [flat, x])).rejects.toThrow('all outputs are the same')
    await expect(after(new metrics.ExplainedVariance(), [x, flat])).rejects.toThrow('all targets are the same')
    for (const metric of [new metrics.Spearman(), new metrics.Kendall()]) {
      await expect(after(metric, [x, flat])).rejects.toThrow('all targets are the same')
      metric.reset()
      await expect(after(metric, [tensor([1, NaN]), tensor([1, 2])])).rejects.toThrow('is NaN')
      metric.reset()
      await expect(metric.compute()).rejects.toThrow('there was no batch')
      expect(() => metric.update(zeros([2, 1]), zeros([2]))).toThrow('write target.reshape(2, 1)')
    }
    await expect(after(new metrics.MAE(), [zeros([0]), zeros([0])])).rejects.toThrow('all batches since the last reset')
    await expect(after(new metrics.R2(), [zeros([0]), zeros([0])])).rejects.toThrow('there was no batch')
    // an empty batch changes nothing
    expect(await after(new metrics.R2(), [zeros([0]), zeros([0])], [x, x])).toBe(1)
  })
})

describe('retrieval', () => {
  test('one query; a tie goes to the earlier document', async () => {
    const [scores, relevance] = [tensor([0.5, 0.9, 0.5]), tensor([0, 0, 1])]
    expect(await after(new metrics.MRR(), [scores, relevance])).toBeCloseTo(1 / 3, 6)
    expect(await after(new metrics.NDCG(), [scores, relevance])).toBeCloseTo(0.5, 6)
    expect(await after(new metrics.HitRate({ k: 2 }), [scores, relevance])).toBe(0)
  })
  test('queries of several lengths, and a query of nothing relevant', async () => {
    const batches: [Tensor, Tensor][] = [[tensor([2, 1]), tensor([1, 0])], [tensor([[3, 2, 1]]), zeros([1, 3])]]
    for (const metric of [new metrics.MRR(), new metrics.MAP(), new metrics.NDCG(), new metrics.RecallAtK()])
      expect(await after(metric, ...batches)).toBe(0.5)
  })
  test('fewer documents than k', async () => {
    const batch: [Tensor, Tensor] = [tensor([2, 1]), tensor([1, 1])]
    expect(await after(new metrics.PrecisionAtK({ k: 4 }), batch)).toBe(0.5)
    expect(await after(new metrics.MAP({ k: 4 }), batch)).toBe(1)
  })
  test('errors', () => {
    expect(() => new metrics.MRR({ k: 0 })).toThrow('k is 0')
    expect(() => new metrics.NDCG({ gain: 'square' as never })).toThrow('gain is "square"')
    expect(() => new metrics.MAP().update(zeros([2, 3]), zeros([3]))).toThrow('both are [queries, documents]')
  })
})

describe('images', () => {
  test('the same image', async () => {
    const x = tensor(Float32Array.from({ length: 144 }, (_, i) => i / 144), { shape: [1, 1, 12, 12] })
    expect(await after(new metrics.PSNR(), [x, x])).toBe(Infinity)
    expect(await after(new metrics.SSIM(), [x, x])).toBeCloseTo(1, 5)
    expect(await after(new metrics.PSNR({ dataRange: 255 }), [zeros([4]), ones([4]).mul(255)])).toBe(0)
  })
  test('a window of one pixel compares means alone', async () => {
    const metric = new metrics.SSIM({ window: 1 })
    expect(await after(metric, [zeros([1, 1, 2, 2]), ones([1, 1, 2, 2])])).toBeCloseTo(1e-4 / (1 + 1e-4), 8)
  })
  test('errors', () => {
    expect(() => new metrics.SSIM().update(zeros([1, 1, 8, 8]), zeros([1, 1, 8, 8]))).toThrow('8×8 are smaller')
    expect(() => new metrics.SSIM().update(zeros([12, 12]), zeros([12, 12]))).toThrow(ShapeError)
    expect(() => new metrics.SSIM({ window: 4 })).toThrow('window is 4')
    expect(() => new metrics.SSIM({ sigma: 0 })).toThrow('sigma is 0')
    expect(() => new metrics.PSNR({ dataRange: 0 })).toThrow('dataRange is 0')
  })
})
