import { Bytes } from './bytes.ts'
import { ATOMIC_OPS, LANE_OPS, MEM_LANE_OPS, MEM_OPS } from './ops-memory.ts'
import { SCALAR_OPS } from './ops-scalar.ts'
import { RELAXED_SIMD_OPS, SIMD_OPS } from './ops-simd.ts'
import { TYPE_BYTE, type BlockType, type ValType } from './types.ts'

export const OPS = { ...SCALAR_OPS, ...SIMD_OPS, ...RELAXED_SIMD_OPS }

export type OpName = keyof typeof OPS
export type MemOpName = keyof typeof MEM_OPS
export type MemLaneOpName = keyof typeof MEM_LANE_OPS
export type LaneOpName = keyof typeof LANE_OPS
export type AtomicOpName = keyof typeof ATOMIC_OPS

/**
 * The instructions of one function body. The closing `end` of the function is not written here: WasmModule adds it.
 * Every method returns the writer.
 */
export class Code extends Bytes {
  private open = 0

  /** How many blocks are open: `br(depth)` at this point returns from the function. */
  get depth(): number {
    return this.open
  }

  /** Empties the writer and keeps its memory. */
  reset(): this {
    this.len = 0
    this.open = 0
    return this
  }

  /** Any instruction without immediates. */
  op(name: OpName): this {
    return this.opcode(name, OPS[name])
  }

  // ---- control

  unreachable(): this {
    return this.byte(0x00)
  }

  nop(): this {
    return this.byte(0x01)
  }

  block(type?: BlockType): this {
    return this.enter(0x02, type)
  }

  loop(type?: BlockType): this {
    return this.enter(0x03, type)
  }

  if_(type?: BlockType): this {
    return this.enter(0x04, type)
  }

  else_(): this {
    return this.byte(0x05)
  }

  end(): this {
    if (this.open === 0) throw new Error("end without an open block (WasmModule adds the function's own)")
    this.open--
    return this.byte(0x0b)
  }

  /** Jumps out of (for a loop: to the start of) the `depth`-th enclosing block, 0 being the innermost. */
  br(depth: number): this {
    return this.byte(0x0c).u32(depth)
  }

  brIf(depth: number): this {
    return this.byte(0x0d).u32(depth)
  }

  brTable(depths: ArrayLike<number>, otherwise: number): this {
    this.byte(0x0e).u32(depths.length)
    for (let i = 0; i < depths.length; i++) this.u32(depths[i])
    return this.u32(otherwise)
  }

  return_(): this {
    return this.byte(0x0f)
  }

  call(functionIndex: number): this {
    return this.byte(0x10).u32(functionIndex)
  }

  /** Takes the arguments, then the index into the table. */
  callIndirect(typeIndex: number, table = 0): this {
    return this.byte(0x11).u32(typeIndex).u32(table)
  }

  drop(): this {
    return this.byte(0x1a)
  }

  select(type?: ValType): this {
    return type === undefined ? this.byte(0x1b) : this.byte(0x1c).byte(1).byte(TYPE_BYTE[type])
  }

  // ---- locals and constants

  localGet(index: number): this {
    return this.byte(0x20).u32(index)
  }

  localSet(index: number): this {
    return this.byte(0x21).u32(index)
  }

  localTee(index: number): this {
    return this.byte(0x22).u32(index)
  }

  i32Const(value: number): this {
    return this.byte(0x41).s32(value)
  }

  i64Const(value: bigint | number): this {
    return this.byte(0x42).s64(value)
  }

  f32Const(value: number): this {
    this.byte(0x43).reserve(4)
    this.view.setFloat32(this.len, value, true)
    this.len += 4
    return this
  }

  f64Const(value: number): this {
    this.byte(0x44).reserve(8)
    this.view.setFloat64(this.len, value, true)
    this.len += 8
    return this
  }

