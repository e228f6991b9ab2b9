/**
 * @file Copies rows of the left operand, or columns of the right one, to scratch, element by element side by side, so
 * that a tile reads one stream.
 */
import type { Builder } from '../builder.ts'
import type { Fn, Target, Value } from '../ir.ts'
import { advances, callShared, Rows, type Body, type Stepped } from './shared.ts'

/** Bytes behind the last row that a copy may overwrite. */
export const copySlack = 64

/** Calls the function that copies `rows` rows, `row` bytes apart, as [depth][row]. */
export function callCopy(
  b: Builder, target: Target, rows: number, row: number, loops: readonly Stepped[], at: { from: Value; to: Value },
): Fn {
  const key = `copy ${rows} over ${loops.length}`
  const numbers = { small: row, ...numbersOf(loops) }
  return callShared(b, target, key, at, numbers, isFixed, body => buildRows(body, rows, loops.length))
}

/**
 * Calls the function that copies `tiles` tiles of `rows` rows that all lie side by side, as [tile][depth][row], `tile`
 * bytes from tile to tile: what lies together is read together, however far the next depth lies off.
 */
export function callCopyTiles(
  b: Builder, target: Target, rows: number, loops: readonly Stepped[], tile: number,
  at: { from: Value; to: Value; tiles: Value },
): Fn {
  const key = `copy tiles of ${rows} over ${loops.length}`
  const numbers = { small: 4, tile, ...numbersOf(loops) }
  return callShared(b, target, key, at, numbers, isFixed, body => buildTiles(body, rows, loops.length))
}

const isFixed = (name: string, n: number): boolean => !name.startsWith('extent') && (n === 0 || n === 4)

function numbersOf(loops: readonly Stepped[]): Record<string, number> {
  const steps = advances(loops)
  return Object.fromEntries(loops.flatMap(({ extent }, i) => [[`extent${i}`, extent], [`step${i}`, steps[i]]]))
}

/** Pointers to the rows and behind what was copied. */
interface State { readonly from: readonly Value[]; readonly to: Value }

/** A loop that moves the pointers. */
function loop(b: Builder, turns: Value, s: State, turn: (s: State) => State): State {
  const end = b.loop(b.int(0), turns, 1, [...s.from, s.to], (_, v) => {
    const after = turn({ from: v.slice(0, -1), to: v[v.length - 1] })
    return [...after.from, after.to]
  })
  return { from: end.slice(0, -1), to: end[end.length - 1] }
}

/** The loops over the depth: `innermost` is the last of them. */
function overDepth(body: Body, levels: number, start: State, innermost: (extent: Value, s: State) => State): void {
  const nested = (level: number, s: State): State => {
    const extent = body.value(`extent${level}`)
    return level === levels - 1
      ? innermost(extent, s)
      : loop(body.b, extent, s, x => moved(body, nested(level + 1, x), level, 1, 0))
  }
  nested(0, start)
}

/** Behind `turns` turns of a depth loop, which have written `bytes`. */
const moved = (body: Body, s: State, level: number, turns: number, bytes: number): State =>
  ({ from: s.from.map(p => body.add(p, `step${level}`, turns)), to: body.b.iadd(s.to, bytes) })

function buildTiles(body: Body, rows: number, levels: number): void {
  const { b } = body
  const line = lineCopier(body, new Rows(body, rows, rows), rows)
  overDepth(body, levels, { from: [body.value('from')], to: body.value('to') }, (extent, s) =>
    loop(b, extent, s, depth => {
      loop(b, body.value('tiles'), depth, x => {
        line(x)
        return { from: [b.iadd(x.from[0], rows * 4)], to: body.add(x.to, 'tile') }
      })
      return moved(body, depth, levels - 1, 1, rows * 4)
    }))
}

function buildRows(body: Body, rows: number, levels: number): void {
  const { b, target } = body
  const { lanes } = target
  const inner = levels - 1
  const aside = body.known('small') === 4
  const along = !aside && body.known(`step${inner}`) === 4
  const at = new Rows(body, rows, rows)
  const line = aside ? lineCopier(body, at, rows) : scalarCopier(body, at, rows)
  const one = (x: State): State => { line(x); return moved(body, x, inner, 1, rows * 4) }
  overDepth(body, levels, { from: at.pointers(body.value('from')), to: body.value('to') }, (extent, s) => {
    if (!along) return loop(b, extent, s, one)
    const blocks = b.idiv(extent, lanes)
    const after = loop(b, blocks, s, x => {
      transpose(body, at, rows, x)
      return moved(body, x, inner, lanes, lanes * rows * 4)
    })
    return loop(b, b.intOp('isub', extent, b.imul(blocks, lanes)), after, one)
  })
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
