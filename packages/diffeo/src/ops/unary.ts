/** @file Functions of one element. */
import { add, constantLike, mul, neg, reciprocal, scale, shift, unary } from '../graph/build.ts'
import type { Node, UnaryOp } from '../graph/node.ts'
import type { NDArray, OpRecord } from './record.ts'
import { mapArray } from './support/array.ts'
import { batchElementwise } from './support/batch.ts'
import { checkCount, checkKind, type Kinds } from './support/check.ts'
import { erf as erfOf } from './support/erf.ts'
import { roundHalfEven } from './support/round.ts'
import { flat } from './support/rules.ts'

type Scalar = (x: number) => number
/** The derivative, given input and output. */
type Derivative = (a: Node, out: Node) => Node

function record<P extends UnaryOp>(op: P, kinds: Kinds, f: Scalar, derivative: Derivative | null): OpRecord<P> {
  return {
    infer(inputs) {
      checkCount(op, inputs, 1)
      checkKind(op, inputs[0], kinds)
      return { shape: inputs[0].shape, dtype: inputs[0].dtype }
    },
    evaluate: ([a]) => mapArray(a, a.dtype, f),
    ...(derivative ? scaled<P>(derivative) : flat<P>()),
    batch: batchElementwise,
    lower: (e, [a], index) => e.unary(op, a(index)),
  }
}

/** d f(a) = f′(a) · da */
function scaled<P extends UnaryOp>(derivative: Derivative): Required<Pick<OpRecord<P>, 'vjp' | 'jvp'>> {
  const rule = ([g]: readonly (Node | null)[], node: Node<P>): readonly (Node | null)[] =>
    [g && mul(g, derivative(node.inputs[0], node))]
  return { vjp: rule, jvp: rule }
}

const square = (a: Node): Node => mul(a, a)

const negative: OpRecord<'neg'> = {
  ...record('neg', 'numbers', x => -x, null),
  vjp: ([g]) => [g && neg(g)],
  jvp: ([t]) => [t && neg(t)],
}

/** Logical on bool, bitwise on integers. */
const complement: OpRecord<'not'> = {
  ...record('not', 'logical', x => x, null),
  evaluate: ([a]): NDArray => mapArray(a, a.dtype, a.dtype === 'bool' ? x => 1 - x : x => ~x),
}

export const unaryRecords = {
  neg: negative,
  reciprocal: record('reciprocal', 'floats', x => 1 / x, (_a, out) => neg(square(out))),
  // 1 / (2·√a)
  sqrt: record('sqrt', 'floats', Math.sqrt, (_a, out) => scale(reciprocal(out), 0.5)),
  exp: record('exp', 'floats', Math.exp, (_a, out) => out),
  exp2: record('exp2', 'floats', x => 2 ** x, (_a, out) => scale(out, Math.LN2)),
  expm1: record('expm1', 'floats', Math.expm1, (_a, out) => shift(out, 1)),
  log: record('log', 'floats', Math.log, reciprocal),
  log2: record('log2', 'floats', Math.log2, a => scale(reciprocal(a), Math.LOG2E)),
  log1p: record('log1p', 'floats', Math.log1p, a => reciprocal(shift(a, 1))),
  sin: record('sin', 'floats', Math.sin, a => unary('cos', a)),
  cos: record('cos', 'floats', Math.cos, a => neg(unary('sin', a))),
  // 1 − tanh²
  tanh: record('tanh', 'floats', Math.tanh, (_a, out) => add(constantLike(out, 1), neg(square(out)))),
  // 2/√π · exp(−a²)
  erf: record('erf', 'floats', erfOf, a => scale(unary('exp', neg(square(a))), 2 / Math.sqrt(Math.PI))),
  floor: record('floor', 'floats', Math.floor, null),
  trunc: record('trunc', 'floats', Math.trunc, null),
  round: record('round', 'floats', roundHalfEven, null),
  not: complement,
} satisfies { [P in UnaryOp]: OpRecord<P> }