  /** Sixteen bytes, or four 32-bit words from the lowest lane up. */
  v128Const(bytes: ArrayLike<number>): this
  v128Const(w0: number, w1: number, w2: number, w3: number): this
  v128Const(first: ArrayLike<number> | number, w1 = 0, w2 = 0, w3 = 0): this {
    this.byte(0xfd).byte(0x0c)
    if (typeof first === 'number') return this.word(first).word(w1).word(w2).word(w3)
    if (first.length !== 16) throw new RangeError(`v128.const needs 16 bytes, got ${first.length}`)
    return this.raw(first)
  }

  // ---- lanes

  lane(name: LaneOpName, lane: number): this {
    const entry = LANE_OPS[name]
    checkLane(name, lane, entry >>> 24)
    return this.opcode(name, entry & 0xffffff).byte(lane)
  }

  /** Lane i of the result is byte lanes[i] of the two operands laid end to end. */
  shuffle(lanes: ArrayLike<number>): this {
    if (lanes.length !== 16) throw new RangeError(`i8x16.shuffle needs 16 lanes, got ${lanes.length}`)
    for (let i = 0; i < 16; i++) checkLane('i8x16.shuffle', lanes[i], 32)
    return this.byte(0xfd).byte(0x0d).raw(lanes)
  }

  // ---- memory

  /** A load or store; `align` in bytes, at most (and by default) the natural one. */
  mem(name: MemOpName, offset = 0, align = 0): this {
    return this.access(name, MEM_OPS[name], offset, align)
  }

  memLane(name: MemLaneOpName, offset: number, lane: number, align = 0): this {
    const entry = MEM_LANE_OPS[name]
    checkLane(name, lane, 16 >> (entry >>> 24))
    return this.access(name, entry, offset, align).byte(lane)
  }

  /** Atomics are always naturally aligned: the address is checked when it runs. */
  atomic(name: AtomicOpName, offset = 0): this {
    return this.access(name, ATOMIC_OPS[name], offset, 0)
  }

  atomicFence(): this {
    return this.byte(0xfe).byte(0x03).byte(0)
  }

  memorySize(): this {
    return this.byte(0x3f).byte(0)
  }

  memoryGrow(): this {
    return this.byte(0x40).byte(0)
  }

  /** Takes destination, source, byte count. */
  memoryCopy(): this {
    return this.byte(0xfc).byte(0x0a).byte(0).byte(0)
  }

  /** Takes destination, byte value, byte count. */
  memoryFill(): this {
    return this.byte(0xfc).byte(0x0b).byte(0)
  }

  /** Names put together at run time may be wrong: what no table knows arrives here as undefined or 0. */
  private opcode(name: string, code: number): this {
    if (!code) throw new Error(`unknown instruction ${name}`)
    return code <= 0xff ? this.byte(code) : this.byte(code >>> 16).u32(code & 0xffff)
  }

  private enter(opcode: number, type: BlockType): this {
    this.open++
    this.byte(opcode)
    if (type === undefined) return this.byte(0x40)
    return typeof type === 'string' ? this.byte(TYPE_BYTE[type]) : this.typeIndex(type)
  }

  /** A type index in a block is a signed number, so that it cannot be taken for a value type. */
  private typeIndex(index: number): this {
    if (index < 0) throw new RangeError(`${index} is not a type index`)
    return this.s32(index)
  }

  private access(name: string, entry: number, offset: number, align: number): this {
    const natural = entry >>> 24
    return this.opcode(name, entry & 0xffffff)
      .byte(align === 0 ? natural : log2Align(name, align, natural))
      .u32(offset)
  }

  private word(value: number): this {
    this.reserve(4)
    this.view.setUint32(this.len, value, true)
    this.len += 4
    return this
  }
}

function log2Align(name: string, align: number, natural: number): number {
  const log2 = 31 - Math.clz32(align)
  if (1 << log2 === align && log2 <= natural) return log2
  throw new RangeError(`${name}: alignment ${align} is not a power of two in 1 … ${1 << natural}`)
}

function checkLane(name: string, lane: number, count: number): void {
  if (lane >>> 0 !== lane || lane >= count) throw new RangeError(`${name}: lane ${lane} is not in 0 … ${count - 1}`)
}
