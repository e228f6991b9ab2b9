import type { Address, Width } from './operands.ts'
import { DUP, E, type Encoding, FULL, HALF, IMM, LIG, MEM, B1, REG, V, X } from './table/encoding.ts'
import { SystemEncoder } from './system.ts'

export interface VecOptions {
  /** Write mask k1..k7; lanes outside keep the destination, or become 0 with `zero`. */
  readonly mask?: number
  readonly zero?: boolean
  readonly imm?: number
  /** Static rounding, 0 nearest, 1 down, 2 up, 3 to zero, exceptions off; 0 also asks for {sae} alone. */
  readonly rounding?: number
  /** The memory operand is one element, used for all lanes. */
  readonly broadcast?: boolean
}

// What options ask of EVEX's last byte, and two flags of our own above it.
const BROADCAST = 0x10
const ZERO = 0x80
const ROUNDING = 0x100
export const FORCE_EVEX = 0x200

export const evexBits = (options: VecOptions | undefined): number => {
  if (options === undefined) return 0
  const { mask = 0, zero = false, broadcast = false, rounding } = options
  if (!(mask >= 0 && mask < 8)) throw new RangeError(`there is no mask register ${mask}`)
  if (zero && mask === 0) throw new RangeError('zeroing needs a mask')
  const bits = mask | (zero ? ZERO : 0) | (broadcast ? BROADCAST : 0)
  return rounding === undefined ? bits : bits | BROADCAST | ROUNDING | ((rounding & 3) << 5)
}

/** VEX (SDM volume 2, section 2.3) and EVEX (section 2.7) prefixes, and the choice between them. */
export class PrefixEncoder extends SystemEncoder {
  private readonly evex: boolean

  constructor(options: { readonly evex: boolean }) {
    super()
    this.evex = options.evex
  }

  /** Does this machine have AVX-512? */
  get hasEvex(): boolean {
    return this.evex
  }

  protected vecReg(e: Encoding, width: Width, reg: number, v: number, rm: number, bits: number): void {
    if ((e.flags & MEM) !== 0) throw new RangeError('this form needs a memory operand')
    if ((bits & ROUNDING) === 0 && (bits & BROADCAST) !== 0) throw new RangeError('broadcast needs a memory operand')
    const length = this.lengthOf(e, width)
    if ((bits & ROUNDING) !== 0 && length !== 2 && (e.flags & LIG) === 0) {
      throw new RangeError('static rounding needs 64 byte vectors or scalars')
    }
    if (this.chooseEvex(e, length, reg | v | rm, bits)) {
      const rounded = (bits & ROUNDING) === 0 ? (length << 5) | bits : bits
      this.evexPrefix(e, reg, v, ((rm & 8) >> 3) | ((rm & 16) >> 3), 0, rounded & 0xff)
    } else {
      this.vexPrefix(e, length, reg, v, rm >> 3)
    }
    this.u16(e.opcode | ((0xc0 | ((reg & 7) << 3) | (rm & 7)) << 8))
  }

  protected vecMem(e: Encoding, width: Width, reg: number, v: number, address: Address, bits: number): void {
    if ((e.flags & REG) !== 0 || (bits & (BROADCAST | ROUNDING)) !== 0) this.checkMemory(e, bits)
    const tail = (e.flags & IMM) !== 0 ? 1 : 0
    const length = this.lengthOf(e, width)
    const xb = this.addressBits(address)
    if (this.chooseEvex(e, length, reg | v, bits)) {
      this.evexPrefix(e, reg, v, xb, 0, (length << 5) | bits)
      this.u8(e.opcode)
      this.address(reg, address, tail, disp8Shift(e, length, (bits & BROADCAST) !== 0))
    } else {
      this.vexPrefix(e, length, reg, v, xb)
      this.u8(e.opcode)
      this.address(reg, address, tail, 0)
    }
  }

