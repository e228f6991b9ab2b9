import type { Address, Gpr, KReg, Scale, Vec, Width } from './operands.ts'
import { evexBits, FORCE_EVEX, PrefixEncoder, type VecOptions } from './prefix.ts'
import { E, type Encoding, type Forms, IMM, MOVE, V } from './table/encoding.ts'
import { vectorTable } from './table/index.ts'

const noForm = (op: string, method: string): Error => new Error(`${op} has no form for ${method}`)

/** Vector instructions by mnemonic: `table/` says how each is encoded. Destination first, as Intel writes it. */
export class VectorEncoder extends PrefixEncoder {
  /** dst, a, b in registers; b may be a general register (vcvtsi2ss, vpinsrd), dst a mask (vptestmd). */
  vrrr(op: string, width: Width, dst: Vec, a: Vec, b: Vec, options?: VecOptions): void {
    const { rvm: e, mvr } = this.forms(op)
    if (e === undefined) throw noForm(op, 'vrrr')
    if (mvr !== undefined && usesStoreForm(e, width, dst, b, options)) {
      this.vecReg(mvr, width, b, a, dst, 0)
      return
    }
    this.vecReg(e, width, dst, a, b, evexBits(options))
    if (options !== undefined || (e.flags & IMM) !== 0) this.immediate(op, e, options)
  }

  vrrm(op: string, width: Width, dst: Vec, a: Vec, b: Address, options?: VecOptions): void {
    const e = this.forms(op).rvm
    if (e === undefined) throw noForm(op, 'vrrm')
    this.vecMem(e, width, dst, a, b, evexBits(options))
    if (options !== undefined || (e.flags & IMM) !== 0) this.immediate(op, e, options)
  }

  /** Register to register: moves, unary operations, conversions, shifts by imm, extractions. */
  vrr(op: string, width: Width, dst: Vec, src: Vec, options?: VecOptions): void {
    const { rm, mr, vmi } = this.forms(op)
    if (rm !== undefined && !usesStoreForm(rm, width, dst, src, options)) {
      this.vecReg(rm, width, dst, 0, src, evexBits(options))
      if (options !== undefined || (rm.flags & IMM) !== 0) this.immediate(op, rm, options)
    } else if (vmi !== undefined) {
      this.vecReg(vmi, width, vmi.digit, dst, src, evexBits(options))
      if (options !== undefined || (vmi.flags & IMM) !== 0) this.immediate(op, vmi, options)
    } else if (mr !== undefined) {
      this.vecReg(mr, width, src, 0, dst, evexBits(options))
      if (options !== undefined || (mr.flags & IMM) !== 0) this.immediate(op, mr, options)
    } else {
      throw noForm(op, 'vrr')
    }
  }

  vrm(op: string, width: Width, dst: Vec, src: Address, options?: VecOptions): void {
    const { rm, vmi } = this.forms(op)
    if (rm !== undefined) {
      this.vecMem(rm, width, dst, 0, src, evexBits(options))
      if (options !== undefined || (rm.flags & IMM) !== 0) this.immediate(op, rm, options)
    } else if (vmi !== undefined) {
      // VEX shifts a register only.
      this.vecMem(vmi, width, vmi.digit, dst, src, evexBits(options) | FORCE_EVEX)
      if (options !== undefined || (vmi.flags & IMM) !== 0) this.immediate(op, vmi, options)
    } else {
      throw noForm(op, 'vrm')
    }
  }

  vmr(op: string, width: Width, dst: Address, src: Vec, options?: VecOptions): void {
    const e = this.forms(op).mr
    if (e === undefined) throw noForm(op, 'vmr')
    this.vecMem(e, width, src, 0, dst, evexBits(options))
    if (options !== undefined || (e.flags & IMM) !== 0) this.immediate(op, e, options)
  }

  /** AVX masked stores (vmaskmovps, vpmaskmovd); their loads are vrrm with the mask as `a`. */
  vmaskStore(op: string, width: Width, dst: Address, mask: Vec, src: Vec): void {
    const e = this.forms(op).mvr
    if (e === undefined) throw noForm(op, 'vmaskStore')
    this.vecMem(e, width, src, mask, dst, 0)
  }

