/** @file How a vector loop over a known extent is cut: wide turns, single registers, and a tail. */
import type { Target } from '../ir.ts'

export interface Segment {
  readonly start: number
  readonly end: number
  readonly step: number
  readonly lanes: number
  readonly unroll: number
  /** Lanes in use, when this is a masked tail. */
  readonly count: number
}

export function segments(extent: number, target: Target, unroll: number): Segment[] {
  const { lanes } = target
  const wide = lanes * unroll
  const out: Segment[] = []
  let at = 0
  const take = (end: number, step: number, l: number, u: number) => {
    if (end > at) out.push({ start: at, end, step, lanes: l, unroll: u, count: 0 })
    at = Math.max(at, end)
  }
  take(Math.floor(extent / wide) * wide, wide, lanes, unroll)
  take(Math.floor(extent / lanes) * lanes, lanes, lanes, 1)
  if (at < extent) {
    if (target.masks) out.push({ start: at, end: extent, step: lanes, lanes, unroll: 1, count: extent - at })
    else take(extent, 1, 1, 1)
  }
  return out
}
