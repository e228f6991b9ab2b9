import { ModRmEncoder } from './modrm.ts'
import type { Address, Gpr } from './operands.ts'

const isInt8 = (value: number): boolean => value >= -128 && value <= 127

/** A 64-bit operation sign-extends its imm32; a 32-bit one takes any 32 bits. */
export const checkImm32 = (wide: number, value: number): number => {
  const ok = Number.isInteger(value) && value >= -0x80000000 && value <= (wide === 1 ? 0x7fffffff : 0xffffffff)
  if (!ok) throw new RangeError(`immediate ${value} does not fit in ${wide === 1 ? 'a sign-extended' : ''} 32 bits`)
  return value | 0
}

const EAX = 0

/** add … cmp, test, multiply, divide, shifts: the destination comes first; `32` marks the 32-bit forms. */
export class AluEncoder extends ModRmEncoder {
  addRR(dst: Gpr, src: Gpr): void { this.opRR(1, 0x01, src, dst) }
  addRI(dst: Gpr, imm: number): void { this.aluRI(1, 0, dst, imm) }
  addRM(dst: Gpr, src: Address): void { this.opRM(1, 0x03, dst, src) }
  addMR(dst: Address, src: Gpr): void { this.opRM(1, 0x01, src, dst) }
  addMI(dst: Address, imm: number): void { this.aluMI(1, 0, dst, imm) }
  add32RR(dst: Gpr, src: Gpr): void { this.opRR(0, 0x01, src, dst) }
  add32RI(dst: Gpr, imm: number): void { this.aluRI(0, 0, dst, imm) }
  add32RM(dst: Gpr, src: Address): void { this.opRM(0, 0x03, dst, src) }
  add32MR(dst: Address, src: Gpr): void { this.opRM(0, 0x01, src, dst) }
  add32MI(dst: Address, imm: number): void { this.aluMI(0, 0, dst, imm) }

  orRR(dst: Gpr, src: Gpr): void { this.opRR(1, 0x09, src, dst) }
  orRI(dst: Gpr, imm: number): void { this.aluRI(1, 1, dst, imm) }
  orRM(dst: Gpr, src: Address): void { this.opRM(1, 0x0b, dst, src) }
  orMR(dst: Address, src: Gpr): void { this.opRM(1, 0x09, src, dst) }
  orMI(dst: Address, imm: number): void { this.aluMI(1, 1, dst, imm) }
  or32RR(dst: Gpr, src: Gpr): void { this.opRR(0, 0x09, src, dst) }
  or32RI(dst: Gpr, imm: number): void { this.aluRI(0, 1, dst, imm) }
  or32RM(dst: Gpr, src: Address): void { this.opRM(0, 0x0b, dst, src) }
  or32MR(dst: Address, src: Gpr): void { this.opRM(0, 0x09, src, dst) }
  or32MI(dst: Address, imm: number): void { this.aluMI(0, 1, dst, imm) }

  adcRR(dst: Gpr, src: Gpr): void { this.opRR(1, 0x11, src, dst) }
  adcRI(dst: Gpr, imm: number): void { this.aluRI(1, 2, dst, imm) }
  adcRM(dst: Gpr, src: Address): void { this.opRM(1, 0x13, dst, src) }
  adcMR(dst: Address, src: Gpr): void { this.opRM(1, 0x11, src, dst) }
  adcMI(dst: Address, imm: number): void { this.aluMI(1, 2, dst, imm) }
  adc32RR(dst: Gpr, src: Gpr): void { this.opRR(0, 0x11, src, dst) }
  adc32RI(dst: Gpr, imm: number): void { this.aluRI(0, 2, dst, imm) }
  adc32RM(dst: Gpr, src: Address): void { this.opRM(0, 0x13, dst, src) }
  adc32MR(dst: Address, src: Gpr): void { this.opRM(0, 0x11, src, dst) }
  adc32MI(dst: Address, imm: number): void { this.aluMI(0, 2, dst, imm) }

  sbbRR(dst: Gpr, src: Gpr): void { this.opRR(1, 0x19, src, dst) }
  sbbRI(dst: Gpr, imm: number): void { this.aluRI(1, 3, dst, imm) }
  sbbRM(dst: Gpr, src: Address): void { this.opRM(1, 0x1b, dst, src) }
  sbbMR(dst: Address, src: Gpr): void { this.opRM(1, 0x19, src, dst) }
  sbbMI(dst: Address, imm: number): void { this.aluMI(1, 3, dst, imm) }
  sbb32RR(dst: Gpr, src: Gpr): void { this.opRR(0, 0x19, src, dst) }
  sbb32RI(dst: Gpr, imm: number): void { this.aluRI(0, 3, dst, imm) }
  sbb32RM(dst: Gpr, src: Address): void { this.opRM(0, 0x1b, dst, src) }
  sbb32MR(dst: Address, src: Gpr): void { this.opRM(0, 0x19, src, dst) }
  sbb32MI(dst: Address, imm: number): void { this.aluMI(0, 3, dst, imm) }

