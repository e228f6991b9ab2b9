/** @file Emits loads, stores and gathers. */
import type { MemLaneOpName, MemOpName } from '../../asm/wasm/index.ts'
import { memBytes, type Address, type Instr, type MemType } from '../../kernel/ir.ts'
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
  const offset = pushAddress(e, address!)
  if (result!.lanes === 1) e.code.mem(scalarLoads[known(mem!)], offset)
  else loadVector(e, known(mem!), offset, result!.lanes === 2)
}

type Known = Exclude<MemType, 'f16'>

/** float16 is 16 bits and arithmetic here: the target says that it has no such memory. */
function known(mem: MemType): Known {
  if (mem === 'f16') throw new Error('wasm: there is no memory of f16')
  return mem
}

const scalarLoads: Record<Known, MemOpName> = {
  f32: 'f32.load', i32: 'i32.load', f64: 'f64.load', u16: 'i32.load16_u', u8: 'i32.load8_u', i8: 'i32.load8_s',
}
const scalarStores: Record<Known, MemOpName> = {
  f32: 'f32.store', i32: 'i32.store', f64: 'f64.store', u16: 'i32.store16', u8: 'i32.store8', i8: 'i32.store8',
}

/** Four lanes, or two: of 32 bits these are the lower half of a vector, and what is in the upper half is no matter. */
function loadVector({ code }: Context, mem: Known, offset: number, two: boolean): void {
  switch (mem) {
    case 'f64': code.mem('v128.load', offset, 8); break
    case 'f32': case 'i32': code.mem(two ? 'v128.load64_zero' : 'v128.load', offset, 4); break
    case 'u16':
      if (two) code.mem('v128.load32_zero', offset, 2).op('i32x4.extend_low_i16x8_u')
      else code.mem('v128.load16x4_u', offset, 2)
      break
    default: {
      const sign = mem === 'u8' ? 'u' : 's'
      code.mem(two ? 'v128.load16_splat' : 'v128.load32_zero', offset, 1)
      code.op(`i16x8.extend_low_i8x16_${sign}`).op(`i32x4.extend_low_i16x8_${sign}`)
    }
  }
}

/** The instruction that loads one element into all lanes. */
export const loadsSplat = (mem: MemType): MemOpName | null =>
  mem === 'f64' ? 'v128.load64_splat' : mem === 'f32' || mem === 'i32' ? 'v128.load32_splat' : null

const lowBytes = [0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
const lowWords = [0, 1, 4, 5, 8, 9, 12, 13, 0, 0, 0, 0, 0, 0, 0, 0]
/** What stores the first bytes of a vector. */
const partStores: Record<number, MemLaneOpName> = {
  2: 'v128.store16_lane', 4: 'v128.store32_lane', 8: 'v128.store64_lane',
}

export function emitStore(e: Context, { mem, address, args: [value] }: Instr): void {
  const { code } = e
  const offset = pushAddress(e, address!)
  e.push(value)
  const size = memBytes[mem!]
  const bytes = value.lanes * size
  if (value.lanes === 1) code.mem(scalarStores[known(mem!)], offset)
  else if (bytes === 16) code.mem('v128.store', offset, size)
  else {
    if (size < 4) {
      const x = e.tee('v128')
      code.localGet(x).shuffle(size === 1 ? lowBytes : lowWords)
      e.locals.give(x)
    }
    code.memLane(partStores[bytes], offset, 0, size)
  }
}

/** Element by element into the lanes of one vector. */
export function emitGather(e: Context, instr: Instr): void {
  const { mem, result } = instr
  const { lanes } = result!
  const size = memBytes[mem!]
  if (lanes === 1) {
    e.code.mem(scalarLoads[known(mem!)], pushElement(e, instr, 0))
    return
  }
  // addresses lie below the vector that the loads fill, the first lane's on top
  const offsets: number[] = []
  for (let i = lanes - 1; i >= 0; i--) offsets.unshift(pushElement(e, instr, i))
  if (size >= 4) {
    e.code.mem(size === 8 ? 'v128.load64_zero' : 'v128.load32_zero', offsets[0], size)
    const next = size === 8 ? 'v128.load64_lane' : 'v128.load32_lane'
    for (let i = 1; i < lanes; i++) e.code.memLane(next, offsets[i], i, size)
    return
  }
  e.code.v128Const(0, 0, 0, 0)
  const load = size === 2 ? 'v128.load16_lane' : 'v128.load8_lane'
  for (let i = 0; i < lanes; i++) e.code.memLane(load, offsets[i], 4 / size * i, size)
  if (mem === 'i8') e.code.i32Const(24).op('i32x4.shl').i32Const(24).op('i32x4.shr_s')
}

function pushElement(e: Context, { mem, address, args: [index] }: Instr, lane: number): number {
  const { code } = e
  const { base, disp } = address!
  e.push(base)
  e.push(index)
  if (index.lanes > 1) code.lane('i32x4.extract_lane', lane)
  if (memBytes[mem!] > 1) code.i32Const(Math.log2(memBytes[mem!])).op('i32.shl')
  code.op('i32.add')
  if (disp >= 0 && disp < lowestBuffer) return disp
  code.i32Const(disp).op('i32.add')
  return 0
}
