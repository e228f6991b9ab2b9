/** @file Parallel copies: what a loop carries, parameters, call arguments. No temporaries but SCRATCH. */
import { type Mem, mem, type Mem as Slot } from '../../../asm/x64/index.ts'
import { isWide } from '../../../kernel/ir.ts'
import { NONE } from './allocate.ts'
import type { Emitter } from './emitter.ts'
import { CONST, IMM } from './fold.ts'
import { G, K, SCRATCH, V } from './machine.ts'
import { wideWords } from './pool.ts'

/** A location: a register, or SLOT plus a slot's number. */
const SLOT = 1000

interface Move {
  readonly dst: number
  src: number
}

export class ParallelCopy {
  private readonly e: Emitter
  private readonly moves: Move[][] = [[], [], []]
  private readonly late: [c: number, dst: number, v: number][] = []

  constructor(e: Emitter) { this.e = e }

  /** The web of `dst` gets the value `src`. */
  add(dst: number, src: number): void { this.addTo(this.e.live.classOf(dst), this.locate(dst), src) }

  addToRegister(register: number, src: number): void { this.addTo(G, register, src) }

  addFromRegister(dst: number, register: number): void { this.moves[G].push({ dst: this.locate(dst), src: register }) }

  private addTo(c: number, dst: number, v: number): void {
    const src = this.locate(v)
    if (src === NONE) this.late.push([c, dst, v])
    else this.moves[c].push({ dst, src })
  }

  private locate(v: number): number {
    const { register, slot } = this.e.allocation
    const root = this.e.live.find(v)
    if (register[root] !== NONE) return register[root]
    return slot[root] === NONE ? NONE : SLOT + slot[root]
  }

  emit(): void {
    for (let c = 0; c < 3; c++) this.run(c)
    for (const [c, dst, v] of this.late) this.constant(c, dst, v)
  }

  /** A move goes once nothing still reads its destination; where only cycles are left, a swap settles one move. */
  private run(c: number): void {
    let pending = this.moves[c].filter((m) => m.dst !== m.src)
    while (pending.length > 0) {
      const ready = pending.filter((m) => !pending.some((o) => o !== m && o.src === m.dst))
      if (ready.length > 0) {
        for (const m of ready) this.move(c, m.dst, m.src)
        pending = pending.filter((m) => !ready.includes(m))
        continue
      }
      const { dst, src } = pending[0]
      this.swap(c, dst, src)
      pending = pending.slice(1)
      for (const m of pending) m.src = m.src === dst ? src : m.src === src ? dst : m.src
      pending = pending.filter((m) => m.dst !== m.src)
    }
  }

  private slot(c: number, location: number): Slot { return this.e.frame.slot(c, location - SLOT) }

  private move(c: number, dst: number, src: number): void {
    if (dst < SLOT && src < SLOT) this.moveRegisters(c, dst, src)
    else if (dst < SLOT) this.load(c, dst, this.slot(c, src))
    else if (src < SLOT) this.store(c, this.slot(c, dst), src)
    else this.memory(this.slot(c, dst), this.slot(c, src), this.bytes(c), false)
  }

  private bytes(c: number): number { return c === V ? this.e.target.lanes * 4 : 8 }

  private moveRegisters(c: number, dst: number, src: number): void {
    const { asm } = this.e
    if (c === G) asm.movRR(dst, src)
    else if (c === V) asm.vrr('vmovaps', this.e.fullWidth, dst, src)
    else asm.kmovKK('w', dst, src)
  }

  private load(c: number, dst: number, slot: Slot): void {
    const { asm } = this.e
    if (c === G) asm.movRM(dst, slot)
    else if (c === V) asm.vrm('vmovups', this.e.fullWidth, dst, slot)
    else asm.kmovKM('w', dst, slot)
  }

  private store(c: number, slot: Slot, src: number): void {
    const { asm } = this.e
    if (c === G) asm.movMR(slot, src)
    else if (c === V) asm.vmr('vmovups', this.e.fullWidth, slot, src)
    else asm.kmovMK('w', slot, src)
  }

