/** @file CTC against all paths one by one, and what it is given in other forms. */
import { describe, expect, test } from 'vitest'
import './setup.ts'
import * as nn from '../../../src/nn/index.ts'
import { compile, gradients, randn, seed, tensor, zeros, type Tensor } from '../../../src/tensor/index.ts'
import { DataError } from '../../../src/util/errors.ts'

const ids = (...labels: number[]): Tensor => tensor(labels, { dtype: 'int32' })
const draw = (frames: number, batch: number, classes: number): Tensor => {
  seed(3)
  return randn([frames, batch, classes]).logSoftmax(2)
}

/** −log of the sum over all paths that spell the target: repetitions merged, then blanks (0) left out. */
function byPaths(logProbs: number[][], target: number[]): number {
  let total = 0
  const walk = (t: number, log: number, path: number[]): void => {
    if (t === logProbs.length) {
      const spelled = path.filter((c, i) => c !== path[i - 1]).filter(c => c !== 0)
      if (spelled.join() === target.join()) total += Math.exp(log)
    } else logProbs[t].forEach((lp, c) => walk(t + 1, log + lp, [...path, c]))
  }
  walk(0, 0, [])
  return -Math.log(total)
}

describe('ctcLoss', () => {
  test.each([[[]], [[1]], [[1, 1]], [[1, 2]], [[2, 1, 2]], [[1, 1, 1]]])('of %j is the sum over all paths', target => {
    const logProbs = draw(5, 1, 3)
    const found = nn.ctcLoss(logProbs.squeeze(1), tensor(Int32Array.from(target)), 5, target.length)
    const wanted = byPaths(logProbs.squeeze(1).arraySync(), target) / Math.max(1, target.length)
    expect(found.itemSync()).toBeCloseTo(wanted, 4)
  })
  test('targets one after another are what padded ones are; what pads them is not looked at', () => {
    const logProbs = draw(6, 3, 4)
    const padded = ids(1, 2, 3, 99, -7, 99, 2, 2, 99).reshape(3, 3)
    const losses = (targets: Tensor): number[] =>
      nn.ctcLoss(logProbs, targets, [6, 5, 6], [3, 0, 2], { reduction: 'none' }).arraySync()
    expect(losses(ids(1, 2, 3, 2, 2))).toEqual(losses(padded))
    expect(nn.ctcLoss(logProbs, ids(1, 2, 3, 2, 2), ids(6, 5, 6), ids(3, 0, 2), { reduction: 'none' }).arraySync())
      .toEqual(losses(padded))
    const asTensors = nn.ctcLoss(logProbs, padded, ids(6, 5, 6), ids(3, 0, 2), { reduction: 'none' })
    expect(asTensors.arraySync()).toEqual(losses(padded))
  })
  test('a target that no path gives: Infinity, or 0 with no gradient', () => {
    const logProbs = draw(2, 1, 3)
    const of = (zeroInfinity: boolean): Tensor =>
      nn.ctcLoss(logProbs, ids(1, 1).reshape(1, 2), [2], [2], { zeroInfinity })
    const [g] = gradients(of(true), [logProbs])
    expect(of(false).itemSync()).toBe(Infinity)
    expect(of(true).itemSync()).toBe(0)
    expect(g!.abs().amax().itemSync()).toBe(0)
  })
  test('classes that are impossible, and many frames, in float32 and in half', () => {
    const never = tensor([[[0, -Infinity]], [[0, -Infinity]]])
    expect(nn.ctcLoss(never, ids(1).reshape(1, 1), [2], [1]).itemSync()).toBe(Infinity)
    expect(nn.ctcLoss(never, ids(1).reshape(1, 1), [2], [0]).itemSync()).toBe(0)
    const long = zeros([400, 1, 2]).logSoftmax(2)
    const [loss, half] = [long, long.cast('float16')].map(x => nn.ctcLoss(x, ids(1).reshape(1, 1), [400], [1]))
    // 400 · 401/2 runs of the label in 2⁴⁰⁰ paths
    expect(loss.itemSync()).toBeCloseTo(400 * Math.LN2 - Math.log(80200), 2)
    expect(half.dtype).toBe('float16')
  })
  test('inside of compile, with lengths as arguments', () => {
    const logProbs = draw(4, 2, 3)
    const targets = ids(1, 2, 2, 1).reshape(2, 2)
    const step = compile((x: Tensor, frames: Tensor) => {
      const loss = nn.ctcLoss(x, targets, frames, [2, 1])
      return [loss, gradients(loss, [x])[0]!]
    })
    for (const frames of [[4, 4], [3, 2]]) {
      const eager = nn.ctcLoss(logProbs, targets, frames, [2, 1])
      const [g] = gradients(eager, [logProbs])
      const [loss, gradient] = step(logProbs, ids(...frames))
      expect(loss.itemSync()).toBeCloseTo(eager.itemSync(), 5)
      expect(gradient.allClose(g!, { atol: 1e-6 }).itemSync()).toBeTruthy()
    }
  })
  test('lengths and labels that do not fit', () => {
    const logProbs = draw(3, 2, 3)
    const targets = ids(1, 2, 2, 1).reshape(2, 2)
    expect(() => nn.ctcLoss(logProbs, targets, [3, 4], [2, 2])).toThrow(
      'inputLengths has 4: expected whole numbers from 0 to 3',
    )
    expect(() => nn.ctcLoss(logProbs, targets, [3], [2, 2])).toThrow('there are 1 inputLengths for 2 examples')
    expect(() => nn.ctcLoss(logProbs, targets, [3, 3], [2, 3])).toThrow('targetLengths has 3')
    const compiled = compile((lengths: Tensor) => nn.ctcLoss(logProbs, ids(1, 2), [3, 3], lengths))
    expect(() => compiled(ids(1, 1))).toThrow('inside compile write them as numbers, or pad the targets')
    expect(() => nn.ctcLoss(logProbs, ids(1, 2), [3, 3], ids(2))).toThrow('there are 1 targetLengths for 2 examples')
    expect(() => nn.ctcLoss(logProbs, ids(1, 2), [3, 3], [1, 2])).toThrow(
      'there are 2 targets, the targetLengths add up to 3',
    )
    expect(() => nn.ctcLoss(logProbs, targets.cast('float32'), [3, 3], [2, 2])).toThrow("write targets.cast('int32')")
    expect(() => nn.ctcLoss(logProbs, targets, [3, 3], tensor([2, 2]))).toThrow("write targetLengths.cast('int32')")
    expect(() => nn.ctcLoss(logProbs, targets, [3, 3], [2, 2], { blank: 3 })).toThrow('blank is 3')
    expect(() => nn.ctcLoss(logProbs, targets, ids(3, 4), ids(2, 2)).itemSync()).toThrow(DataError)
    expect(() => nn.ctcLoss(logProbs, targets, ids(3, 3), ids(2, -1)).itemSync()).toThrow(DataError)
    expect(() => nn.ctcLoss(logProbs, ids(1, 2, 3, 1).reshape(2, 2), [3, 3], [2, 2]).itemSync()).toThrow(DataError)
  })
})
