import type { BinaryOp, DType, UnaryOp } from '../../expr/types.ts'
import type { Builder } from '../builder.ts'
import type { Value } from '../ir.ts'
import { exp, exp2, expm1, tanh } from './exponential.ts'
import { log, log1p, log2 } from './logarithm.ts'
import { Ops } from './ops.ts'

type Unary = (o: Ops, x: Value) => Value
const floatUnary: Partial<Record<UnaryOp, Unary>> = {
  neg: (o, x) => o.neg(x),
  reciprocal: (o, x) => o.div(1, x),
  sqrt: (o, x) => o.b.unary('sqrt', x),
  exp, exp2, expm1, log, log2, log1p, tanh,
  floor: (o, x) => o.floor(x),
  trunc: (o, x) => o.trunc(x),
  round: (o, x) => o.b.unary('round', x),
}

export function unaryMath(b: Builder, op: UnaryOp, x: Value, dtype: DType): Value {
  const f = dtype === 'float32' ? floatUnary[op] : undefined
  if (!f) throw new Error(`kernel: no ${op} of ${dtype}`)
  return f(new Ops(b, x.lanes), x)
}

export function binaryMath(_b: Builder, op: BinaryOp, _x: Value, _y: Value, dtype: DType): Value {
  throw new Error(`kernel: no ${op} of ${dtype}`)
}
