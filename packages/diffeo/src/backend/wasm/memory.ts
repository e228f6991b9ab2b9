/** @file Emits loads, stores and gathers. */
import { memBytes, type Address, type Instr } from '../../kernel/ir.ts'
import type { Context } from './context.ts'

/**
 * All buffers lie at or above this address (the linker sees to it). So `base + index · scale` of an access whose
 * displacement is smaller cannot fall below 0, and the displacement may go into the instruction, whose sum does not
 * wrap.
 */
export const lowestBuffer = 1 << 20

/** Pushes the address; returns the offset for the instruction. */
export function pushAddress(e: Context, { base, index, scale, disp }: Address): number {
  const fixed = index?.def?.op === 'iconst' ? index.def.imm * scale : null
  const offset = disp + (fixed ?? 0)
  e.push(base)
  if (index && fixed === null) {
    e.push(index)
    if (scale > 1) e.code.i32Const(Math.log2(scale)).op('i32.shl')
    e.code.op('i32.add')
  }
  if (offset >= 0 && offset < lowestBuffer) return offset
  e.code.i32Const(offset | 0).op('i32.add')
  return 0
}

export function emitLoad(e: Context, { mem, address, result }: Instr): void {
  const { code } = e
  const offset = pushAddress(e, address!)
  if (result!.lanes === 1) {
    code.mem(scalarLoad[mem!], offset)
  } else if (memBytes[mem!] === 4) {
    code.mem('v128.load', offset, 4)
  } else {
    const sign = mem === 'u8' ? 'u' : 's'
    code.mem('v128.load32_zero', offset, 1).op(`i16x8.extend_low_i8x16_${sign}`).op(`i32x4.extend_low_i16x8_${sign}`)
  }
}

const scalarLoad = { f32: 'f32.load', i32: 'i32.load', u8: 'i32.load8_u', i8: 'i32.load8_s' } as const

const lowBytes = [0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]

export function emitStore(e: Context, { mem, address, args: [value] }: Instr): void {
  const { code } = e
  const offset = pushAddress(e, address!)
  e.push(value)
  if (value.lanes === 1) {
    code.mem(mem === 'f32' ? 'f32.store' : mem === 'i32' ? 'i32.store' : 'i32.store8', offset)
  } else if (memBytes[mem!] === 4) {
    code.mem('v128.store', offset, 4)
  } else {
    const x = e.tee('v128')
    code.localGet(x).shuffle(lowBytes).memLane('v128.store32_lane', offset, 0, 1)
    e.locals.give(x)
  }
}

/** Element by element into the lanes of one vector. */
export function emitGather(e: Context, instr: Instr): void {
  const { mem, result } = instr
  const { lanes } = result!
  if (lanes === 1) {
    e.code.mem(scalarLoad[mem!], pushElement(e, instr, 0))
    return
  }
  // addresses lie below the vector that the loads fill, the first lane's on top
  const offsets: number[] = []
  for (let i = lanes - 1; i >= 0; i--) offsets.unshift(pushElement(e, instr, i))
  if (memBytes[mem!] === 4) {
    e.code.mem('v128.load32_zero', offsets[0], 4)
    for (let i = 1; i < lanes; i++) e.code.memLane('v128.load32_lane', offsets[i], i, 4)
    return
  }
  e.code.v128Const(0, 0, 0, 0)
  for (let i = 0; i < lanes; i++) e.code.memLane('v128.load8_lane', offsets[i], 4 * i, 1)
  if (mem === 'i8') e.code.i32Const(24).op('i32x4.shl').i32Const(24).op('i32x4.shr_s')
}

function pushElement(e: Context, { mem, address, args: [index] }: Instr, lane: number): number {
  const { code } = e
  const { base, disp } = address!
  e.push(base)
  e.push(index)
  if (index.lanes > 1) code.lane('i32x4.extract_lane', lane)
  if (memBytes[mem!] === 4) code.i32Const(2).op('i32.shl')
  code.op('i32.add')
  if (disp >= 0 && disp < lowestBuffer) return disp
  code.i32Const(disp).op('i32.add')
  return 0
}
