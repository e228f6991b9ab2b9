/** @file Sizes of windows: one number for all axes, or one an axis. */
import { ShapeError } from '../util/errors.ts'
import { whatIs } from '../util/options.ts'

/** One number for all axes, or one an axis. */
export type Size = number | readonly number[]

/** A size for each of `n` axes. @throws ShapeError unless these are whole numbers from `least` up */
export function sizes(what: string, size: Size, n: number, least = 1): readonly number[] {
  const list = typeof size === 'number' ? new Array<number>(n).fill(size) : size
  if (!Array.isArray(list) || list.length !== n || !list.every(d => Number.isInteger(d) && d >= least)) {
    const text = Array.isArray(size) ? `[${size.join(',')}]` : whatIs(size)
    throw new ShapeError(`${what} is ${text}: expected a whole number from ${least} up, or ${n} of them, one an axis`)
  }
  return list
}

/** A positive whole number. */
export function positive(what: string, n: number): number {
  if (!Number.isInteger(n) || n < 1) throw new ShapeError(`${what} is ${whatIs(n)}: expected a whole number from 1 up`)
  return n
}

/** `3×3`, for descriptions. */
export const times = (list: readonly number[]): string => list.join('×')
