/** @file Train and eval mode, put back as they were found; and the precision of products. */
import { autocast } from '../tensor/index.ts'
import { DataError } from '../util/errors.ts'
import { whatIs } from '../util/options.ts'
import type { Model } from './contract.ts'

/** What the operands of products are rounded to: nothing narrower, or 16 bits with the range of float32. */
export type Precision = 'float32' | 'bfloat16'

/** @throws DataError */
export function checkPrecision(op: string, precision: unknown): void {
  if (precision === undefined || precision === 'float32' || precision === 'bfloat16') return
  const fix = precision === 'float16' ? ': float16 needs a scaled loss, which a step of your own can have' : ''
  throw new DataError(`${op}: precision is ${whatIs(precision)}; it must be 'float32' or 'bfloat16'${fix}`)
}

export const inPrecision = <R>(precision: Precision | undefined, body: () => R): R =>
  precision === 'bfloat16' ? autocast(precision, body) : body()

/** Runs `body` in the mode; afterwards each module is in the mode it was in. */
export async function inMode<R>(model: Model, mode: 'train' | 'eval', body: () => Promise<R>): Promise<R> {
  const found = [...model.modules()].map(m => [m, m.training] as const)
  model[mode]()
  try {
    return await body()
  } finally {
    // parents come first, so that each child's own mode is set last
    for (const [m, training] of found) if (m.training !== training) training ? m.train() : m.eval()
  }
}
