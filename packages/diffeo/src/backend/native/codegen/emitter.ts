/** @file Operand access for one function's emission: where values are, temporaries, memory operands. */
import {
  type Address as MemAddress,
  type Assembler,
  type Mem,
  mem,
  ripMem,
  type VecOptions,
} from '../../../asm/x64/index.ts'
import { isWide, type Address, type Fn, type Target, type Value } from '../../../kernel/ir.ts'
import { type Allocation, NONE } from './allocate.ts'
import { ADDR, BCAST, CONST, type Folding, IMM, MEM, SUNK } from './fold.ts'
import { type Frame } from './frame.ts'
import type { Linear } from './linear.ts'
import type { Liveness } from './liveness.ts'
import { calleeSaved, callerSaved, G, K, type Machine, SCRATCH, V, widthOf, widthOfValue } from './machine.ts'
import type { ConstantPool } from './pool.ts'

export type Width = 16 | 32 | 64

/** A register, or memory with perhaps an embedded broadcast. */
export interface Operand {
  readonly reg: number
  readonly mem: MemAddress | null
  readonly broadcast: boolean
}

export const broadcastOption: VecOptions = { broadcast: true }

export interface Parts {
  readonly asm: Assembler
  readonly machine: Machine
  readonly live: Liveness
  readonly allocation: Allocation
  readonly frame: Frame
  readonly pool: ConstantPool
  readonly labelOf: (fn: Fn) => number
}

const broadcastOf = (v: Value): string => isWide(v.kind) ? 'vbroadcastsd' : 'vbroadcastss'

export class Emitter {
  readonly asm: Assembler
  readonly machine: Machine
  readonly target: Target
  readonly evex: boolean
  readonly folding: Folding
  readonly linear: Linear
  readonly live: Liveness
  readonly allocation: Allocation
  readonly frame: Frame
  readonly pool: ConstantPool
  readonly labelOf: (fn: Fn) => number
  /** The position being emitted. */
  at = 0
  private next = 0
  private readonly busyUntil = [new Int32Array(32).fill(-1), new Int32Array(32).fill(-1), new Int32Array(32).fill(-1)]
  private readonly taken = [0, 0, 0]
  /** What a temporary may be taken from, by class. */
  private readonly temporaries: readonly (readonly number[])[]
  private readonly borrowed: number[][] = [[], [], []]

  constructor(parts: Parts) {
    this.asm = parts.asm
    this.machine = parts.machine
    this.target = parts.machine.target
    this.evex = parts.machine.evex
    this.live = parts.live
    this.folding = parts.live.folding
    this.linear = this.folding.linear
    this.allocation = parts.allocation
    this.frame = parts.frame
    this.pool = parts.pool
    this.labelOf = parts.labelOf
    const [, vectors, masks] = this.machine.registers
    this.temporaries = [[...callerSaved, ...calleeSaved.filter((r) => this.frame.saved.includes(r))], vectors, masks]
  }

  moveTo(p: number): void {
    const { order, register } = this.allocation
    this.at = p
    for (; this.next < order.length && this.live.start[order[this.next]] <= 2 * p + 1; this.next++) {
      const r = order[this.next]
      if (register[r] !== NONE) this.busyUntil[this.live.classOf(r)][register[r]] = this.live.end[r]
    }
  }

  value(v: number): Value { return this.linear.values[v]! }
  rep(v: Value): number { return this.folding.rep[v.id] }
  mode(v: Value): number { return this.folding.mode[this.rep(v)] }

  /** The register of a value, or NONE when it is in a slot, in the pool or folded. */
  registerOf(v: number): number { return this.allocation.register[this.live.find(v)] }

  slotOf(v: number): Mem {
    const r = this.live.find(v)
    return this.frame.slot(this.live.classOf(r), this.allocation.slot[r])
  }

  isSpilled(v: number): boolean { return this.allocation.slot[this.live.find(v)] !== NONE }

  // Temporaries: the reserved register, one that nothing occupies here, or one borrowed through the stack.

