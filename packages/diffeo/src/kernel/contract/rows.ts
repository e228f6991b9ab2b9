/**
 * @file Copies rows of the left operand to scratch, element by element side by side, so that a tile reads one stream.
 */
import type { Builder } from '../builder.ts'
import type { Address, Target, Value } from '../ir.ts'

/** A loop of the depth: bytes from turn to turn. */
export interface DepthLoop {
  readonly extent: number
  readonly step: number
}

/** Bytes behind the last row that a copy may overwrite. */
export const copySlack = 64

const at = (base: Value, disp: number): Address => ({ base, index: null, scale: 1, disp })

/** Copies `rows` rows, `row` bytes apart, as [depth][row]. */
export function emitCopy(
  b: Builder, target: Target, loops: readonly DepthLoop[], rows: number, row: number, from: Value, to: Value,
): void {
  const inner = loops.length - 1
  const { lanes } = target
  const blocks = row !== 4 && loops[inner].step === 4 ? Math.floor(loops[inner].extent / lanes) : 0
  const line = row === 4 ? lineCopier(b, target, rows) : scalarCopier(b, rows, row)
  /** Copies what lies below a loop; gives the address behind the copy. */
  const nested = (level: number, f: Value, t: Value): Value => {
    if (level === loops.length) {
      line(f, t)
      return b.iadd(t, rows * 4)
    }
    const { extent, step } = loops[level]
    const whole = level === inner ? blocks : 0
    const walk = (turns: number, times: number, start: readonly Value[], body: (f: Value, t: Value) => Value) =>
      turns === 0 ? start : b.loop(b.int(0), b.int(turns), 1, start, (_, [pf, pt]) => {
        const after = body(pf, pt)
        return [b.iadd(pf, step * times), after]
      })
    const rest = walk(whole, lanes, [f, t], (pf, pt) => {
      transpose(b, target, rows, row, pf, pt)
      return b.iadd(pt, lanes * rows * 4)
    })
    return walk(extent - whole * lanes, 1, rest, (pf, pt) => nested(level + 1, pf, pt))[1]
  }
  nested(0, from, to)
}

function scalarCopier(b: Builder, rows: number, row: number): (from: Value, to: Value) => void {
  return (from, to) => {
    for (let r = 0; r < rows; r++) b.store('f32', at(to, r * 4), b.load('f32', at(from, r * row), 1))
  }
}

/** Rows that lie side by side already: whole vectors, then what is left, under a mask where there is one. */
function lineCopier(b: Builder, target: Target, rows: number): (from: Value, to: Value) => void {
  const { lanes } = target
  const rest = rows % lanes
  const mask = target.masks && rest > 0 ? b.firstLanes(b.int(rest), lanes) : undefined
  const move = (f: Value, t: Value, r: number, n: number, m?: Value) =>
    b.store('f32', at(t, r * 4), b.load('f32', at(f, r * 4), n, m), m)
  return (from, to) => {
    let r = 0
    for (; r + lanes <= rows; r += lanes) move(from, to, r, lanes)
    if (mask) move(from, to, r, lanes, mask)
    else for (; r < rows; r++) move(from, to, r, 1)
  }
}

/**
 * `lanes` depths of every row, transposed in registers: each of log2(lanes) rounds of zips moves one bit of the row's
 * number into the lane's. Rows beyond the last are garbage, which the next depth's rows overwrite.
 */
function transpose(b: Builder, target: Target, rows: number, row: number, from: Value, to: Value): void {
  const { lanes } = target
  const groups: Value[][] = []
  for (let first = 0; first < rows; first += lanes) {
    let x = Array.from({ length: Math.min(lanes, rows - first) }, (_, r) =>
      b.load('f32', at(from, (first + r) * row), lanes))
    while (x.length < lanes) x.push(x[x.length - 1])
    for (let n = 1; n < lanes; n *= 2) {
      const half = lanes / 2
      x = x.map((_, i) => b.zip(i % 2 === 0 ? 'lo' : 'hi', x[i >> 1], x[(i >> 1) + half]))
    }
    groups.push(x)
  }
  for (let k = 0; k < lanes; k++)
    groups.forEach((g, i) => b.store('f32', at(to, (k * rows + i * lanes) * 4), g[k]))
}
