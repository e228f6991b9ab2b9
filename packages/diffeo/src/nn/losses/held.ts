/** @file Weights that a criterion was given. */
import { Buffer, Parameter, type Tensor } from '../../tensor/index.ts'

/** As a buffer, which `stateDict`, `loadStateDict` and `to` find; a parameter or buffer stays itself. */
export function held(name: string, weight?: Tensor | null): Buffer | Parameter | null {
  if (!weight) return null
  return weight instanceof Buffer || weight instanceof Parameter ? weight : new Buffer(weight, { name })
}
