/** @file Choosing between elements, and changing what their bits mean. */
import { cast as castTo, where } from '../graph/build.ts'
import { dtypeBytes, isFloat, isInteger, type DType } from '../graph/dtype.ts'
import { DTypeError } from '../util/errors.ts'
import type { OpRecord } from './record.ts'
import { mapArray, ndarray } from './support/array.ts'
import { batchElementwise } from './support/batch.ts'
import { checkCount, checkDType, checkSameDType, checkSameShape, needDType, show } from './support/check.ts'
import { rounders, wrapper } from './support/round.ts'
import { flat, orZeros, zerosLike } from './support/rules.ts'

const select: OpRecord<'where'> = {
  infer(inputs) {
    checkCount('where', inputs, 3)
    const [condition, a, b] = inputs
    checkDType('where', 'a condition', condition, 'bool')
    checkSameDType('where', a, b)
    checkSameShape('where', a, b)
    checkSameShape('where', condition, a)
    return { shape: a.shape, dtype: a.dtype }
  },
  evaluate([condition, a, b]) {
    const out = ndarray(a.shape, a.dtype)
    for (let i = 0; i < out.data.length; i++) out.data[i] = condition.data[i] !== 0 ? a.data[i] : b.data[i]
    return out
  },
  vjp: ([g], { inputs: [condition] }) =>
    [null, g && where(condition, g, zerosLike(g)), g && where(condition, zerosLike(g), g)],
  jvp: ([, ta, tb], node) =>
    [ta || tb ? where(node.inputs[0], orZeros(ta, node), orZeros(tb, node)) : null],
  batch: batchElementwise,
  lower: (e, [condition, a, b], index) => e.where(condition(index), a(index), b(index)),
}

/** A float in range of the integers it is cast to (int32 for narrower ones, of which the low bits stay); NaN: 0. */
function saturated(x: number, dtype: DType): number {
  if (x !== x) return 0
  return dtype === 'uint32' ? Math.min(Math.max(x, 0), 2 ** 32 - 1) : Math.min(Math.max(x, -(2 ** 31)), 2 ** 31 - 1)
}

function caster(from: DType, to: DType): (x: number) => number {
  const wrap = wrapper(to)
  return isFloat(from) && isInteger(to) ? x => wrap(saturated(x, to)) : wrap
}

/**
 * Floats to integers truncate and saturate (NaN: 0); integers to narrower ones keep the low bits; anything but 0 is
 * true.
 */
const cast: OpRecord<'cast'> = {
  infer(inputs, _attrs, out) {
    checkCount('cast', inputs, 1)
    return { shape: inputs[0].shape, dtype: needDType('cast', out.dtype) }
  },
  evaluate: ([a], node) => mapArray(a, node.dtype, caster(a.dtype, node.dtype)),
  vjp: ([g], { inputs: [a] }) => [g && isFloat(g.dtype) && isFloat(a.dtype) ? castTo(g, a.dtype) : null],
  jvp: ([t], node) => [t && isFloat(t.dtype) && isFloat(node.dtype) ? castTo(t, node.dtype) : null],
  batch: batchElementwise,
  lower: (e, [a], index, node) => e.cast(a(index), node.dtype),
}

const view = new DataView(new ArrayBuffer(8))
/** The bits of a value as an unsigned integer, and back. */
const toBits: Partial<Record<DType, (x: number) => number>> = {
  float32: x => (view.setFloat32(0, x), view.getUint32(0)),
  int32: x => x >>> 0,
  uint32: x => x,
  float16: halfBits,
  bfloat16: x => (view.setFloat32(0, rounders.bfloat16(x)), view.getUint16(0)),
  int8: x => x & 255,
  uint8: x => x,
}
const fromBits: Partial<Record<DType, (bits: number) => number>> = {
  float32: b => (view.setUint32(0, b), view.getFloat32(0)),
  int32: b => b | 0,
  uint32: b => b,
  float16: halfValue,
  bfloat16: b => (view.setUint32(0, b * 65536), view.getFloat32(0)),
  int8: b => (b << 24) >> 24,
  uint8: b => b,
}

/** sign, 5 bits of exponent + 15, 10 of fraction */
function halfBits(value: number): number {
  const x = rounders.float16(value)
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0
  const a = Math.abs(x)
  if (a !== a) return 0x7e00
  if (a === Infinity) return sign | 0x7c00
  if (a < 2 ** -14) return sign | (a * 2 ** 24)
  const exponent = Math.floor(Math.log2(a))
  return sign | ((exponent + 15) << 10) | ((a * 2 ** -exponent - 1) * 1024)
}

function halfValue(b: number): number {
  const sign = b & 0x8000 ? -1 : 1
  const exponent = (b >> 10) & 31
  const fraction = b & 1023
  if (exponent === 31) return fraction ? NaN : sign * Infinity
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15))
}

const bitcast: OpRecord<'bitcast'> = {
  infer(inputs, _attrs, out) {
    checkCount('bitcast', inputs, 1)
    const dtype = needDType('bitcast', out.dtype)
    const from = inputs[0].dtype
    if (dtype !== from && (!toBits[from] || !fromBits[dtype] || dtypeBytes[from] !== dtypeBytes[dtype])) {
      throw new DTypeError(`bitcast takes ${show(inputs[0])} to a numeric dtype of as many bytes, not to ${dtype}`)
    }
    return { shape: inputs[0].shape, dtype }
  },
  evaluate([a], node) {
    const to = toBits[a.dtype]
    const from = fromBits[node.dtype]
    return mapArray(a, node.dtype, a.dtype === node.dtype || !to || !from ? x => x : x => from(to(x)))
  },
  ...flat<'bitcast'>(),
  batch: batchElementwise,
  lower: (e, [a], index, node) => e.bitcast(a(index), node.dtype),
}

export const selectRecords = { where: select, cast, bitcast }
