/** @file Cross entropy of logits. */
import { stopGradient, where, type Tensor } from '../../tensor/index.ts'
import { ShapeError } from '../../util/errors.ts'
import { inFloat32 } from '../../tensor/internal.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { alongClasses, classAxis, classWeights, labelled, targetKind } from './class-labels.ts'
import { checkReduction, type Reduction } from './reduction.ts'

export interface CrossEntropyOptions {
  /** A weight for each class. `[classes]` */
  weight?: Tensor | null
  /** Labels that do not count. */
  ignoreIndex?: number
  /** 'mean' is weighted by the classes' weights. */
  reduction?: Reduction
  /** How much of each target is spread evenly over all classes. */
  labelSmoothing?: number
}

export const crossEntropyNames: Names<CrossEntropyOptions> = {
  weight: true, ignoreIndex: true, reduction: true, labelSmoothing: true,
}

/** Logits from the greatest of each row down, and the logarithm of the sum of e to that. */
interface Rows { readonly below: Tensor; readonly top: Tensor; readonly logSum: Tensor; readonly axis: number }

function rowsOf(logits: Tensor): Rows {
  const axis = classAxis(logits)
  // the shift changes no value, so it carries no gradient
  const top = stopGradient(logits).amax([axis], { keepdims: true })
  const below = logits.sub(top)
  return { below, top: top.squeeze(axis), logSum: below.exp().sum(axis).log(), axis }
}

/** −Σ_c p_c · log softmax(logits)_c for weights p over the classes: logSum · Σp − Σ p · below. */
const against = ({ below, logSum, axis }: Rows, p: Tensor): Tensor =>
  logSum.mul(p.sum(axis)).sub(below.mul(p).sum(axis))

function withProbabilities(logits: Tensor, target: Tensor, options: CrossEntropyOptions): Tensor {
  const { weight, reduction = 'mean', labelSmoothing: smoothing = 0 } = options
  const rows = rowsOf(logits)
  const classes = logits.shape[rows.axis]
  const smooth = smoothing === 0 ? target : target.mul(1 - smoothing).add(smoothing / classes)
  const loss = against(rows, weight ? smooth.mul(alongClasses(weight, logits)) : smooth)
  // the mean over examples (and places), whatever the weights
  return reduction === 'none' ? loss : reduction === 'sum' ? loss.sum() : loss.sum().div(logits.size / classes)
}

function withLabels(logits: Tensor, target: Tensor, options: CrossEntropyOptions): Tensor {
  const { weight, reduction = 'mean', labelSmoothing: smoothing = 0, ignoreIndex = -100 } = options
  const rows = rowsOf(logits)
  const { of, counted, labels } = labelled(target, ignoreIndex, rows.axis)
  // gathered from the logits as they are, so that nothing is stored between
  const nll = rows.logSum.sub(of(logits).sub(rows.top))
  const own = weight ? weight.gather(0, labels.flatten()).reshape(labels.shape) : null
  const weighted = own ? nll.mul(own) : nll
  const total =
    smoothing === 0 ? weighted : weighted.mul(1 - smoothing).add(evenly(logits, rows, weight).mul(smoothing))
  const loss = where(counted, total, 0)
  if (reduction === 'none') return loss
  if (reduction === 'sum') return loss.sum()
  return loss.sum().div(own ? where(counted, own, 0).sum() : counted.sum().cast(logits.dtype))
}

/** The loss against the even distribution: Σ_c w_c · (−log softmax)_c / C. */
function evenly(logits: Tensor, rows: Rows, weight?: Tensor | null): Tensor {
  const classes = logits.shape[rows.axis]
  if (weight) return against(rows, alongClasses(weight, logits).expand(logits.shape)).mul(1 / classes)
  return rows.logSum.sub(rows.below.mean(rows.axis))
}

/**
 * −log softmax(logits)[label], the mean over the batch; stable for logits of any size.
 *
 * @param logits - `[N, C]`, `[N, C, d1…]` or `[C]`
 * @param target - whole-number labels `[N]`, `[N, d1…]` or `[]`; or float probabilities of the logits' shape
 * @throws DTypeError, ShapeError where the target is neither; labels out of range are a DataError when the program runs
 * @example
 * nn.crossEntropy(model.forward(x), labels, { labelSmoothing: 0.1 })
 */
export function crossEntropy(logits: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor {
  checkOptions('crossEntropy', options, crossEntropyNames)
  const { weight, labelSmoothing = 0 } = options
  checkReduction('crossEntropy', options.reduction ?? 'mean')
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1))
    throw new ShapeError(`crossEntropy: labelSmoothing is ${labelSmoothing}: expected a number from 0 to 1`)
  const kind = targetKind('crossEntropy', logits, target)
  if (weight) classWeights('crossEntropy', weight, logits.shape[classAxis(logits)])
  return inFloat32(logits, x => (kind === 'labels' ? withLabels : withProbabilities)(x, target, options))
}
