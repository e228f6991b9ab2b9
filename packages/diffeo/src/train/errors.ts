import { DiffeoError } from '../util/errors.ts'

/** Training that ran off: the loss is not a finite number any more. */
export class DivergenceError extends DiffeoError {
  override name = 'DivergenceError'
}
