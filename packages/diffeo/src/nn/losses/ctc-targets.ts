/** @file What CTC is given: lengths as numbers or a tensor, targets padded or one after another. */
import { arange, tensor, type Tensor } from '../../tensor/index.ts'
import { checkTensor, isTracing } from '../../tensor/internal.ts'
import { isInteger } from '../../graph/dtype.ts'
import { DTypeError, ShapeError, TraceError } from '../../util/errors.ts'
import { shapeText } from './reduction.ts'

/** Lengths, one an example. A tensor's are looked at when the program runs. */
export type Lengths = Tensor | readonly number[] | number

const isNumbers = (x: Lengths): x is readonly number[] | number => typeof x === 'number' || Array.isArray(x)
const ids = (values: readonly number[], like: Tensor): Tensor =>
  tensor(Int32Array.from(values), { device: like.device })

/** The lengths as int32 `[n]`, each from 0 to `most`. */
export function lengthsOf(what: string, given: Lengths, n: number, most: number, like: Tensor): Tensor {
  if (isNumbers(given)) {
    const values = [given].flat()
    if (values.length !== n) throw new ShapeError(`ctcLoss: there are ${values.length} ${what} for ${n} examples`)
    const bad = values.find(v => !Number.isInteger(v) || v < 0 || v > most)
    if (bad !== undefined) throw new ShapeError(`ctcLoss: ${what} has ${bad}: expected whole numbers from 0 to ${most}`)
    return ids(values, like)
  }
  checkTensor('ctcLoss', what, given, like)
  if (!isInteger(given.dtype))
    throw new DTypeError(`ctcLoss: ${what} is ${given.dtype}: write ${what}.cast('int32')`)
  if (given.size !== n) throw new ShapeError(`ctcLoss: ${what} is ${shapeText(given)} for ${n} examples`)
  // each length looked up in a table of all that are possible: another one is an error when the program runs
  const table = arange(most + 1, { dtype: 'int32', device: like.device })
  return table.gather(0, given.cast('int32').reshape(n))
}

/** The values of a tensor on which shapes depend. */
function valuesOf(lengths: Tensor, like: Tensor): number[] {
  checkTensor('ctcLoss', 'targetLengths', lengths, like)
  if (!isTracing()) return Array.from(lengths.dataSync())
  throw new TraceError(
    'ctcLoss: where the targets stand one after another, shapes depend on targetLengths: inside compile write them as ' +
      'numbers, or pad the targets to [batch, length]',
  )
}

/** The targets as `[n, longest]`; of one example that is no batch (n undefined) they are one row. */
export function paddedTargets(targets: Tensor, n: number | undefined, lengths: Lengths, like: Tensor): Tensor {
  checkTensor('ctcLoss', 'targets', targets, like)
  if (!isInteger(targets.dtype))
    throw new DTypeError(`ctcLoss: the targets are ${targets.dtype}: write targets.cast('int32')`)
  if (n === undefined) {
    if (targets.rank === 1) return targets.cast('int32').unsqueeze(0)
    throw new ShapeError(`ctcLoss: the targets are ${shapeText(targets)}: expected [length] for one example`)
  }
  if (targets.rank === 2 && targets.shape[0] === n) return targets.cast('int32')
  if (targets.rank !== 1)
    throw new ShapeError(`ctcLoss: the targets are ${shapeText(targets)}: expected [${n}, length], or [total]`)
  const each = isNumbers(lengths) ? [lengths].flat() : valuesOf(lengths, like)
  if (each.length !== n) throw new ShapeError(`ctcLoss: there are ${each.length} targetLengths for ${n} examples`)
  const total = each.reduce((a, b) => a + b, 0)
  if (total !== targets.size)
    throw new ShapeError(`ctcLoss: there are ${targets.size} targets, the targetLengths add up to ${total}`)
  const longest = Math.max(0, ...each)
  const starts = each.map((_, i) => each.slice(0, i).reduce((a, b) => a + b, 0))
  const places = starts.flatMap(start => Array.from({ length: longest }, (_, j) => Math.min(start + j, total - 1)))
  return targets.cast('int32').gather(0, ids(places, like)).reshape(n, longest)
}
