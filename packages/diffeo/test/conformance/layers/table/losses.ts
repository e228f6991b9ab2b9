/** @file Losses. */
import { of, type Entry, type Source } from '../entry.ts'
import type { Tensor } from '../../../../src/tensor/index.ts'

type Inputs = Entry['inputs']
const pair: Inputs = s => [s.floats(3, 5), s.floats(3, 5)]
const logits: Inputs = s => [s.floats(3, 5), s.ints(5, 3)]
const places: Inputs = s => [s.floats(2, 4, 3, 2), s.ints(4, 2, 3, 2)]
const shares: Inputs = s => [s.floats(3, 5), s.between(0, 1, 3, 5)]
const signs: Inputs = s => [s.floats(3, 5), s.among([-1, 1], 3, 5)]
// a label, which a loss compares with ±1
const sign = (s: Source, ...shape: number[]): Tensor => s.among([-1, 1], ...shape).cast('int32')
const three: Inputs = s => [s.floats(3, 5), s.floats(3, 5), s.floats(3, 5)]
const both = { reduction: 'none' }

const distances: Entry[] = ['MSELoss', 'L1Loss', 'HuberLoss', 'SmoothL1Loss'].flatMap(layer =>
  [of(layer, [], pair), of(layer, [both], pair)])

const classes: Entry[] = [
  of('CrossEntropyLoss', [], logits),
  of('CrossEntropyLoss', [{ labelSmoothing: 0.1, ignoreIndex: 1 }], places),
  of('CrossEntropyLoss', [{ reduction: 'sum' }], shares),
  of('NLLLoss', [], logits),
  of('LinearCrossEntropyLoss', [7, 5, { bias: true }], s => [s.floats(3, 7), s.ints(5, 3)]),
  of('AdaptiveLogSoftmaxWithLoss', [8, 11, [3, 6], { divValue: 2 }], s => [s.floats(5, 8), s.ints(11, 5)]),
  of('FocalLoss', [], s => [s.floats(3, 5), s.among([0, 1], 3, 5)]),
  of('DiceLoss', [], s => [s.between(0.1, 0.9, 2, 3, 7), s.among([0, 1], 2, 3, 7)]),
  of('MultiMarginLoss', [], logits),
  of('MultiLabelMarginLoss', [], s => [s.floats(2, 4), s.ints(4, 2, 1).pad([[0, 0], [0, 3]], { value: -1 })]),
  of('MultiLabelSoftMarginLoss', [], s => [s.floats(3, 5), s.among([0, 1], 3, 5)]),
  of('BCELoss', [], s => [s.between(0.1, 0.9, 3, 5), s.between(0.1, 0.9, 3, 5)]),
  of('BCEWithLogitsLoss', [], shares),
  of('KLDivLoss', [{ reduction: 'batchmean' }], s => [s.floats(3, 5), s.between(0.1, 1, 3, 5)]),
]

const frames = (s: Source): readonly [Tensor, Tensor, number[], number[]] =>
  [s.floats(7, 2, 4), s.ints(3, 2, 3).add(1).cast('int32'), [7, 5], [3, 2]]
const others: Entry[] = [
  of('PoissonNLLLoss', [], s => [s.floats(3, 5), s.between(0.5, 3, 3, 5)]),
  of('GaussianNLLLoss', [], s => [s.floats(3, 5), s.floats(3, 5), s.between(0.5, 2, 3, 5)]),
  of('HingeEmbeddingLoss', [], s => [s.floats(3, 5), sign(s, 3, 5)]),
  of('SoftMarginLoss', [], signs),
  of('MarginRankingLoss', [{ margin: 0.3 }], s => [s.floats(7), s.floats(7), s.among([-1, 1], 7)]),
  of('CosineEmbeddingLoss', [], s => [s.floats(3, 5), s.floats(3, 5), sign(s, 3)]),
  of('TripletMarginLoss', [{ swap: true }], three),
  of('TripletMarginWithDistanceLoss', [], three),
  of('InfoNCELoss', [], pair),
  of('CTCLoss', [], frames),
]

export const losses: readonly Entry[] = [...distances, ...classes, ...others]
