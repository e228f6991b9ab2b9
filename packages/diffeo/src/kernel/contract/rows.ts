/**
 * @file Copies rows of the left operand to scratch, element by element side by side, so that a tile reads one stream.
 */
import type { Builder } from '../builder.ts'
import type { Fn, Target, Value } from '../ir.ts'
import { callShared, Rows, type Body } from './shared.ts'

/** A loop of the depth: bytes from turn to turn. */
export interface CopyLoop {
  readonly extent: number
  readonly step: number
}

/** Bytes behind the last row that a copy may overwrite. */
export const copySlack = 64

/** Calls the function that copies `rows` rows, `row` bytes apart, as [depth][row]. */
export function callCopy(
  b: Builder, target: Target, rows: number, row: number, loops: readonly CopyLoop[], at: { from: Value; to: Value },
): Fn {
  const numbers: Record<string, number> = { small: row }
  loops.forEach(({ extent, step }, i) => {
    const inner = loops[i + 1]
    numbers[`extent${i}`] = extent
    numbers[`step${i}`] = inner ? step - inner.extent * inner.step : step
  })
  const isFixed = (name: string, n: number) => !name.startsWith('extent') && (n === 0 || n === 4)
  const key = `copy ${rows} over ${loops.length}`
  return callShared(b, target, key, at, numbers, isFixed, body => build(body, rows, loops.length))
}

/** Pointers to the rows and behind what was copied. */
interface State { readonly from: readonly Value[]; readonly to: Value }

function build(body: Body, rows: number, levels: number): void {
  const { b, target } = body
  const { lanes } = target
  const inner = levels - 1
  const aside = body.known('small') === 4
  const along = !aside && body.known(`step${inner}`) === 4
  const at = new Rows(body, rows, rows)
  const line = aside ? lineCopier(body, at, rows) : scalarCopier(body, at, rows)
  const loop = (turns: Value, s: State, turn: (s: State) => State): State => {
    const end = b.loop(b.int(0), turns, 1, [...s.from, s.to], (_, v) => {
      const after = turn({ from: v.slice(0, -1), to: v[v.length - 1] })
      return [...after.from, after.to]
    })
    return { from: end.slice(0, -1), to: end[end.length - 1] }
  }
  const move = (s: State, level: number, turns: number, copied: number): State =>
    ({ from: s.from.map(p => body.add(p, `step${level}`, turns)), to: b.iadd(s.to, copied * rows * 4) })
  const nested = (level: number, s: State): State => {
    const extent = body.value(`extent${level}`)
    if (level < inner) return loop(extent, s, x => move(nested(level + 1, x), level, 1, 0))
    const one = (x: State): State => { line(x); return move(x, level, 1, 1) }
    if (!along) return loop(extent, s, one)
    const blocks = b.idiv(extent, lanes)
    const after = loop(blocks, s, x => { transpose(body, at, rows, x); return move(x, level, lanes, lanes) })
    return loop(b.intOp('isub', extent, b.imul(blocks, lanes)), after, one)
  }
  nested(0, { from: at.pointers(body.value('from')), to: body.value('to') })
}

const place = (base: Value, disp: number) => ({ base, index: null, scale: 1 as const, disp })

function scalarCopier({ b }: Body, at: Rows, rows: number): (s: State) => void {
  return ({ from, to }) => {
    for (let r = 0; r < rows; r++) b.store('f32', place(to, r * 4), b.load('f32', at.at(from, r, 0), 1))
  }
}

/** Rows that lie side by side already: whole vectors, then what is left, under a mask where there is one. */
function lineCopier({ b, target }: Body, at: Rows, rows: number): (s: State) => void {
  const { lanes } = target
  const rest = rows % lanes
  const mask = target.masks && rest > 0 ? b.firstLanes(b.int(rest), lanes) : undefined
  return ({ from, to }) => {
    const move = (r: number, n: number, m?: Value) =>
      b.store('f32', place(to, r * 4), b.load('f32', at.at(from, r, 0), n, m), m)
    let r = 0
    for (; r + lanes <= rows; r += lanes) move(r, lanes)
    if (mask) move(r, lanes, mask)
    else for (; r < rows; r++) move(r, 1)
  }
}

/**
 * `lanes` depths of every row, transposed in registers: each of log2(lanes) rounds of zips moves one bit of the row's
 * number into the lane's. Rows beyond the last are garbage, which the next depth's rows overwrite.
 */
function transpose({ b, target }: Body, at: Rows, rows: number, { from, to }: State): void {
  const { lanes } = target
  const groups: Value[][] = []
  for (let first = 0; first < rows; first += lanes) {
    let x = Array.from({ length: Math.min(lanes, rows - first) }, (_, r) =>
      b.load('f32', at.at(from, first + r, 0), lanes))
    while (x.length < lanes) x.push(x[x.length - 1])
    for (let n = 1; n < lanes; n *= 2) {
      const half = lanes / 2
      x = x.map((_, i) => b.zip(i % 2 === 0 ? 'lo' : 'hi', x[i >> 1], x[(i >> 1) + half]))
    }
    groups.push(x)
  }
  for (let k = 0; k < lanes; k++)
    groups.forEach((g, i) => b.store('f32', place(to, (k * rows + i * lanes) * 4), g[k]))
}
