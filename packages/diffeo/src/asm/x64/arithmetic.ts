import { AluEncoder, checkImm32 } from './alu.ts'
import type { Address, Gpr } from './operands.ts'

/** Shifts, multiplication, division and other one-operand arithmetic. */
export class ArithmeticEncoder extends AluEncoder {
  rolRI(dst: Gpr, count: number): void { this.shiftRI(1, 0, dst, count) }
  rolRCl(dst: Gpr): void { this.opRR(1, 0xd3, 0, dst) }
  rol32RI(dst: Gpr, count: number): void { this.shiftRI(0, 0, dst, count) }
  rol32RCl(dst: Gpr): void { this.opRR(0, 0xd3, 0, dst) }

  rorRI(dst: Gpr, count: number): void { this.shiftRI(1, 1, dst, count) }
  rorRCl(dst: Gpr): void { this.opRR(1, 0xd3, 1, dst) }
  ror32RI(dst: Gpr, count: number): void { this.shiftRI(0, 1, dst, count) }
  ror32RCl(dst: Gpr): void { this.opRR(0, 0xd3, 1, dst) }

  shlRI(dst: Gpr, count: number): void { this.shiftRI(1, 4, dst, count) }
  shlRCl(dst: Gpr): void { this.opRR(1, 0xd3, 4, dst) }
  shl32RI(dst: Gpr, count: number): void { this.shiftRI(0, 4, dst, count) }
  shl32RCl(dst: Gpr): void { this.opRR(0, 0xd3, 4, dst) }

  shrRI(dst: Gpr, count: number): void { this.shiftRI(1, 5, dst, count) }
  shrRCl(dst: Gpr): void { this.opRR(1, 0xd3, 5, dst) }
  shr32RI(dst: Gpr, count: number): void { this.shiftRI(0, 5, dst, count) }
  shr32RCl(dst: Gpr): void { this.opRR(0, 0xd3, 5, dst) }

  sarRI(dst: Gpr, count: number): void { this.shiftRI(1, 7, dst, count) }
  sarRCl(dst: Gpr): void { this.opRR(1, 0xd3, 7, dst) }
  sar32RI(dst: Gpr, count: number): void { this.shiftRI(0, 7, dst, count) }
  sar32RCl(dst: Gpr): void { this.opRR(0, 0xd3, 7, dst) }

  notR(dst: Gpr): void { this.opRR(1, 0xf7, 2, dst) }
  negR(dst: Gpr): void { this.opRR(1, 0xf7, 3, dst) }
  mulR(dst: Gpr): void { this.opRR(1, 0xf7, 4, dst) }
  divR(dst: Gpr): void { this.opRR(1, 0xf7, 6, dst) }
  idivR(dst: Gpr): void { this.opRR(1, 0xf7, 7, dst) }
  incR(dst: Gpr): void { this.opRR(1, 0xff, 0, dst) }
  decR(dst: Gpr): void { this.opRR(1, 0xff, 1, dst) }
  incM(dst: Address): void { this.opRM(1, 0xff, 0, dst) }
  decM(dst: Address): void { this.opRM(1, 0xff, 1, dst) }
  imulRR(dst: Gpr, src: Gpr): void { this.opRR(1, 0x0faf, dst, src) }
  imulRM(dst: Gpr, src: Address): void { this.opRM(1, 0x0faf, dst, src) }
  imulRRI(dst: Gpr, src: Gpr, imm: number): void { this.imulImm(1, dst, src, imm) }

  not32R(dst: Gpr): void { this.opRR(0, 0xf7, 2, dst) }
  neg32R(dst: Gpr): void { this.opRR(0, 0xf7, 3, dst) }
  mul32R(dst: Gpr): void { this.opRR(0, 0xf7, 4, dst) }
  div32R(dst: Gpr): void { this.opRR(0, 0xf7, 6, dst) }
  idiv32R(dst: Gpr): void { this.opRR(0, 0xf7, 7, dst) }
  inc32R(dst: Gpr): void { this.opRR(0, 0xff, 0, dst) }
  dec32R(dst: Gpr): void { this.opRR(0, 0xff, 1, dst) }
  inc32M(dst: Address): void { this.opRM(0, 0xff, 0, dst) }
  dec32M(dst: Address): void { this.opRM(0, 0xff, 1, dst) }
  imul32RR(dst: Gpr, src: Gpr): void { this.opRR(0, 0x0faf, dst, src) }
  imul32RM(dst: Gpr, src: Address): void { this.opRM(0, 0x0faf, dst, src) }
  imul32RRI(dst: Gpr, src: Gpr, imm: number): void { this.imulImm(0, dst, src, imm) }

  popcntRR(dst: Gpr, src: Gpr): void { this.countRR(1, 0x0fb8, dst, src) }
  popcnt32RR(dst: Gpr, src: Gpr): void { this.countRR(0, 0x0fb8, dst, src) }
  tzcntRR(dst: Gpr, src: Gpr): void { this.countRR(1, 0x0fbc, dst, src) }
  tzcnt32RR(dst: Gpr, src: Gpr): void { this.countRR(0, 0x0fbc, dst, src) }
  lzcntRR(dst: Gpr, src: Gpr): void { this.countRR(1, 0x0fbd, dst, src) }
  lzcnt32RR(dst: Gpr, src: Gpr): void { this.countRR(0, 0x0fbd, dst, src) }

  /** rdx:rax from rax; cdq is edx:eax from eax. */
  cqo(): void { this.u16(0x9948) }
  cdq(): void { this.u8(0x99) }

  private shiftRI(w: number, n: number, dst: Gpr, count: number): void {
    if (!(count >= 0 && count < 32 << w)) throw new RangeError(`shift by ${count} of ${32 << w} bits`)
    if (count === 1) {
      this.opRR(w, 0xd1, n, dst)
    } else {
      this.opRR(w, 0xc1, n, dst)
      this.u8(count)
    }
  }

  private imulImm(w: number, dst: Gpr, src: Gpr, imm: number): void {
    const value = checkImm32(w, imm)
    const short = value >= -128 && value <= 127
    this.opRR(w, short ? 0x6b : 0x69, dst, src)
    if (short) this.u8(value)
    else this.u32(value)
  }

  private countRR(w: number, op: number, dst: Gpr, src: Gpr): void {
    this.u8(0xf3)
    this.opRR(w, op, dst, src)
  }
}
