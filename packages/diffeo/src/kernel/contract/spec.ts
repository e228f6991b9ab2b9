/**
 * @file A contraction, `out[m, n] = Σ_k a[m, k] · b[k, n]`, over any number of axes of each role. Dots and convolutions
 * (forward, data gradient, weight gradient) are all of this form: an index may walk an operand in any affine way.
 */
import { Index, indexVar, type IndexVar } from '../../expr/index.ts'
import { expressionOf, type Expr, type Exprs } from '../../expr/scalar.ts'
import { Substitution, type BufferInfo } from '../nest.ts'

export interface Operand {
  readonly buffer: number
  readonly index: Index
  /** The same in many runs, so that a kernel that copies it runs once for all of them. */
  readonly isConstant: boolean
}

export interface Output {
  readonly buffer: number
  readonly index: Index
  /** An expression of `accumulator`: the epilogue. */
  readonly value: Expr
}

export interface Contraction {
  readonly name: string
  readonly exprs: Exprs
  readonly buffers: readonly BufferInfo[]
  readonly a: Operand
  readonly b: Operand
  readonly outer: readonly IndexVar[]
  readonly k: readonly IndexVar[]
  readonly outputs: readonly Output[]
  /** Stands for the sum in the outputs' values. */
  readonly accumulator: Expr
  readonly status?: number
}

/** The depth loops, from the one that walks the left operand in the longest steps to the one with the shortest. */
export const depthOrder = ({ k, a: { index } }: Contraction): IndexVar[] =>
  [...k].sort((x, y) => Math.abs(index.coefficient(y)) - Math.abs(index.coefficient(x)))

/** The buffer number that marks the accumulator. */
export const ACCUMULATOR = -2

export type Role = 'batch' | 'm' | 'n'

export function roleOf(c: Contraction, v: IndexVar): Role {
  const inA = c.a.index.coefficient(v) !== 0
  const inB = c.b.index.coefficient(v) !== 0
  return inA === inB ? 'batch' : inA ? 'm' : 'n'
}

export const extentOf = (vars: readonly IndexVar[]): number => vars.reduce((n, v) => n * v.extent, 1)

/** Replaces variables everywhere; `outer` and `k` must be given anew. */
export function substituteContraction(
  c: Contraction, map: ReadonlyMap<number, Index>, outer: readonly IndexVar[], k: readonly IndexVar[],
): Contraction {
  const s = new Substitution(c.exprs, map)
  const operand = (o: Operand): Operand => ({ ...o, index: s.index(o.index) })
  return {
    ...c, outer, k, a: operand(c.a), b: operand(c.b), accumulator: s.expr(c.accumulator),
    outputs: c.outputs.map(o => ({ buffer: o.buffer, index: s.index(o.index), value: s.expr(o.value) })),
  }
}

/** Joins loops that every access walks as one. */
export function joinLoops(c: Contraction): Contraction {
  for (let round = 0; round < 16; round++) {
    const pair = findPair(c, c.k, true) ?? findPair(c, c.outer, false)
    if (!pair) return c
    const [outer, inner] = pair
    const joined = indexVar(outer.extent * inner.extent)
    const map = new Map([[outer.id, new Index(0)], [inner.id, Index.of(joined)]])
    const swap = (vars: readonly IndexVar[]) => vars.filter(v => v !== outer).map(v => (v === inner ? joined : v))
    c = substituteContraction(c, map, swap(c.outer), swap(c.k))
  }
  return c
}

function findPair(c: Contraction, vars: readonly IndexVar[], k: boolean): [IndexVar, IndexVar] | null {
  for (const outer of vars) {
    for (const inner of vars) {
      if (outer === inner || (!k && roleOf(c, outer) !== roleOf(c, inner))) continue
      const one = (i: Index) => i.coefficient(outer) === i.coefficient(inner) * inner.extent
      if (!one(c.a.index) || !one(c.b.index)) continue
      if (c.a.index.coefficient(inner) === 0 && c.b.index.coefficient(inner) === 0) continue
      if (k || outputIndices(c).every(one)) return [outer, inner]
    }
  }
  return null
}

function outputIndices(c: Contraction): Index[] {
  const out: Index[] = []
  const seen = new Set<Expr>()
  const stack: Expr[] = []
  for (const o of c.outputs) { out.push(o.index); stack.push(o.value) }
  for (let x = stack.pop(); x; x = stack.pop()) {
    if (seen.has(x)) continue
    seen.add(x)
    if (x.index && x.buffer !== ACCUMULATOR) {
      out.push(x.index)
      x.index.walk(a => { if (a.kind === 'dynamic') stack.push(expressionOf(a)) })
    }
    stack.push(...x.args)
  }
  return out
}