  /** Into a mask register with AVX-512, into a vector without; vrrr with `imm` is always the latter. */
  vcmp(
    op: string, width: Width, dst: KReg | Vec, a: Vec, b: Vec | Address, predicate: number, options?: VecOptions,
  ): void {
    const e = this.forms(op).cmp
    if (e === undefined) throw noForm(op, 'vcmp')
    if (this.hasEvex && dst > 7) throw new RangeError(`there is no mask register ${dst}`)
    const bits = evexBits(options) | (this.hasEvex ? FORCE_EVEX : 0)
    if (typeof b === 'number') this.vecReg(e, width, dst, a, b, bits)
    else this.vecMem(e, width, dst, a, b, bits)
    this.u8(predicate)
  }

  /** vblendvps, vblendvpd, vpblendvb: b where the sign of `mask` is set. */
  vblendv(op: string, width: Width, dst: Vec, a: Vec, b: Vec | Address, mask: Vec): void {
    const e = this.forms(op).rvm
    if (e === undefined || (e.flags & V) === 0) throw noForm(op, 'vblendv')
    if (typeof b === 'number') this.vecReg(e, width, dst, a, b, 0)
    else this.vecMem(e, width, dst, a, b, 0)
    this.u8(mask << 4)
  }

  /** `mask` is k1..k7 with AVX-512, a vector without; the instruction clears it. */
  vgather(
    op: string, width: Width, dst: Vec, base: Gpr, index: Vec, scale: Scale, disp: number, mask: KReg | Vec,
  ): void {
    const e = this.forms(op).gather
    if (e === undefined) throw noForm(op, 'vgather')
    if (dst === index) throw new RangeError(`${op}: destination and index must differ`)
    if (this.hasEvex) this.vecVsib(e, width, dst, 0, base, index, scale, disp, maskBits(op, mask))
    else this.vecVsib(e, width, dst, mask, base, index, scale, disp, 0)
  }

  vscatter(op: string, width: Width, base: Gpr, index: Vec, scale: Scale, disp: number, src: Vec, mask: KReg): void {
    const e = this.forms(op).scatter
    if (e === undefined) throw noForm(op, 'vscatter')
    this.vecVsib(e, width, src, 0, base, index, scale, disp, maskBits(op, mask))
  }

  vmovdVR(dst: Vec, src: Gpr): void { this.transfer('vmovd.gpr', dst, src, true) }
  vmovdRV(dst: Gpr, src: Vec): void { this.transfer('vmovd.gpr', src, dst, false) }
  vmovqVR(dst: Vec, src: Gpr): void { this.transfer('vmovq.gpr', dst, src, true) }
  vmovqRV(dst: Gpr, src: Vec): void { this.transfer('vmovq.gpr', src, dst, false) }

  private transfer(op: string, vec: Vec, gpr: Gpr, load: boolean): void {
    const { rm, mr } = this.forms(op)
    this.vecReg((load ? rm : mr)!, 16, vec, 0, gpr, 0)
  }

  private forms(op: string): Forms {
    const forms = vectorTable.get(op)
    if (forms === undefined) throw new Error(`unknown vector instruction ${op}`)
    return forms
  }

  private immediate(op: string, e: Encoding, options: VecOptions | undefined): void {
    const imm = options?.imm
    if ((e.flags & IMM) !== 0) {
      if (imm === undefined) throw new RangeError(`${op} needs an immediate`)
      this.u8(imm)
    } else if (imm !== undefined) {
      throw new RangeError(`${op} takes no immediate here`)
    }
  }
}

const maskBits = (op: string, mask: KReg): number => {
  if (!(mask >= 1 && mask <= 7)) throw new RangeError(`${op} needs a mask k1..k7, not k${mask}`)
  return mask
}

/** A VEX move from a high to a low register is a byte shorter as a store, which needs no B bit. */
const usesStoreForm = (e: Encoding, width: Width, dst: Vec, src: Vec, options: VecOptions | undefined): boolean =>
  (e.flags & (MOVE | E)) === MOVE && src > 7 && src < 16 && dst < 8 && width < 64 && options === undefined
