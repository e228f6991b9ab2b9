/** @file The kinds of tiles of a contraction, and how far their depth loop is written out. */
import type { Builder } from '../builder.ts'
import type { Value } from '../ir.ts'

export interface Tile {
  readonly rows: number
  readonly vectors: number
  readonly laneStart: number
  readonly count: number
}

/**
 * Turns of the innermost depth loop written out. From a dozen products a turn the loop itself costs nothing (the
 * same share of the peak was measured written out once, twice and four times), and code takes time to compile. Not for
 * wasm: V8 puts all loads of a turn first, and spills.
 */
export function unrollOf(extent: number, products: number): number {
  const most = Math.max(1, Math.min(8, Math.floor(60 / products)))
  if (extent <= most) return extent
  for (let u = most; u > 1; u--) if (extent % u === 0) return u
  return most
}

/** A ragged last panel, as single vectors: whole ones, then one with `count` lanes in use. */
export function tailTiles(rest: number, lanes: number): Tile[] {
  const out: Tile[] = []
  for (let at = 0; at < rest; at += lanes) {
    const left = rest - at
    out.push({ rows: 0, vectors: 1, laneStart: at, count: left >= lanes ? 0 : left })
  }
  return out
}

export function decode(b: Builder, turn: Value, counts: readonly number[]): Value[] {
  const out: Value[] = []
  let rest = turn
  for (let i = counts.length - 1; i >= 0; i--) {
    if (i === 0) { out.unshift(rest); break }
    out.unshift(b.imod(rest, counts[i]))
    rest = b.idiv(rest, counts[i])
  }
  return out
}
