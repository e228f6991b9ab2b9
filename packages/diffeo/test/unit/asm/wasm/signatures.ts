import type { ValType } from '../../../../src/asm/wasm/index.ts'
import type { Signature } from './helpers.ts'

const UNARY = /^(eqz|clz|ctz|popcnt|abs|neg|sqrt|ceil|floor|trunc|nearest|not|extend\d+_s)$/
const COMPARE = /^(eq|ne|lt|gt|le|ge)(_[su])?$/
const CONVERT = /^(wrap|trunc|trunc_sat|extend|convert|demote|promote|reinterpret)_([if]\d\d)(_[su])?$/
const VECTOR_CONVERT = /^(extend_|extadd_|convert_|demote_|promote_|trunc_sat_|relaxed_trunc_)/
const TERNARY = /^(bitselect|relaxed_n?madd|relaxed_laneselect|relaxed_dot_.*_add_s)$/

/** The stack signature of a plain instruction, read off its name. */
export function plainSignature(name: string): Signature {
  const [type, op] = name.split('.')
  return /x|v128/.test(type) ? vector(type, op) : scalar(type as ValType, op)
}

function scalar(type: ValType, op: string): Signature {
  const source = CONVERT.exec(op)
  if (source) return { params: [source[2] as ValType], results: [type] }
  if (op === 'eqz') return { params: [type], results: ['i32'] }
  if (COMPARE.test(op)) return { params: [type, type], results: ['i32'] }
  return { params: UNARY.test(op) ? [type] : [type, type], results: [type] }
}

function vector(shape: string, op: string): Signature {
  if (op === 'splat') return { params: [laneType(shape)], results: ['v128'] }
  if (/^(all_true|any_true|bitmask)$/.test(op)) return { params: ['v128'], results: ['i32'] }
  if (/^sh[lr]/.test(op)) return { params: ['v128', 'i32'], results: ['v128'] }
  const count = UNARY.test(op) || VECTOR_CONVERT.test(op) ? 1 : TERNARY.test(op) ? 3 : 2
  return { params: Array<ValType>(count).fill('v128'), results: ['v128'] }
}

/** The type that one lane has on the stack. */
function laneType(shape: string): ValType {
  const element = shape.split('x')[0]
  return element === 'i8' || element === 'i16' ? 'i32' : (element as ValType)
}

export function laneSignature(name: string): Signature {
  const [shape, op] = name.split('.')
  const lane = laneType(shape)
  return op.startsWith('extract')
    ? { params: ['v128'], results: [lane] }
    : { params: ['v128', lane], results: ['v128'] }
}

export function memSignature(name: string): Signature {
  const [type, op] = name.split('.') as [ValType, string]
  return op.startsWith('load') ? { params: ['i32'], results: [type] } : { params: ['i32', type], results: [] }
}

export function memLaneSignature(name: string): Signature {
  return { params: ['i32', 'v128'], results: name.includes('load') ? ['v128'] : [] }
}

export function atomicSignature(name: string): Signature {
  if (name === 'memory.atomic.notify') return { params: ['i32', 'i32'], results: ['i32'] }
  if (name === 'memory.atomic.wait32') return { params: ['i32', 'i32', 'i64'], results: ['i32'] }
  if (name === 'memory.atomic.wait64') return { params: ['i32', 'i64', 'i64'], results: ['i32'] }
  const type = name.split('.')[0] as ValType
  if (name.includes('.load')) return { params: ['i32'], results: [type] }
  if (name.includes('.store')) return { params: ['i32', type], results: [] }
  return { params: name.includes('cmpxchg') ? ['i32', type, type] : ['i32', type], results: [type] }
}
