/** @file Sequences of several lengths as one tensor: what recurrent layers take with `lengths`. */
import { stack, type Tensor } from '../../tensor/index.ts'
import { ShapeError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'

export interface PadSequenceOptions {
  /** Whether the result is `[batch, time, …]` instead of `[time, batch, …]` (false). */
  batchFirst?: boolean
  /** What is put behind the shorter ones (0). */
  paddingValue?: number
  /** On which side ('right'). */
  paddingSide?: 'left' | 'right'
}

/**
 * Sequences `[length, …]` side by side, the shorter ones padded: `[longest, batch, …]`.
 * @throws ShapeError unless all have the same axes behind the first
 * @example
 * nn.utils.rnn.padSequence([tensor([1, 2, 3]), tensor([4])], { batchFirst: true }) // [[1, 2, 3], [4, 0, 0]]
 */
export function padSequence(sequences: readonly Tensor[], options: PadSequenceOptions = {}): Tensor {
  checkOptions('padSequence', options, { batchFirst: true, paddingValue: true, paddingSide: true })
  const { batchFirst = false, paddingValue = 0, paddingSide = 'right' } = options
  const [first] = sequences
  const alike = (s: Tensor): boolean => s.rank > 0 && s.shape.slice(1).join() === first.shape.slice(1).join()
  if (!first || !sequences.every(alike)) {
    const shapes = sequences.map(s => `[${s.shape.join(',')}]`).join(', ')
    throw new ShapeError(
      `padSequence: the sequences are ${shapes || 'none'}: expected [length, …] with equal axes behind`,
    )
  }
  const longest = Math.max(...sequences.map(s => s.shape[0]))
  const padded = sequences.map(s => {
    const more = longest - s.shape[0]
    const time: [number, number] = paddingSide === 'left' ? [more, 0] : [0, more]
    return s.pad([time, ...s.shape.slice(1).map((): [number, number] => [0, 0])], { value: paddingValue })
  })
  return stack(padded, batchFirst ? 0 : 1)
}

/**
 * The sequences of `padSequence` (padded on the right) at their lengths.
 * @example
 * nn.utils.rnn.unpadSequence(tensor([[1, 2, 3], [4, 0, 0]]), [3, 1], { batchFirst: true }) // [[1, 2, 3], [4]]
 */
export function unpadSequence(
  padded: Tensor, lengths: readonly number[], options: { batchFirst?: boolean } = {},
): Tensor[] {
  checkOptions('unpadSequence', options, { batchFirst: true })
  const rows = options.batchFirst ? padded : padded.transpose(0, 1)
  const [batch, time] = rows.shape
  if (batch !== lengths.length || !lengths.every(n => Number.isInteger(n) && n >= 0 && n <= time))
    throw new ShapeError(`unpadSequence: lengths [${lengths.join(',')}] for ${batch} sequences of ${time} steps`)
  return rows.unbind(0).map((row, i) => row.split([lengths[i], time - lengths[i]], 0)[0])
}
