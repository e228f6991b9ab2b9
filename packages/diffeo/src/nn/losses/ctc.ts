/** @file Graves et al., "Connectionist temporal classification" (2006). */
import { arange, concat, full, scan, stack, stopGradient, where, type Tensor } from '../../tensor/index.ts'
import { checkTensor } from '../../tensor/internal.ts'
import { isFloat } from '../../graph/dtype.ts'
import { DiffeoError, DTypeError, ShapeError } from '../../util/errors.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { Module } from '../module.ts'
import { lengthsOf, paddedTargets, type Lengths } from './ctc-targets.ts'
import { checkReduction, reductionNames, shapeText, type ReductionOptions } from './reduction.ts'

export interface CTCOptions extends ReductionOptions {
  /** The class that stands for no label. */
  blank?: number
  /** Whether a target that no path gives is loss 0 and not Infinity. */
  zeroInfinity?: boolean
}
const names: Names<CTCOptions> = { ...reductionNames, blank: true, zeroInfinity: true }

// the logarithm of what does not happen: finite, so that differences of it are numbers
const never = -1e30

/** The labels with blanks before, between and after: `[n, 2·longest + 1]`. */
function withBlanks(targets: Tensor, lengths: Tensor, blank: number): Tensor {
  const [n, longest] = targets.shape
  const { device } = targets
  const counted = arange(longest, { dtype: 'int32', device }).lt(lengths.unsqueeze(1))
  const labels = where(counted, targets, blank).cast('int32')
  const blanks = (...shape: number[]): Tensor => full(shape, blank, { dtype: 'int32', device })
  return concat([stack([blanks(n, longest), labels], 2).reshape(n, 2 * longest), blanks(n, 1)], 1)
}

/** Shifted right by k places. */
const after = (x: Tensor, k: number, value: number): Tensor => x.pad([[0, 0], [k, -k]], { value })

const logSumExp = (...terms: Tensor[]): Tensor => {
  const top = stopGradient(terms.reduce((a, b) => a.maximum(b)))
  return terms.map(t => t.sub(top).exp()).reduce((a, b) => a.add(b)).log().add(top)
}

/** log α of each place of the labels after an example's last frame: the paths that have come there. */
function forward(logProbs: Tensor, extended: Tensor, frames: Tensor, blank: number): Tensor {
  const [length, n] = logProbs.shape
  const width = extended.shape[1]
  const { device } = logProbs
  const emitted = logProbs.gather(2, extended.unsqueeze(0).expand([length, n, width])).clamp(never)
  // a blank may be left out between labels that differ
  const skips = extended.ne(blank).and(extended.ne(after(extended, 2, -1)))
  const start = where(arange(width, { dtype: 'int32', device }).eq(0), 0, never).cast(logProbs.dtype)
  const turn = (alpha: Tensor, [frame, t]: readonly [Tensor, Tensor]): [Tensor, null] => {
    const skipped = where(skips, after(alpha, 2, never), never)
    const next = logSumExp(alpha, after(alpha, 1, never), skipped).add(frame)
    return [where(t.lt(frames).unsqueeze(1), next, alpha), null]
  }
  return scan(turn, start.expand([n, width]), [emitted, arange(length, { dtype: 'int32', device })] as const)[0]
}

/** −log of the probability of all paths that end at an example's last label or the blank behind it. `[n]` */
function negativeLogLikelihood(alpha: Tensor, lengths: Tensor): Tensor {
  const at = (place: Tensor): Tensor => alpha.gather(1, place.unsqueeze(1)).squeeze(1)
  const label = where(lengths.gt(0), at(lengths.mul(2).sub(1).clamp(0)), never)
  return logSumExp(at(lengths.mul(2)), label).neg()
}