  acquire(c: number): number {
    const reg = this.tryAcquire(c)
    return reg !== NONE ? reg : this.borrow(c)
  }

  tryAcquire(c: number): number {
    const reserved = this.allocation.reserved[c]
    if (reserved !== NONE && !(this.taken[c] & (1 << reserved))) return this.take(c, reserved)
    for (const reg of this.temporaries[c]) {
      if (this.busyUntil[c][reg] < 2 * this.at && !(this.taken[c] & (1 << reg)) && reg !== reserved)
        return this.take(c, reg)
    }
    return NONE
  }

  private take(c: number, reg: number): number {
    this.taken[c] |= 1 << reg
    return reg
  }

  private borrow(c: number): number {
    const involved = this.involved(c)
    const reg = this.temporaries[c].find((r) => !((involved | this.taken[c]) & (1 << r)))
    if (reg === undefined) throw new Error('native codegen: no register to borrow')
    this.save(c, this.frame.borrow(c, this.borrowed[c].length), reg)
    this.borrowed[c].push(reg)
    return this.take(c, reg)
  }

  /** Registers that the instruction reads or writes. */
  private involved(c: number): number {
    const instr = this.linear.instrs[this.at]
    let set = 0
    const add = (v: number): void => {
      const reg = this.registerOf(v)
      if (reg !== NONE && this.live.classOf(v) === c) set |= 1 << reg
    }
    for (const a of instr.args) this.folding.eachSource(a.id, add)
    if (instr.address) this.folding.eachOfAddress(instr.address, add)
    if (instr.result) add(instr.result.id)
    if (instr.op === 'arg') add(this.linear.fn.params[0].id)
    return set
  }

  private save(c: number, slot: Mem, reg: number): void {
    if (c === G) this.asm.movMR(slot, reg)
    else if (c === V) this.asm.vmr('vmovups', this.fullWidth, slot, reg)
    else this.asm.kmovMK('w', slot, reg)
  }

  release(): void {
    for (let c = 0; c < 3; c++) {
      this.taken[c] = 0
      const list = this.borrowed[c]
      if (list.length === 0) continue
      for (let i = 0; i < list.length; i++) this.restore(c, list[i], this.frame.borrow(c, i))
      list.length = 0
    }
  }

  private restore(c: number, reg: number, slot: Mem): void {
    if (c === G) this.asm.movRM(reg, slot)
    else if (c === V) this.asm.vrm('vmovups', this.fullWidth, reg, slot)
    else this.asm.kmovKM('w', reg, slot)
  }

  get fullWidth(): Width { return widthOf(this.target.lanes) }

  // Ints.

  /** The int in a register; a slot or a constant goes through `temp`. */
  gpr(v: Value, temp = SCRATCH): number {
    const r = this.rep(v)
    if (this.folding.mode[r] === IMM) {
      this.asm.movRI(temp, this.folding.imm[r])
      return temp
    }
    const reg = this.registerOf(r)
    if (reg !== NONE) return reg
    this.asm.movRM(temp, this.slotOf(r))
    return temp
  }

  isImm(v: Value): boolean { return this.folding.isImm(this.rep(v)) }
  imm(v: Value): number { return this.folding.imm[this.rep(v)] }

  /** Base and index as values, with all that folds into the displacement. */
  private resolve(address: Address): { base: number; index: number; scale: 1 | 2 | 4 | 8; disp: number } {
    const { folding } = this
    let { disp, scale } = address
    let base = folding.rep[address.base.id]
    let index = address.index ? folding.rep[address.index.id] : -1
    while (folding.mode[base] === ADDR || folding.mode[base] === SUNK) {
      const [a, b] = folding.def(base).args
      base = this.rep(a)
      if (this.mode(b) === IMM) disp += this.imm(b)
      else {
        index = this.rep(b)
        scale = 1
      }
    }
    while (index >= 0 && (folding.mode[index] === ADDR || folding.mode[index] === SUNK)) {
      const { op, args: [a, b] } = folding.def(index)
      if (op === 'imul') scale = this.imm(b) as 2 | 4 | 8
      else disp += this.imm(b) * scale
      index = this.rep(a)
    }
    if (index >= 0 && folding.mode[index] === IMM) {
      disp += folding.imm[index] * scale
      index = -1
    }
    return { base, index, scale, disp }
  }

