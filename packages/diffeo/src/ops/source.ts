/** @file Nodes without tensor inputs: constants, buffers, cells, counters, placeholders; and stopGradient. */
import { DTypeError, ShapeError } from '../util/errors.ts'
import { stopGradient as stop } from '../graph/build.ts'
import type { Aval, Op } from '../graph/node.ts'
import type { OpRecord } from './record.ts'
import { filled, forEachIndex, ndarray } from './support/array.ts'
import { batchUnary } from './support/batch.ts'
import { checkAxis, checkCount, checkShape, needDType } from './support/check.ts'
import { flat } from './support/rules.ts'

const given = (op: Op, inputs: readonly Aval[], out: Partial<Aval>): Aval => {
  checkCount(op, inputs, 0)
  return { shape: checkShape(op, out.shape), dtype: needDType(op, out.dtype) }
}

const constant: OpRecord<'constant'> = {
  infer(inputs, attrs, out) {
    const aval = given('constant', inputs, out)
    if (typeof attrs.value !== 'number') throw new DTypeError(`constant takes a number, got ${typeof attrs.value}`)
    return aval
  },
  evaluate: (_inputs, { shape, dtype, attrs }) => filled(shape, dtype, attrs.value),
  ...flat<'constant'>(),
  lower: (e, _operands, _index, { attrs, dtype }) => e.constant(attrs.value, dtype),
}

const buffer: OpRecord<'buffer'> = { infer: (inputs, _attrs, out) => given('buffer', inputs, out), ...flat<'buffer'>() }

const read: OpRecord<'read'> = {
  infer(inputs, { cell }) {
    checkCount('read', inputs, 0)
    return { shape: cell.shape, dtype: cell.dtype }
  },
  ...flat<'read'>(),
}

const placeholder: OpRecord<'placeholder'> = {
  infer(inputs, { index }, out) {
    if (!Number.isInteger(index) || index < 0) {
      throw new ShapeError(`placeholder: ${index} is not the number of an input`)
    }
    return given('placeholder', inputs, out)
  },
  ...flat<'placeholder'>(),
}

const iota: OpRecord<'iota'> = {
  infer(inputs, { axis }, out) {
    const aval = given('iota', inputs, out)
    checkAxis('iota', aval, axis)
    if (aval.dtype === 'bool') throw new DTypeError('iota takes numeric dtypes, got bool')
    return aval
  },
  evaluate(_inputs, { shape, dtype, attrs }) {
    const out = ndarray(shape, dtype)
    forEachIndex(shape, (index, position) => { out.data[position] = index[attrs.axis] })
    return out
  },
  ...flat<'iota'>(),
  lower: (e, _operands, index, { attrs, dtype }) => e.cast(e.index(index[attrs.axis]), dtype),
}

const stopGradient: OpRecord<'stopGradient'> = {
  infer(inputs) {
    checkCount('stopGradient', inputs, 1)
    return { shape: inputs[0].shape, dtype: inputs[0].dtype }
  },
  evaluate: ([a]) => a,
  ...flat<'stopGradient'>(),
  batch: batchUnary<'stopGradient'>(a => stop(a)),
  lower: (_e, [a], index) => a(index),
}

export const sourceRecords = { constant, buffer, read, placeholder, iota, stopGradient }
