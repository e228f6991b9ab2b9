/** @file What pooling gives: the values, or with `returnIndices` their places too. */
import type { Tensor } from '../../../tensor/index.ts'
import type { WithIndices } from '../../functional/pool-indices.ts'

export interface IndexOption<I extends boolean> {
  /** Whether the places of the maxima are given too, as MaxUnpool takes them. */
  returnIndices?: I
}
export type Chosen<I extends boolean> = I extends true ? WithIndices : Tensor

export const chosen = <I extends boolean>(both: boolean, found: WithIndices): Chosen<I> =>
  (both ? found : found[0]) as Chosen<I>
