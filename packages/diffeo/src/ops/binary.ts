/**
 * @file Functions of two elements of one dtype; broadcasting is the caller's. Shift counts are taken modulo 32;
 * `shr` keeps the sign of signed integers. `div` is of floats; `idiv` floors and `mod` takes the divisor's sign; by 0
 * an integer gives 0.
 */
import {
  binary, constantLike, div, equal, less, mul, neg, scale, shift, sub, unary, where,
} from '../graph/build.ts'
import { isFloat, type DType } from '../graph/dtype.ts'
import type { BinaryOp, Node } from '../graph/node.ts'
import type { OpRecord } from './record.ts'
import { ndarray } from './support/array.ts'
import { batchElementwise } from './support/batch.ts'
import { checkCount, checkKind, checkSameDType, checkSameShape, type Kinds } from './support/check.ts'
import { multiplier } from './support/round.ts'
import { flat, sumOf, zerosLike } from './support/rules.ts'

type Scalar = (a: number, b: number) => number
type Rules<P extends BinaryOp> = Required<Pick<OpRecord<P>, 'vjp' | 'jvp'>>
/** The partial derivatives as linear maps of a tangent; a linear map of one element is its own transpose. */
type Partials<P extends BinaryOp> = readonly [da: LinearMap<P>, db: LinearMap<P>]
type LinearMap<P extends BinaryOp> = (t: Node, node: Node<P>) => Node

const predicates: readonly BinaryOp[] = ['less', 'equal']

function record<P extends BinaryOp>(
  op: P, kinds: Kinds, f: (d: DType) => Scalar, rules: Rules<P> = flat<P>(),
): OpRecord<P> {
  const resultOf = (d: DType): DType => (predicates.includes(op) ? 'bool' : d)
  return {
    infer(inputs) {
      checkCount(op, inputs, 2)
      const [a, b] = inputs
      checkSameDType(op, a, b)
      checkKind(op, a, kinds)
      checkSameShape(op, a, b)
      return { shape: a.shape, dtype: resultOf(a.dtype) }
    },
    evaluate([a, b]) {
      const out = ndarray(a.shape, resultOf(a.dtype))
      const g = f(a.dtype)
      for (let i = 0; i < out.data.length; i++) out.data[i] = g(a.data[i], b.data[i])
      return out
    },
    ...rules,
    batch: batchElementwise,
    lower: (e, [a, b], index) => e.binary(op, a(index), b(index)),
  }
}

function partials<P extends BinaryOp>([da, db]: Partials<P>): Rules<P> {
  return {
    vjp: ([g], node) => [g && da(g, node), g && db(g, node)],
    jvp: ([ta, tb], node) => [sumOf(ta && da(ta, node), tb && db(tb, node))],
  }
}

/** All to the winner, half each at ties, and to both where either is NaN. */
function shareOfWinner<P extends BinaryOp>(loses: (mine: Node, other: Node) => Node): Partials<P> {
  const share = (t: Node, mine: Node, other: Node): Node =>
    where(loses(mine, other), zerosLike(t), where(equal(mine, other), scale(t, 0.5), t))
  return [
    (t, { inputs: [a, b] }) => share(t, a, b),
    (t, { inputs: [a, b] }) => share(t, b, a),
  ]
}

/** x mod y = x − y·⌊x/y⌋, and ⌊x/y⌋ = round((x − x mod y) / y), exact where ⌊x/y⌋ of a rounded quotient is not. */
function floorQuotient(node: Node): Node {
  const [x, y] = node.inputs
  return unary('round', div(sub(x, node), y))
}

/** d aᵇ/da = b·aᵇ⁻¹, and 0 where b is 0 (there the exponent is set to 0 lest 0⁻¹ come in) */
function powBase(t: Node, { inputs: [a, b] }: Node): Node {
  const exponent = where(equal(b, zerosLike(b)), zerosLike(b), shift(b, -1))
  return mul(t, mul(b, binary('pow', a, exponent)))
}

/** d aᵇ/db = aᵇ·log a, and 0 where a is 0 and b is not negative */
function powExponent(t: Node, node: Node): Node {
  const [a, b] = node.inputs
  const zero = zerosLike(a)
  const vanishes = binary('and', equal(a, zero), unary('not', less(b, zero)))
  return mul(t, mul(node, unary('log', where(vanishes, constantLike(a, 1), a))))
}

function floorMod(d: DType): Scalar {
  const exact = isFloat(d)
  return (x, y) => {
    if (y === 0) return exact ? NaN : 0
    const r = x % y
    return r !== 0 && r < 0 !== y < 0 ? r + y : r
  }
}

/** Integer powers by squaring; a negative exponent gives the truncated quotient, as PyTorch has it. */
function power(d: DType): Scalar {
  // IEEE 754 pow, which JavaScript is not: 1 to any power is 1
  if (isFloat(d)) return (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b)
  const times = multiplier(d)
  return (a, b) => {
    if (b < 0) return a === 1 ? 1 : a === -1 ? (b % 2 === 0 ? 1 : -1) : 0
    let out = 1
    for (let base = a, n = b; n > 0; n = Math.floor(n / 2), base = times(base, base)) {
      if (n % 2 === 1) out = times(out, base)
    }
    return out
  }
}

const unsigned = (d: DType): boolean => d === 'uint32' || d === 'uint8'

export const binaryRecords = {
  add: record('add', 'numbers', () => (a, b) => a + b, partials<'add'>([t => t, t => t])),
  mul: record('mul', 'numbers', multiplier, partials<'mul'>([
    (t, { inputs: [, b] }) => mul(t, b),
    (t, { inputs: [a] }) => mul(t, a),
  ])),
  // d(a/b)/db = −(a/b)/b; t/b is shared by both
  div: record('div', 'floats', () => (a, b) => a / b, partials<'div'>([
    (t, { inputs: [, b] }) => div(t, b),
    (t, node) => neg(mul(div(t, node.inputs[1]), node)),
  ])),
  maximum: record('maximum', 'ordered', () => Math.max, partials(shareOfWinner<'maximum'>((a, b) => less(a, b)))),
  minimum: record('minimum', 'ordered', () => Math.min, partials(shareOfWinner<'minimum'>((a, b) => less(b, a)))),
  idiv: record('idiv', 'integers', () => (a, b) => (b === 0 ? 0 : Math.floor(a / b))),
  mod: record('mod', 'numbers', floorMod, partials<'mod'>([t => t, (t, node) => neg(mul(t, floorQuotient(node)))])),
  pow: record('pow', 'numbers', power, partials<'pow'>([powBase, powExponent])),
  less: record('less', 'ordered', () => (a, b) => (a < b ? 1 : 0)),
  equal: record('equal', 'ordered', () => (a, b) => (a === b ? 1 : 0)),
  and: record('and', 'logical', () => (a, b) => a & b),
  or: record('or', 'logical', () => (a, b) => a | b),
  xor: record('xor', 'logical', () => (a, b) => a ^ b),
  // a count that is no bit's number, negative ones too, shifts all bits out
  shl: record('shl', 'integers', () => (a, b) => (b >>> 0 > 31 ? 0 : a << b)),
  shr: record('shr', 'integers', d => (unsigned(d)
    ? (a, b) => (b >>> 0 > 31 ? 0 : a >>> b)
    : (a, b) => a >> (b >>> 0 > 31 ? 31 : b))),
} satisfies { [P in BinaryOp]: OpRecord<P> }