  /** May use SCRATCH. */
  address(address: Address): Mem {
    const { base, index, scale, disp } = this.resolve(address)
    const b = this.registerOf(base)
    const i = index < 0 ? NONE : this.registerOf(index)
    if (disp !== (disp | 0)) return this.farAddress(base, index, scale, disp)
    if (index < 0) return mem(b !== NONE ? b : this.gpr(this.value(base)), disp)
    if (b !== NONE) return mem(b, disp, i !== NONE ? i : this.gpr(this.value(index)), scale)
    if (i !== NONE) return mem(this.gpr(this.value(base)), disp, i, scale)
    this.asm.movRM(SCRATCH, this.slotOf(index))
    if (scale > 1) this.asm.shlRI(SCRATCH, Math.log2(scale))
    this.addTo(SCRATCH, base)
    return mem(SCRATCH, disp)
  }

  private farAddress(base: number, index: number, scale: number, disp: number): Mem {
    this.asm.movRI(SCRATCH, disp)
    this.addTo(SCRATCH, base)
    if (index < 0) return mem(SCRATCH)
    for (let i = 0; i < scale; i++) this.addTo(SCRATCH, index)
    return mem(SCRATCH)
  }

  private addTo(dst: number, v: number): void {
    const reg = this.registerOf(v)
    if (reg !== NONE) this.asm.addRR(dst, reg)
    else if (this.folding.mode[v] === IMM) this.asm.addRI(dst, this.folding.imm[v])
    else this.asm.addRM(dst, this.slotOf(v))
  }

  // Vectors and masks.

  /** The value in a vector register: its own, or a temporary (`into`, if given). */
  vec(v: Value, into = NONE): number {
    const r = this.rep(v)
    const reg = this.registerOf(r)
    if (reg !== NONE) return reg
    const temp = into !== NONE ? into : this.acquire(V)
    this.loadVec(temp, r)
    return temp
  }

  /** Puts a value in the given vector register. */
  loadVec(dst: number, r: number): void {
    const { asm, folding } = this
    const value = this.value(r)
    const width = widthOfValue(value)
    const reg = this.registerOf(r)
    if (reg !== NONE) this.moveVec(dst, reg, width)
    else if (folding.mode[r] === CONST) this.constant(dst, r)
    else if (folding.mode[r] === MEM) this.loadFolded(dst, r)
    else if (folding.mode[r] === BCAST) asm.vrm(broadcastOf(value), width, dst, this.operandOfId(r, false).mem!)
    else asm.vrm('vmovups', width, dst, this.slotOf(r))
  }

  moveVec(dst: number, src: number, width: Width): void {
    if (dst !== src) this.asm.vrr('vmovaps', width, dst, src)
  }

  private loadFolded(dst: number, r: number): void {
    const address = this.address(this.folding.def(r).address!)
    const value = this.value(r)
    if (value.lanes === 1) this.asm.vrm(isWide(value.kind) ? 'vmovsd' : 'vmovss', 16, dst, address)
    else this.asm.vrm('vmovups', widthOfValue(value), dst, address)
  }

  constant(dst: number, r: number): void {
    const { asm, folding } = this
    const value = this.value(r)
    const { lanes } = value
    const width = widthOfValue(value)
    if (isWide(value.kind)) return this.wideConstant(dst, r)
    const bits = folding.imm[r]
    if (folding.isIota[r]) asm.vrm('vmovups', width, dst, ripMem(this.iotaLabel(lanes)))
    else if (bits === 0) this.zero(dst)
    else if (lanes === 1) asm.vrm('vmovss', 16, dst, ripMem(this.lanesLabel(bits)))
    else asm.vrm('vbroadcastss', width, dst, ripMem(this.lanesLabel(bits)))
  }

