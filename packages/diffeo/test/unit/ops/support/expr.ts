/** @file Evaluates scalar expressions, to compare `lower` with `evaluate`. */
import { indexVar, Index, type IndexVar } from '../../../../src/expr/index.ts'
import { expressionOf, Exprs, type Expr } from '../../../../src/expr/scalar.ts'
import type { BinaryOp, UnaryOp } from '../../../../src/expr/types.ts'
import { isFloat } from '../../../../src/graph/dtype.ts'
import { sizeOf, type Node } from '../../../../src/graph/node.ts'
import { recordOf } from '../../../../src/ops/index.ts'
import type { NDArray, Operand } from '../../../../src/ops/record.ts'
import { forEachIndex, ndarray, positionOf, stridesOf } from '../../../../src/ops/support/array.ts'
import { combiner, identityOf } from '../../../../src/ops/support/combine.ts'
import { rounders } from '../../../../src/ops/support/round.ts'

type Env = Map<number, number>
interface Load { readonly input: NDArray; readonly index: readonly Index[] }

/** What `lower` says the node's value is, its inputs' elements given. */
export function evaluateLowered(node: Node, inputs: readonly NDArray[]): NDArray {
  const given = new Map(node.inputs.map((x, i) => [x, inputs[i]]))
  return evaluateFused(node, x => given.get(x))
}

/**
 * The value of a graph by nested `lower` rules alone, as one kernel would compute it. Throws if an element outside an
 * operand would be read.
 */
export function evaluateFused(node: Node, lookup: (n: Node) => NDArray | undefined): NDArray {
  const e = new Exprs(indexVar)
  const loads: Load[] = []
  const operandOf = (x: Node): Operand => {
    const input = lookup(x)
    return index => {
      if (index.length !== x.shape.length) throw new Error(`${index.length} indices for [${x.shape}] (${x.op})`)
      if (!input) return lowered(x, index)
      return e.load(loads.push({ input, index }) - 1, Index.constant(0), input.dtype)
    }
  }
  const lowered = (x: Node, index: readonly Index[]): Expr => {
    const expr = recordOf(x.op).lower!(e, x.inputs.map(operandOf), index, x)
    if (expr.dtype !== x.dtype) throw new Error(`lower of ${x.op} gives ${expr.dtype} for ${x.dtype}`)
    return expr
  }
  const vars = node.shape.map(indexVar)
  const expr = lowered(node, vars.map(Index.of))
  const out = ndarray(node.shape, node.dtype)
  forEachIndex(node.shape, (index, position) => {
    const env: Env = new Map(vars.map((v, i) => [v.id, index[i]]))
    out.data[position] = new Evaluation(loads, env).of(expr)
  })
  return out
}

class Evaluation {
  private readonly known = new Map<Expr, number>()
  private readonly loads: readonly Load[]
  private readonly env: Env
  constructor(loads: readonly Load[], env: Env) {
    this.loads = loads
    this.env = env
  }

  of(x: Expr): number {
    let value = this.known.get(x)
    if (value === undefined) {
      value = this.compute(x)
      if (!isFloat(x.dtype)) value = rounders[x.dtype](value)
      this.known.set(x, value)
    }
    return value
  }

  private compute(x: Expr): number {
    switch (x.op) {
      case 'constant': return x.value
      case 'load': return this.load(this.loads[x.buffer])
      case 'index': return this.index(x.index!)
      case 'inRange': {
        const i = this.index(x.index!)
        return i >= x.low && i < x.high ? 1 : 0
      }
      case 'where': return this.of(x.args[0]) ? this.of(x.args[1]) : this.of(x.args[2])
      case 'reduce': return this.reduce(x)
      case 'argReduce': return this.argReduce(x)
      default: return this.scalar(x)
    }
  }

  /** Functions of elements mean what the records' references say. */
  private scalar(x: Expr): number {
    const inputs = x.args.map(a => ndarray([], a.dtype, Float64Array.of(this.of(a))))
    const node = { op: x.op, inputs, attrs: {}, shape: [], dtype: x.dtype } as unknown as Node
    const out = recordOf(x.op as UnaryOp | BinaryOp | 'cast' | 'bitcast').evaluate!(inputs, node, () => [])
    return (out as NDArray).data[0]
  }

  private load({ input, index }: Load): number {
    const at = index.map(i => this.index(i))
    if (at.some((k, i) => !(k >= 0 && k < input.shape[i]))) throw new Error(`read at [${at}] of [${input.shape}]`)
    return input.data[positionOf(at, stridesOf(input.shape))]
  }

  private index(i: Index): number {
    let out = i.offset
    i.atoms.forEach((a, k) => {
      let v: number
      if (a.kind === 'var') v = this.env.get(a.id)!
      else if (a.kind === 'dynamic') {
        v = this.of(expressionOf(a))
        if (!(v >= 0 && v < a.extent)) throw new Error(`dynamic index ${v} outside of ${a.extent}`)
      } else {
        const of = this.index(a.of)
        v = a.kind === 'div' ? Math.floor(of / a.by) : of - a.by * Math.floor(of / a.by)
      }
      out += i.coefs[k] * v
    })
    return out
  }

  /** The values of args[0], variables running row-major. */
  private *turns(x: Expr): Generator<number> {
    const extents = x.vars.map(v => v.extent)
    for (let n = 0; n < sizeOf(extents); n++) yield new Evaluation(this.loads, this.inner(x.vars, n)).of(x.args[0])
  }

  private inner(vars: readonly IndexVar[], n: number): Env {
    const env = new Map(this.env)
    for (let i = vars.length - 1; i >= 0; i--) {
      env.set(vars[i].id, n % vars[i].extent)
      n = Math.floor(n / vars[i].extent)
    }
    return env
  }

  private reduce(x: Expr): number {
    const step = combiner(x.combine, x.dtype)
    let value = identityOf[x.combine]
    for (const v of this.turns(x)) value = step(value, v)
    return value
  }

  private argReduce(x: Expr): number {
    const sign = x.combine === 'max' ? 1 : -1
    let best = NaN
    let at = -1
    let n = 0
    for (const v of this.turns(x)) {
      if (at < 0 || (best === best && (v !== v || sign * v > sign * best))) { best = v; at = n }
      n++
    }
    return at
  }
}
