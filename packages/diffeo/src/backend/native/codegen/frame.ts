/** @file The stack frame: outgoing arguments, borrowed vectors, spill slots, saved stack pointer. */
import { type Assembler, mem, type Mem, RSP } from '../../../asm/x64/index.ts'
import type { Allocation } from './allocate.ts'
import { argumentRegisters, callerSaved, calleeSaved, G, K, type Machine, SCRATCH, V } from './machine.ts'

/** Registers that one instruction may borrow at once, by class. */
const BORROW = [3, 4, 3]

export interface FrameNeeds {
  readonly entry: boolean
  readonly calls: boolean
  /** Most int arguments of a call. */
  readonly callArgs: number
}

export class Frame {
  readonly saved: readonly number[]
  readonly size: number
  private readonly width: number
  private readonly vectors: number
  private readonly words: number
  private readonly borrowWords: number
  private readonly realign: boolean
  private readonly entry: boolean

  constructor(allocation: Allocation, machine: Machine, needs: FrameNeeds) {
    const { used, slots } = allocation
    this.entry = needs.entry
    this.saved = calleeSaved.filter((r) => (used[G] >>> r) & 1)
    this.width = machine.target.lanes * 4
    const borrow = mayBorrow(allocation, machine)
    const out = Math.max(0, needs.callArgs - argumentRegisters.length) * 8
    const borrowV = borrow ? BORROW[V] : 0
    const vectorBytes = (slots[V] + borrowV) * this.width
    this.vectors = vectorBytes > 0 ? roundUp(out, 64) : out
    this.words = this.vectors + vectorBytes
    this.borrowWords = this.words + (slots[G] + slots[K]) * 8
    let size = this.borrowWords + (borrow ? (BORROW[G] + BORROW[K]) * 8 : 0)
    const aligned = vectorBytes > 0 || needs.calls
    this.realign = aligned && needs.entry
    if (this.realign) size += 8
    // Entries align the stack; our callees find the return address at 56 modulo 64 and keep to that.
    if (aligned && !needs.entry) size = roundUp(size + 8 + this.saved.length * 8, 64) - 8 - this.saved.length * 8
    else size = roundUp(size, this.realign ? 64 : 8)
    this.size = size
    this.borrowed = borrowV
    this.masksAt = slots[G]
  }

  private readonly borrowed: number
  private readonly masksAt: number

  slot(c: number, n: number): Mem {
    if (c === V) return mem(RSP, this.vectors + (this.borrowed + n) * this.width)
    return mem(RSP, this.words + (c === K ? this.masksAt + n : n) * 8)
  }

  borrow(c: number, n: number): Mem {
    if (n >= BORROW[c] || this.borrowed === 0) throw new Error('native codegen: out of temporaries')
    return c === V
      ? mem(RSP, this.vectors + n * this.width)
      : mem(RSP, this.borrowWords + (c === K ? BORROW[G] + n : n) * 8)
  }

  /** A parameter that came on the stack; only callees have them. */
  incoming(param: number): Mem {
    return mem(RSP, this.size + this.saved.length * 8 + 8 + (param - argumentRegisters.length) * 8)
  }

  prologue(asm: Assembler): void {
    for (const r of this.saved) asm.push(r)
    if (this.size === 0) return
    if (this.realign) asm.movRR(SCRATCH, RSP)
    asm.subRI(RSP, this.size)
    if (!this.realign) return
    asm.andRI(RSP, -64)
    asm.movMR(mem(RSP, this.size - 8), SCRATCH)
  }

  epilogue(asm: Assembler): void {
    if (this.realign) asm.movRM(RSP, mem(RSP, this.size - 8))
    else if (this.size > 0) asm.addRI(RSP, this.size)
    for (let i = this.saved.length - 1; i >= 0; i--) asm.pop(this.saved[i])
    if (this.entry) asm.vzeroupper()
    asm.ret()
  }
}

const roundUp = (n: number, to: number): number => Math.ceil(n / to) * to

const countIdle = (used: number, list: readonly number[]): number => list.filter((r) => !((used >>> r) & 1)).length

/** With enough registers that nothing uses, temporaries never need the stack. */
const mayBorrow = ({ used, slots }: Allocation, machine: Machine): boolean =>
  slots.some(n => n > 0) ||
  countIdle(used[V], machine.registers[V]) < BORROW[V] ||
  countIdle(used[G], callerSaved) < BORROW[G] ||
  (machine.evex && countIdle(used[K], machine.registers[K]) < BORROW[K])
