/**
 * @file Operands that lie across what is stored: tile by tile they are first copied to scratch, so that every line of
 * either side is touched once, and gathered from there.
 */
import { Index, indexVar, type IndexVar } from '../../expr/index.ts'
import type { Expr, Exprs } from '../../expr/scalar.ts'
import { bytesOf } from '../dtypes.ts'
import { cutLoop, replaceExpr, substituteStore, walkExprs, type BufferInfo, type Store } from '../nest.ts'

/** Elements a side: 16 KiB of floats, a third of an L1 cache. */
const side = 64
/** Shorter loops are left alone. */
const least = 8
const leastArea = 1024

/** A buffer in scratch, `offset` bytes from its start. */
export interface Tile { readonly info: BufferInfo; readonly offset: number }

/** Whole registers: a gather of bytes may read three more. */
export const tileBytes = ({ info }: Tile): number =>
  Math.ceil((info.size * bytesOf(info.dtype) + 3) / 64) * 64

/** The parts with such operands read from tiles, which are added to `tiles`: buffers numbered after the nest's own. */
export function tileTransposes(
  e: Exprs, part: readonly Store[], buffers: readonly BufferInfo[], tiles: Tile[],
): (readonly Store[])[] {
  const pair = crossing(part, buffers)
  if (!pair) return [part]
  for (const v of pair) {
    const edge = Math.floor(v.extent / sideOf(v)) * sideOf(v)
    if (edge === v.extent) continue
    const cut = cutLoop(e, part, v, [edge])
    return [cut.slice(0, part.length), cut.slice(part.length)].flatMap(p => tileTransposes(e, p, buffers, tiles))
  }
  return [tiled(e, part, pair, buffers, tiles)]
}

/** A divisor near `side`, or `side` and a rest. */
function sideOf({ extent }: IndexVar): number {
  if (extent <= side) return extent
  for (let d = side; d >= side / 2; d--) if (extent % d === 0) return d
  return side
}

/** The loop along which most operands lie, if it is not the one along which is stored, and that one. */
function crossing(part: readonly Store[], buffers: readonly BufferInfo[]): [IndexVar, IndexVar] | null {
  const [{ vars, index }] = part
  const along = vars.find(v => index.coefficient(v) === 1)
  if (!along || along.extent < least) return null
  if (part.some(s => s.index.coefficient(along) !== 1 || s.vars.join() !== vars.join())) return null
  let reduced = false
  const votes = new Map<IndexVar, number>()
  walkExprs(part.map(s => s.value), x => {
    if (x.vars.length > 0) reduced = true
    for (const v of vars)
      if (v.extent >= least && v.extent * along.extent >= leastArea && crosses(x, v, along, buffers))
        votes.set(v, (votes.get(v) ?? 0) + 1)
  })
  const [best] = [...votes].sort((a, b) => b[1] - a[1])
  return best && !reduced ? [best[0], along] : null
}

/** Whether `x` is an element of a buffer whose neighbours are those of the next turn of `across`, not of `along`. */
function crosses(x: Expr, across: IndexVar, along: IndexVar, buffers: readonly BufferInfo[]): boolean {
  if (x.op !== 'load' || !x.index || across === along) return false
  if (x.index.coefficient(across) !== 1 || [0, 1].includes(x.index.coefficient(along))) return false
  const [low, high] = x.index.bounds()
  return low >= 0 && high < buffers[x.buffer].size && x.index.atoms.every(a => a.kind === 'var')
}

function tiled(
  e: Exprs,
  part: readonly Store[],
  pair: readonly [IndexVar, IndexVar],
  buffers: readonly BufferInfo[],
  tiles: Tile[],
): readonly Store[] {
  const inner = pair.map(v => indexVar(sideOf(v)))
  const outer = pair.map(v => indexVar(v.extent / sideOf(v)))
  const map = new Map(pair.map((v, i) => [v.id, Index.of(outer[i]).times(sideOf(v)).add(Index.of(inner[i]))]))
  const before = [...part[0].vars.filter(v => !pair.includes(v)), ...outer.filter(v => v.extent > 1)]
  const stores = part.map(s => ({ ...substituteStore(e, s, map), vars: [...before, ...inner] }))
  const loads = new Set<Expr>()
  walkExprs(stores.map(s => s.value), x => { if (crosses(x, inner[0], inner[1], buffers)) loads.add(x) })
  const pitch = Math.ceil(inner[0].extent / 16) * 16
  const place = ([u, v]: readonly IndexVar[]) => Index.of(u).add(Index.of(v).times(pitch))
  const fills: Store[] = []
  let values = stores.map(s => s.value)
  let offset = 0
  for (const x of loads) {
    const buffer = buffers.length + tiles.length
    const info = { dtype: x.dtype, size: pitch * inner[1].extent }
    tiles.push({ info, offset })
    offset += tileBytes(tiles[tiles.length - 1])
    const own = inner.map(v => indexVar(v.extent))
    const at = (x.index as Index).substitute(v => (inner.includes(v) ? Index.of(own[inner.indexOf(v)]) : null))
    const vars = [...before, own[1], own[0]]
    fills.push({ buffer, index: place(own), value: e.load(x.buffer, at, x.dtype), vars })
    const copy = e.load(buffer, place(inner), x.dtype)
    values = values.map(value => replaceExpr(e, value, x, copy))
  }
  return [...fills, ...stores.map((s, i) => ({ ...s, value: values[i] }))]
}
