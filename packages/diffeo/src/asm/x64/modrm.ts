import { CodeBuffer } from './buffer.ts'
import type { Address, Gpr, Mem, RipMem } from './operands.ts'

const NO_INDEX = 4

/** ModRM, SIB, displacement and the REX prefix: SDM volume 2, sections 2.1 and 2.2. */
export class ModRmEncoder extends CodeBuffer {
  /** REX bits of the address: X (2) from the index, B (1) from the base. */
  protected addressBits(address: Address): number {
    const { base, index } = address as Mem
    if (base === undefined) return 0
    if (((base | (index ?? 0)) & ~15) !== 0) throw new RangeError(`address: no such register: ${base}, ${index}`)
    return (index === undefined ? 0 : (index & 8) >> 2) | (base >> 3)
  }

  /** `shift`: log2 of the factor N of EVEX's disp8*N; `tail`: immediate bytes that follow. */
  protected address(reg: number, address: Address, tail: number, shift: number): void {
    const { rip, disp = 0 } = address as RipMem
    if (rip !== undefined) {
      this.u8(((reg & 7) << 3) | 5)
      this.rel32(rip, tail, disp)
      return
    }
    const { base, index, scale = 1 } = address as Mem
    if (index === 4) throw new RangeError('address: rsp cannot be an index')
    this.sib(reg, base, index ?? NO_INDEX, scale, disp, shift)
  }

  /** Index 4 means none; a vector index (VSIB) may not be 4 here without its `vsib` flag. */
  protected sib(reg: number, base: Gpr, index: number, scale: number, disp: number, shift: number, vsib = false): void {
    if (disp !== (disp | 0)) throw new RangeError(`address: displacement ${disp} is not an int32`)
    const small = disp >> shift
    const fits = small << shift === disp && small >= -128 && small <= 127
    // Base 5 (rbp, r13) with mod 0 means "no base", so it always takes a displacement.
    const mod = disp === 0 && (base & 7) !== 5 ? 0 : fits ? 1 : 2
    if (index === NO_INDEX && !vsib && (base & 7) !== 4) {
      this.u8((mod << 6) | ((reg & 7) << 3) | (base & 7))
    } else {
      const sib = (scale === 1 ? 0 : scaleBits(scale) << 6) | ((index & 7) << 3) | (base & 7)
      this.u16((mod << 6) | ((reg & 7) << 3) | 4 | (sib << 8))
    }
    if (mod === 1) this.u8(small)
    else if (mod === 2) this.u32(disp)
  }

  /** Legacy-encoded register form; `op` above 0xff is 0x0fXX; w is REX.W. */
  protected opRR(w: number, op: number, reg: number, rm: Gpr): void {
    this.rex(w, reg, rm >> 3, (reg | rm) & ~15)
    this.opcode(op)
    this.u8(0xc0 | ((reg & 7) << 3) | (rm & 7))
  }

  protected opRM(w: number, op: number, reg: number, address: Address, tail = 0): void {
    this.rex(w, reg, this.addressBits(address), reg & ~15)
    this.opcode(op)
    this.address(reg, address, tail, 0)
  }

  /** The register is in the low bits of the opcode. */
  protected opR(w: number, op: number, rm: Gpr): void {
    this.rex(w, 0, rm >> 3, rm & ~15)
    this.opcode(op | (rm & 7))
  }

  /** Byte registers 4..7 are ah..bh without REX, spl..dil with it. */
  protected byteRex(needed: boolean, reg: number, bits: number): void {
    const rex = 0x40 | ((reg & 8) >> 1) | bits
    if (needed || rex !== 0x40) this.u8(rex)
  }

  protected opcode(op: number): void {
    if (op > 0xff) this.u8(op >> 8)
    this.u8(op)
  }

  private rex(w: number, reg: number, bits: number, outside: number): void {
    if (outside !== 0) throw new RangeError('there are 16 general registers')
    const rex = (w << 3) | ((reg & 8) >> 1) | bits
    if (rex !== 0) this.u8(0x40 | rex)
  }
}

const scaleBits = (scale: number): number => {
  if (scale !== 2 && scale !== 4 && scale !== 8) throw new RangeError(`address: scale ${scale}`)
  return scale === 2 ? 1 : scale === 4 ? 2 : 3
}