/**
 * −log of the probability that the frames spell the target: summed over all paths of classes and blanks which give it
 * when repetitions are merged and blanks left out.
 *
 * @param logProbs - log-probabilities `[T, N, C]`, or `[T, C]` for one example
 * @param targets - whole numbers `[N, S]`, or `[S]` for one; or all labels of the batch one after another: then
 * targetLengths are read, and inside compile must be numbers. What stands behind a target's length is not looked at
 * @param inputLengths - how many frames count, one an example, to T: numbers or an integer tensor
 * @param targetLengths - how many labels, one an example
 * @param options - `blank` (0), `zeroInfinity` (false), `reduction` ('mean': of each loss over its target's length)
 * @throws ShapeError, DTypeError for what does not fit; labels and lengths out of range that a tensor holds are a
 * DataError when the program runs
 * @example nn.ctcLoss(logits.logSoftmax(2), labels, [50, 48], [12, 9])
 */
export function ctcLoss(
  logProbs: Tensor, targets: Tensor, inputLengths: Lengths, targetLengths: Lengths, options: CTCOptions = {},
): Tensor {
  checkOptions('ctcLoss', options, names)
  const { blank = 0, zeroInfinity = false, reduction = 'mean' } = options
  checkReduction('ctcLoss', reduction)
  checkTensor('ctcLoss', 'logProbs', logProbs)
  if (!isFloat(logProbs.dtype))
    throw new DTypeError(`ctcLoss: logProbs is ${logProbs.dtype}: write logits.logSoftmax(2)`)
  if (logProbs.rank !== 2 && logProbs.rank !== 3)
    throw new ShapeError(`ctcLoss: logProbs is ${shapeText(logProbs)}: expected [frames, batch, classes]`)
  const classes = logProbs.shape.at(-1)!
  if (!Number.isInteger(blank) || blank < 0 || blank >= classes)
    throw new DiffeoError(`ctcLoss: blank is ${blank}: expected one of the ${classes} classes, from 0`)
  const batched = logProbs.rank === 3
  // sums over many frames: half precision does not hold them
  const wide = (batched ? logProbs : logProbs.unsqueeze(1)).cast(logProbs.dtype === 'float64' ? 'float64' : 'float32')
  const [length, n] = wide.shape
  const padded = paddedTargets(targets, batched ? n : undefined, targetLengths, wide)
  const labels = lengthsOf('targetLengths', targetLengths, n, padded.shape[1], wide)
  const frames = lengthsOf('inputLengths', inputLengths, n, length, wide)
  const found = negativeLogLikelihood(forward(wide, withBlanks(padded, labels, blank), frames, blank), labels)
  const loss = where(found.ge(-never / 10), zeroInfinity ? 0 : Infinity, found).cast(logProbs.dtype)
  if (reduction === 'none') return batched ? loss : loss.squeeze(0)
  return reduction === 'sum' ? loss.sum() : loss.div(labels.clamp(1).cast(loss.dtype)).mean()
}

/**
 * −log of the probability that frames spell a target, over all paths of classes and blanks.
 *
 * @remarks Shapes: logProbs `[T, N, C]`, targets `[N, S]` whole numbers, lengths one an example; or `[T, C]`, `[S]`.
 * @param options - `blank` (0), `zeroInfinity` (false), `reduction` ('mean')
 * @example
 * const logProbs = zeros([2, 1, 2]).logSoftmax(2)
 * new nn.CTCLoss().forward(logProbs, tensor([[1]], { dtype: 'int32' }), [2], [1]) // 0.288
 */
export class CTCLoss extends Module<
  [logProbs: Tensor, targets: Tensor, inputLengths: Lengths, targetLengths: Lengths]
> {
  readonly options: CTCOptions

  constructor(options: CTCOptions = {}) {
    super()
    checkOptions('CTCLoss', options, names)
    this.options = options
  }

  override forward(logProbs: Tensor, targets: Tensor, inputLengths: Lengths, targetLengths: Lengths): Tensor {
    return ctcLoss(logProbs, targets, inputLengths, targetLengths, this.options)
  }
}
