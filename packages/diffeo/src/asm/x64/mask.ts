import type { Address, Gpr, KReg } from './operands.ts'
import { VectorEncoder } from './vector.ts'

/** Lanes that a mask instruction works on: 8, 16, 32, 64. */
export type MaskSize = 'b' | 'w' | 'd' | 'q'

// Prefix and W of the two ways in which the sizes are told apart, SDM volume 2, KMOV and KAND.
const SIZE_PP: Readonly<Record<MaskSize, number>> = { b: 1, w: 0, d: 1, q: 0 }
const SIZE_W: Readonly<Record<MaskSize, number>> = { b: 0, w: 0, d: 1, q: 1 }
const GPR_PP: Readonly<Record<MaskSize, number>> = { b: 1, w: 0, d: 3, q: 3 }
const GPR_W: Readonly<Record<MaskSize, number>> = { b: 0, w: 0, d: 0, q: 1 }

/** Operations on mask registers: VEX-encoded, but part of AVX-512. */
export class MaskEncoder extends VectorEncoder {
  kmovKK(size: MaskSize, dst: KReg, src: KReg): void { this.unary(size, 0x90, dst, src) }
  knot(size: MaskSize, dst: KReg, src: KReg): void { this.unary(size, 0x44, dst, src) }
  /** ZF: the or of both is zero; CF: it is all ones. */
  kortest(size: MaskSize, a: KReg, b: KReg): void { this.unary(size, 0x98, a, b) }
  ktest(size: MaskSize, a: KReg, b: KReg): void { this.unary(size, 0x99, a, b) }

  kand(size: MaskSize, dst: KReg, a: KReg, b: KReg): void { this.binary(size, 0x41, dst, a, b) }
  kandn(size: MaskSize, dst: KReg, a: KReg, b: KReg): void { this.binary(size, 0x42, dst, a, b) }
  kor(size: MaskSize, dst: KReg, a: KReg, b: KReg): void { this.binary(size, 0x45, dst, a, b) }
  kxnor(size: MaskSize, dst: KReg, a: KReg, b: KReg): void { this.binary(size, 0x46, dst, a, b) }
  kxor(size: MaskSize, dst: KReg, a: KReg, b: KReg): void { this.binary(size, 0x47, dst, a, b) }
  kadd(size: MaskSize, dst: KReg, a: KReg, b: KReg): void { this.binary(size, 0x4a, dst, a, b) }

  kmovKR(size: MaskSize, dst: KReg, src: Gpr): void {
    this.check(dst, 0)
    this.vexRR(1, GPR_PP[size], GPR_W[size], 0, 0, 0x92, dst, src)
  }

  kmovRK(size: MaskSize, dst: Gpr, src: KReg): void {
    this.check(src, 0)
    this.vexRR(1, GPR_PP[size], GPR_W[size], 0, 0, 0x93, dst, src)
  }

  kmovKM(size: MaskSize, dst: KReg, src: Address): void { this.memory(size, 0x90, dst, src) }
  kmovMK(size: MaskSize, dst: Address, src: KReg): void { this.memory(size, 0x91, src, dst) }

  kshiftl(size: MaskSize, dst: KReg, src: KReg, count: number): void { this.shift(size, 0x32, dst, src, count) }
  kshiftr(size: MaskSize, dst: KReg, src: KReg, count: number): void { this.shift(size, 0x30, dst, src, count) }

  /** dst is twice as long as `size`: a above b. */
  kunpck(size: 'b' | 'w' | 'd', dst: KReg, a: KReg, b: KReg): void {
    this.check(dst, a | b)
    this.vexRR(1, size === 'b' ? 1 : 0, size === 'd' ? 1 : 0, 1, a, 0x4b, dst, b)
  }

  private unary(size: MaskSize, opcode: number, dst: KReg, src: KReg): void {
    this.check(dst, src)
    this.vexRR(1, SIZE_PP[size], SIZE_W[size], 0, 0, opcode, dst, src)
  }

  private binary(size: MaskSize, opcode: number, dst: KReg, a: KReg, b: KReg): void {
    this.check(dst, a | b)
    this.vexRR(1, SIZE_PP[size], SIZE_W[size], 1, a, opcode, dst, b)
  }

  private shift(size: MaskSize, opcode: number, dst: KReg, src: KReg, count: number): void {
    this.check(dst, src)
    const wide = size === 'd' || size === 'q' ? 1 : 0
    this.vexRR(3, 1, size === 'w' || size === 'q' ? 1 : 0, 0, 0, opcode + wide, dst, src)
    this.u8(count)
  }

  private memory(size: MaskSize, opcode: number, k: KReg, address: Address): void {
    this.check(k, 0)
    this.vexBytes(1, SIZE_PP[size], SIZE_W[size], 0, k, 0, this.addressBits(address))
    this.u8(opcode)
    this.address(k, address, 0, 0)
  }

  private vexRR(
    map: number, pp: number, w: number, length: number, v: number, opcode: number, reg: number, rm: number,
  ): void {
    this.vexBytes(map, pp, w, length, reg, v, rm >> 3)
    this.u8(opcode)
    this.u8(0xc0 | ((reg & 7) << 3) | (rm & 7))
  }

  private check(a: KReg, b: KReg): void {
    if (!this.hasEvex) throw new RangeError('mask registers need AVX-512')
    if (((a | b) & ~7) !== 0) throw new RangeError('there are 8 mask registers')
  }
}
