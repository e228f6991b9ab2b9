/** @file What was fitted, as tensors that are saved beside a model's: numbers as such, all else as text. */
import { tensor, type Tensor } from '../tensor/index.ts'
import { DataError } from '../util/errors.ts'

/** State by name, as a model's. */
export type FittedState = Record<string, Tensor>

/** Any JSON value as bytes. */
export const jsonTensor = (value: unknown): Tensor => tensor(new TextEncoder().encode(JSON.stringify(value)))

/** @throws DataError where the state lacks it, or it is no JSON */
export function jsonOf<T>(op: string, state: Readonly<Record<string, Tensor>>, name: string): T {
  const found = stateOf(op, state, name)
  try {
    return JSON.parse(new TextDecoder().decode(found.dataSync() as Uint8Array)) as T
  } catch (error) {
    throw new DataError(`${op}: '${name}' of the state is no text that was saved`, { cause: error })
  }
}

/** @throws DataError where the state lacks it */
export function stateOf(op: string, state: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const found = state[name]
  if (found) return found
  throw new DataError(`${op}: the state has no '${name}'; it has ${Object.keys(state).join(', ') || 'nothing'}`)
}
