import type { Builder } from './builder.ts'
import type { BinaryOp, DType, UnaryOp } from '../expr/types.ts'
import type { Value } from './ir.ts'
import { unaryMath as um } from './math/index.ts'
export function unaryMath(b: Builder, op: UnaryOp, x: Value, d: DType): Value {
  if (op === 'not') return b.unary('not', x)
  if (op === 'neg') return x.kind === 'f32' ? b.unary('neg', x) : b.binary('sub', b.constant('i32', 0, x.lanes), x)
  if (op === 'reciprocal') return b.binary('div', b.constant('f32', 1, x.lanes), x)
  if (op === 'sqrt') return b.unary('sqrt', x)
  return um(b, op, x, d)
}
export function binaryMath(b: Builder, op: BinaryOp, x: Value, y: Value, d: DType): Value {
  const nan = (v: Value, r: Value) => d === 'float32' ? b.select(b.compare('ne', v, v), v, r) : r
  switch (op) {
    case 'add': return b.binary('add', x, y)
    case 'mul': return b.binary('mul', x, y)
    case 'maximum': return nan(y, b.binary('max', x, y))
    case 'minimum': return nan(y, b.binary('min', x, y))
    case 'less': return b.compare('lt', x, y)
    case 'equal': return x.kind === 'mask' ? b.unary('not', b.binary('xor', x, y)) : b.compare('eq', x, y)
    case 'and': case 'or': case 'xor': return b.binary(op, x, y)
    default: throw new Error(op)
  }
}
export function convertMath(b: Builder, x: Value, from: DType, to: DType): Value {
  if (from === to) return x
  if (from === 'bool' && to === 'float32') return b.select(x, b.constant('f32', 1, x.lanes), b.constant('f32', 0, x.lanes))
  if (from === 'bool') return b.convert('maskToI32', x)
  if (from === 'int32' && to === 'float32') return b.convert('i32ToF32', x)
  if (from === 'float32' && to === 'int32') return b.convert('f32ToI32', x)
  throw new Error(`${from} ${to}`)
}