  andRR(dst: Gpr, src: Gpr): void { this.opRR(1, 0x21, src, dst) }
  andRI(dst: Gpr, imm: number): void { this.aluRI(1, 4, dst, imm) }
  andRM(dst: Gpr, src: Address): void { this.opRM(1, 0x23, dst, src) }
  andMR(dst: Address, src: Gpr): void { this.opRM(1, 0x21, src, dst) }
  andMI(dst: Address, imm: number): void { this.aluMI(1, 4, dst, imm) }
  and32RR(dst: Gpr, src: Gpr): void { this.opRR(0, 0x21, src, dst) }
  and32RI(dst: Gpr, imm: number): void { this.aluRI(0, 4, dst, imm) }
  and32RM(dst: Gpr, src: Address): void { this.opRM(0, 0x23, dst, src) }
  and32MR(dst: Address, src: Gpr): void { this.opRM(0, 0x21, src, dst) }
  and32MI(dst: Address, imm: number): void { this.aluMI(0, 4, dst, imm) }

  subRR(dst: Gpr, src: Gpr): void { this.opRR(1, 0x29, src, dst) }
  subRI(dst: Gpr, imm: number): void { this.aluRI(1, 5, dst, imm) }
  subRM(dst: Gpr, src: Address): void { this.opRM(1, 0x2b, dst, src) }
  subMR(dst: Address, src: Gpr): void { this.opRM(1, 0x29, src, dst) }
  subMI(dst: Address, imm: number): void { this.aluMI(1, 5, dst, imm) }
  sub32RR(dst: Gpr, src: Gpr): void { this.opRR(0, 0x29, src, dst) }
  sub32RI(dst: Gpr, imm: number): void { this.aluRI(0, 5, dst, imm) }
  sub32RM(dst: Gpr, src: Address): void { this.opRM(0, 0x2b, dst, src) }
  sub32MR(dst: Address, src: Gpr): void { this.opRM(0, 0x29, src, dst) }
  sub32MI(dst: Address, imm: number): void { this.aluMI(0, 5, dst, imm) }

  xorRR(dst: Gpr, src: Gpr): void { this.opRR(1, 0x31, src, dst) }
  xorRI(dst: Gpr, imm: number): void { this.aluRI(1, 6, dst, imm) }
  xorRM(dst: Gpr, src: Address): void { this.opRM(1, 0x33, dst, src) }
  xorMR(dst: Address, src: Gpr): void { this.opRM(1, 0x31, src, dst) }
  xorMI(dst: Address, imm: number): void { this.aluMI(1, 6, dst, imm) }
  xor32RR(dst: Gpr, src: Gpr): void { this.opRR(0, 0x31, src, dst) }
  xor32RI(dst: Gpr, imm: number): void { this.aluRI(0, 6, dst, imm) }
  xor32RM(dst: Gpr, src: Address): void { this.opRM(0, 0x33, dst, src) }
  xor32MR(dst: Address, src: Gpr): void { this.opRM(0, 0x31, src, dst) }
  xor32MI(dst: Address, imm: number): void { this.aluMI(0, 6, dst, imm) }

  cmpRR(dst: Gpr, src: Gpr): void { this.opRR(1, 0x39, src, dst) }
  cmpRI(dst: Gpr, imm: number): void { this.aluRI(1, 7, dst, imm) }
  cmpRM(dst: Gpr, src: Address): void { this.opRM(1, 0x3b, dst, src) }
  cmpMR(dst: Address, src: Gpr): void { this.opRM(1, 0x39, src, dst) }
  cmpMI(dst: Address, imm: number): void { this.aluMI(1, 7, dst, imm) }
  cmp32RR(dst: Gpr, src: Gpr): void { this.opRR(0, 0x39, src, dst) }
  cmp32RI(dst: Gpr, imm: number): void { this.aluRI(0, 7, dst, imm) }
  cmp32RM(dst: Gpr, src: Address): void { this.opRM(0, 0x3b, dst, src) }
  cmp32MR(dst: Address, src: Gpr): void { this.opRM(0, 0x39, src, dst) }
  cmp32MI(dst: Address, imm: number): void { this.aluMI(0, 7, dst, imm) }

  testRR(a: Gpr, b: Gpr): void { this.opRR(1, 0x85, b, a) }
  testRM(a: Gpr, b: Address): void { this.opRM(1, 0x85, a, b) }
  testRI(a: Gpr, imm: number): void { this.testImm(1, a, imm) }
  test32RR(a: Gpr, b: Gpr): void { this.opRR(0, 0x85, b, a) }
  test32RM(a: Gpr, b: Address): void { this.opRM(0, 0x85, a, b) }
  test32RI(a: Gpr, imm: number): void { this.testImm(0, a, imm) }

  private aluRI(w: number, n: number, dst: Gpr, imm: number): void {
    const value = checkImm32(w, imm)
    if (isInt8(value)) {
      this.opRR(w, 0x83, n, dst)
      this.u8(value)
      return
    }
    if (dst === EAX) this.opR(w, (n << 3) | 5, EAX)
    else this.opRR(w, 0x81, n, dst)
    this.u32(value)
  }

  private aluMI(w: number, n: number, dst: Address, imm: number): void {
    const value = checkImm32(w, imm)
    if (isInt8(value)) {
      this.opRM(w, 0x83, n, dst, 1)
      this.u8(value)
    } else {
      this.opRM(w, 0x81, n, dst, 4)
      this.u32(value)
    }
  }

  private testImm(w: number, a: Gpr, imm: number): void {
    const value = checkImm32(w, imm)
    if (a === EAX) this.opR(w, 0xa8 | 1, EAX)
    else this.opRR(w, 0xf7, 0, a)
    this.u32(value)
  }
}
