/** @file Which selector emits which opcode. */
import type { Instr, Opcode } from '../../../../kernel/ir.ts'
import type { Emitter } from '../emitter.ts'
import { selectBinary, selectFma, selectUnary } from './arithmetic.ts'
import { selectConvert, selectFromInt, selectReduce, selectSplat, selectToInt } from './convert.ts'
import { selectGather } from './gather.ts'
import { selectInt } from './int.ts'
import { selectAny, selectCompare, selectData, selectMask, selectVectorMask } from './mask.ts'
import { selectLoad } from './memory.ts'
import { selectZip } from './shuffle.ts'

/** Emits the instruction's result into a register `d` of its class. */
export type Selector = (e: Emitter, instr: Instr, d: number) => void

/** Results of kind mask go another way than data. */
const maskOr = (data: Selector): Selector => (e, instr, d) => {
  if (instr.result!.kind !== 'mask') data(e, instr, d)
  else if (e.evex) selectMask(e, instr, d)
  else selectVectorMask(e, instr, d)
}

const unknown: Selector = (_, instr) => { throw new Error(`native codegen: unexpected ${instr.op}`) }

const select = (ops: readonly Opcode[], f: Selector): Partial<Record<Opcode, Selector>> =>
  Object.fromEntries(ops.map((op) => [op, f]))

export const selectors: Partial<Record<Opcode, Selector>> = {
  ...select(['arg', 'iadd', 'isub', 'imul', 'idiv', 'imod', 'imin', 'imax'], selectInt),
  ...select(['neg', 'abs', 'sqrt', 'floor', 'ceil', 'trunc', 'round', 'roundF16'], selectUnary),
  not: maskOr(selectUnary),
  ...select(['add', 'sub', 'mul', 'mulU', 'div', 'min', 'max', 'minU', 'maxU', 'shl', 'shrS', 'shrU'], selectBinary),
  ...select(['and', 'or', 'xor'], maskOr(selectBinary)),
  ...select(['eq', 'ne', 'lt', 'le', 'ltU', 'leU'], selectCompare),
  ...select([
    'f32ToI32', 'i32ToF32', 'u32ToF32', 'f32ToU32', 'maskToI32', 'f32ToF64', 'i32ToF64', 'f64ToF32', 'f64ToI32',
  ], selectConvert),
  ...select(['constMask', 'i32ToMask', 'firstLanes'], maskOr(unknown)),
  select: maskOr(selectData),
  splat: maskOr(selectSplat),
  ...select(['zipLo', 'zipHi'], selectZip),
  fma: selectFma,
  fromInt: selectFromInt,
  toInt: selectToInt,
  any: selectAny,
  ...select(['reduceAdd', 'reduceMul', 'reduceMin', 'reduceMax', 'reduceMinU', 'reduceMaxU'], selectReduce),
  load: selectLoad,
  gather: selectGather,
}
