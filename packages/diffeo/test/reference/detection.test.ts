/** @file Overlaps of boxes, and mean average precision, as torchvision's and COCO's formulas have them. */
import { describe, expect, test } from 'vitest'
import * as metrics from '../../src/metrics/index.ts'
import { gradients, tensor, zeros, type Tensor } from '../../src/tensor/index.ts'
import { DataError, ShapeError } from '../../src/util/errors.ts'
import { expectClose, fixture, toTensor, toTensors, type Arrays, type FixtureArray } from './support.ts'

interface Case {
  name: 'boxIoU' | 'generalizedBoxIoU' | 'distanceBoxIoU' | 'completeBoxIoU'
  inputs: FixtureArray[]; output: FixtureArray; upstream: FixtureArray; grads: FixtureArray[]
}
interface Score {
  thresholds: number[]; most: number; map: number; byThreshold: number[]; recall: number
  labels: number[]; maps: number[]; recalls: number[]
}
const { cases, images, scores } = fixture<{ cases: Case[]; images: Arrays[]; scores: Score[] }>('detection')
const float = { dtype: 'float64' } as const

const { boxIoU, completeBoxIoU, distanceBoxIoU, generalizedBoxIoU } = metrics
const overlaps = { boxIoU, completeBoxIoU, distanceBoxIoU, generalizedBoxIoU }
test.each(cases.map(c => [c.name, c] as const))('%s', (name, c) => {
  const [a, b] = c.inputs.map(toTensor)
  const output = overlaps[name](a, b)
  const found = gradients(output.mul(toTensor(c.upstream)).sum(), [a, b])
  expectClose(output, c.output, 'output')
  c.grads.forEach((g, i) => expectClose(found[i]!, g, `gradient of ${i}`))
})

test('boxes without area, and what is no box', () => {
  const point = tensor([[1, 1, 1, 1]], float)
  expect(metrics.boxIoU(point, point).arraySync()).toEqual([[0]])
  expect(metrics.generalizedBoxIoU(point, point).arraySync()).toEqual([[0]])
  expect(() => metrics.boxIoU(point, tensor([1, 2, 3, 4]))).toThrow(ShapeError)
  expect(() => metrics.completeBoxIoU(point.cast('int32'), point)).toThrow("write cast('float32')")
})

describe('mean average precision', () => {
  const parts = images.map(toTensors).map(i => ({
    found: { boxes: i.boxes, scores: i.scores, labels: i.labels },
    target: { boxes: i.trueBoxes, labels: i.trueLabels },
  }))
  test.each(scores)('thresholds $thresholds, at most $most', async score => {
    const metric = new metrics.MeanAveragePrecision({ thresholds: score.thresholds, maxDetections: score.most })
    const resumed = new metrics.MeanAveragePrecision({ thresholds: score.thresholds, maxDetections: score.most })
    metric.update(parts[0].found, parts[0].target)
    resumed.loadStateDict(metric.stateDict())
    for (const m of [metric, resumed]) {
      m.update(parts.slice(1).map(p => p.found), parts.slice(1).map(p => p.target))
      const found = await m.compute()
      expect(found.map).toBeCloseTo(score.map, 12)
      expect(found.recall).toBeCloseTo(score.recall, 12)
      found.byThreshold.forEach((v, i) => expect(v).toBeCloseTo(score.byThreshold[i], 12))
      expect(found.classes.map(c => c.label)).toEqual(score.labels)
      found.classes.forEach((c, i) => expect([c.map - score.maps[i], c.recall - score.recalls[i]].map(Math.abs))
        .toSatisfy(([a, b]: number[]) => a < 1e-12 && b < 1e-12))
    }
  })
  test('all found is 1; nothing found 0; errors', async () => {
    const metric = new metrics.MeanAveragePrecision()
    await expect(metric.compute()).rejects.toThrow('there was no batch')
    const { target } = parts[0]
    metric.update({ ...target, scores: tensor([1, 1, 1, 1, 1]) }, target)
    expect(await metric.compute()).toMatchObject({ map: 1, recall: 1 })
    metric.reset()
    const none = (n: number): Tensor => zeros([n], { dtype: 'int32' })
    const nothing = (n: number): metrics.Objects => ({ boxes: zeros([n, 4]), labels: none(n) })
    metric.update({ ...nothing(0), scores: zeros([0]) }, target)
    expect(await metric.compute()).toMatchObject({ map: 0, recall: 0 })
    metric.reset()
    metric.update({ ...nothing(1), scores: zeros([1]) }, nothing(0))
    await expect(metric.compute()).rejects.toThrow(DataError)
    expect(() => metric.update({ ...nothing(2), scores: zeros([1]) }, target)).toThrow(ShapeError)
    expect(() => metric.update([], target)).toThrow('predictions of 0 images, targets of 1')
    expect(() => metric.update(nothing(2) as never, target)).toThrow('has scores: undefined')
    expect(() => new metrics.MeanAveragePrecision({ thresholds: [0] })).toThrow('thresholds are [0]')
  })
})