  /** Gathers and scatters: the index is a vector register. */
  protected vecVsib(
    e: Encoding, width: Width, reg: number, v: number, base: number, index: number, scale: number, disp: number,
    bits: number,
  ): void {
    const length = this.lengthOf(e, width)
    const xb = ((index & 8) >> 2) | (base >> 3)
    const wide = this.chooseEvex(e, length, reg | v | index, bits)
    if (wide) this.evexPrefix(e, reg, v, xb, index & 16, (length << 5) | bits)
    else this.vexPrefix(e, length, reg, v, xb)
    this.u8(e.opcode)
    this.sib(reg, base, index, scale, disp, wide ? disp8Shift(e, length, false) : 0, true)
  }

  private checkMemory(e: Encoding, bits: number): void {
    if ((e.flags & REG) !== 0) throw new RangeError('this form takes registers only')
    if ((bits & ROUNDING) !== 0) throw new RangeError('static rounding needs a register operand')
    if ((bits & BROADCAST) !== 0 && e.tuple !== FULL && e.tuple !== HALF) {
      throw new RangeError('this form has no embedded broadcast')
    }
  }

  private lengthOf(e: Encoding, width: Width): number {
    if ((e.flags & LIG) !== 0) return 0
    const length = width === 64 ? 2 : width === 32 ? 1 : width === 16 ? 0 : 3
    if (length === 3 || (e.flags & (X << length)) === 0) {
      throw new RangeError(`this form has no ${width} byte vectors`)
    }
    return length
  }

  private chooseEvex(e: Encoding, length: number, registers: number, bits: number): boolean {
    if ((registers & ~31) !== 0) throw new RangeError('there are 32 vector registers')
    const needed = (e.flags & E) !== 0 || length === 2 || registers > 15 || bits !== 0
    if (!needed) return false
    if ((e.flags & V) !== 0) throw new RangeError('this form exists only as VEX: no mask, zmm or register above 15')
    if (!this.evex) throw new RangeError('this form needs AVX-512')
    return true
  }

  private vexPrefix(e: Encoding, length: number, reg: number, v: number, xb: number): void {
    this.vexBytes(e.map, e.pp, e.vexW, length, reg, v, xb)
  }

  /** Two bytes where X, B, W and the map allow. */
  protected vexBytes(map: number, pp: number, w: number, length: number, reg: number, v: number, xb: number): void {
    const low = ((~v & 15) << 3) | (length << 2) | pp
    const r = (~reg & 8) << 4
    if (xb === 0 && w === 0 && map === 1) {
      this.u16(0xc5 | ((r | low) << 8))
      return
    }
    this.u16(0xc4 | ((r | ((~xb & 3) << 5) | map) << 8))
    this.u8((w << 7) | low)
  }

  /** `high`: 16 if a vector index of 16 or more takes the V' bit. `last`: z, L'L, b and aaa. */
  private evexPrefix(e: Encoding, reg: number, v: number, xb: number, high: number, last: number): void {
    const p0 = ((~reg & 8) << 4) | ((~xb & 3) << 5) | (~reg & 16) | e.map
    const p1 = (e.evexW << 7) | ((~v & 15) << 3) | 4 | e.pp
    const p2 = (last & 0xf7) | ((~(v | high) & 16) >> 1)
    this.u32(0x62 | (p0 << 8) | (p1 << 16) | (p2 << 24))
  }
}

/** log2 of N: SDM volume 2, tables 2-34 and 2-35. */
const disp8Shift = (e: Encoding, length: number, broadcast: boolean): number => {
  const { tuple } = e
  if (broadcast) return e.evexW === 1 ? 3 : 2
  if (tuple === DUP) return length === 0 ? 3 : 4 + length
  if (tuple >= B1) return tuple - B1
  const whole = 4 + length
  if (tuple === FULL) return whole
  return tuple === HALF ? whole - 1 : whole + 2 - tuple
}