  /** By words through SCRATCH; `exchange` swaps. */
  private memory(dst: Mem, src: Mem, bytes: number, exchange: boolean): void {
    const { asm } = this.e
    for (let i = 0; i < bytes; i += 8) {
      const from = mem(src.base, src.disp! + i)
      const to = mem(dst.base, dst.disp! + i)
      asm.movRM(SCRATCH, from)
      if (exchange) {
        asm.xchgMR(to, SCRATCH)
        asm.movMR(from, SCRATCH)
      } else asm.movMR(to, SCRATCH)
    }
  }

  private swap(c: number, a: number, b: number): void {
    if (a >= SLOT && b >= SLOT) this.memory(this.slot(c, a), this.slot(c, b), this.bytes(c), true)
    else if (a >= SLOT) this.swapWithSlot(c, b, this.slot(c, a))
    else if (b >= SLOT) this.swapWithSlot(c, a, this.slot(c, b))
    else this.swapRegisters(c, a, b)
  }

  private swapRegisters(c: number, a: number, b: number): void {
    const { asm } = this.e
    if (c === V) {
      this.swapVectors(a, b)
      return
    }
    const temp = c === G ? SCRATCH : 0
    this.moveRegisters(c, temp, a)
    this.moveRegisters(c, a, b)
    if (c === G) asm.movRR(b, temp)
    else asm.kmovKK('w', b, temp)
  }

  private swapVectors(a: number, b: number): void {
    const { asm, fullWidth } = this.e
    const temp = this.e.tryAcquire(V)
    if (temp === NONE) {
      asm.vrrr('vxorps', fullWidth, a, a, b)
      asm.vrrr('vxorps', fullWidth, b, b, a)
      asm.vrrr('vxorps', fullWidth, a, a, b)
      return
    }
    this.moveRegisters(V, temp, a)
    this.moveRegisters(V, a, b)
    this.moveRegisters(V, b, temp)
    this.e.release()
  }

  private swapWithSlot(c: number, reg: number, slot: Slot): void {
    const { asm } = this.e
    if (c === K) {
      asm.kmovKK('w', 0, reg)
      asm.kmovKM('w', reg, slot)
      asm.kmovMK('w', slot, 0)
    } else if (c === G) {
      asm.movRM(SCRATCH, slot)
      asm.movMR(slot, reg)
      asm.movRR(reg, SCRATCH)
    } else {
      // The borrow area is idle during copies.
      const spare = this.e.frame.borrow(V, 0)
      this.store(V, spare, reg)
      this.load(V, reg, slot)
      this.memory(slot, spare, this.bytes(V), false)
    }
  }

  private constant(c: number, dst: number, v: number): void {
    const { asm, folding } = this.e
    const mode = folding.mode[v]
    if (mode !== IMM && mode !== CONST) throw new Error(`native codegen: value ${v} has no location`)
    if (c === V) {
      if (dst < SLOT) this.e.constant(dst, v)
      else this.constantSlot(this.slot(V, dst), v)
    } else if (dst < SLOT) asm.movRI(dst, folding.imm[v])
    else if (folding.isImm(v)) asm.movMI(this.slot(G, dst), folding.imm[v])
    else {
      asm.movRI(SCRATCH, folding.imm[v])
      asm.movMR(this.slot(G, dst), SCRATCH)
    }
  }

  private constantSlot(slot: Slot, v: number): void {
    const { asm, folding } = this.e
    const { kind, lanes } = this.e.value(v)
    const put = (word: number, bits: number): void => asm.movMI32(mem(slot.base, slot.disp! + 4 * word), bits)
    for (let i = 0; i < lanes; i++) {
      if (isWide(kind)) wideWords(folding.wideOf(v)).forEach((bits, k) => put(2 * i + k, bits))
      else put(i, folding.isIota[v] ? i : folding.imm[v])
    }
  }
}