  private wideConstant(dst: number, r: number): void {
    const value = this.value(r)
    const bits = this.folding.wideOf(r)
    if (bits === 0n) this.zero(dst)
    else if (value.lanes === 1) this.asm.vrm('vmovsd', 16, dst, ripMem(this.wideLabel(bits)))
    else this.asm.vrm('vbroadcastsd', widthOfValue(value), dst, ripMem(this.wideLabel(bits)))
  }

  zero(dst: number): void { this.asm.vrrr('vxorps', 16, dst, dst, dst) }

  private iotaLabel(lanes: number): number { return this.pool.words(Array.from({ length: lanes }, (_, i) => i)) }

  /** With embedded broadcasts one lane does; else a vector. */
  private lanesLabel(bits: number): number { return this.pool.lanes(bits, this.evex ? 1 : this.target.lanes) }

  private wideLabel(bits: bigint): number { return this.pool.wide(bits, this.evex ? 1 : this.target.lanes / 2) }

  /** The last operand of an instruction. `scalar`: the instruction reads one lane of memory (…ss, …sd). */
  operand(v: Value, scalar: boolean): Operand { return this.operandOfId(this.rep(v), scalar) }

  private operandOfId(r: number, scalar: boolean): Operand {
    const { folding } = this
    const reg = this.registerOf(r)
    if (reg !== NONE) return { reg, mem: null, broadcast: false }
    switch (folding.mode[r]) {
      case CONST: return this.constantOperand(r, scalar)
      case MEM: {
        const address = this.address(folding.def(r).address!)
        return { reg: NONE, mem: address, broadcast: !scalar && this.value(r).lanes === 1 }
      }
      case BCAST: {
        const load = this.rep(folding.def(r).args[0])
        return { reg: NONE, mem: this.address(folding.def(load).address!), broadcast: true }
      }
      default: return { reg: NONE, mem: this.slotOf(r), broadcast: false }
    }
  }

  private constantOperand(r: number, scalar: boolean): Operand {
    const { folding } = this
    if (isWide(this.value(r).kind)) return this.wideOperand(folding.wideOf(r), scalar)
    if (folding.isIota[r]) return { reg: NONE, mem: ripMem(this.iotaLabel(this.value(r).lanes)), broadcast: false }
    return this.bitsOperand(folding.imm[r], scalar)
  }

  /** Lanes of the same 64 bits, from the pool. */
  wideOperand(bits: bigint, scalar = false): Operand {
    return { reg: NONE, mem: ripMem(this.wideLabel(bits)), broadcast: this.evex && !scalar }
  }

  /** Lanes of the same bits, from the pool. */
  bitsOperand(bits: number, scalar = false): Operand {
    return { reg: NONE, mem: ripMem(this.lanesLabel(bits)), broadcast: this.evex && !scalar }
  }

  inRegister(v: Value): boolean { return this.registerOf(this.rep(v)) !== NONE }

  /** dst = op(a, o). */
  op3(op: string, width: Width, dst: number, a: number, o: Operand, imm?: number): void {
    const options = imm !== undefined ? { imm, broadcast: o.broadcast } : o.broadcast ? broadcastOption : undefined
    if (!o.mem) this.asm.vrrr(op, width, dst, a, o.reg, options)
    else this.asm.vrrm(op, width, dst, a, o.mem, options)
  }

  /** dst = op(o), perhaps with an immediate. */
  op2(op: string, width: Width, dst: number, o: Operand, imm?: number): void {
    const options = o.broadcast || imm !== undefined ? { broadcast: o.broadcast, imm } : undefined
    if (!o.mem) this.asm.vrr(op, width, dst, o.reg, imm === undefined ? undefined : { imm })
    else this.asm.vrm(op, width, dst, o.mem, options)
  }

  /** The mask in a mask register. */
  mask(v: Value): number {
    const r = this.rep(v)
    const reg = this.registerOf(r)
    if (reg !== NONE) return reg
    const temp = this.acquire(K)
    this.asm.kmovKM('w', temp, this.slotOf(r))
    return temp
  }

}
