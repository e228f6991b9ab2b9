import { checkImm32 } from './alu.ts'
import { ArithmeticEncoder } from './arithmetic.ts'
import { type Address, conditionCodes, type Condition, type Gpr } from './operands.ts'

/** Moves between general registers and memory, lea, setcc, cmovcc, the stack. */
export class MoveEncoder extends ArithmeticEncoder {
  movRR(dst: Gpr, src: Gpr): void { this.opRR(1, 0x89, src, dst) }
  movRM(dst: Gpr, src: Address): void { this.opRM(1, 0x8b, dst, src) }
  movMR(dst: Address, src: Gpr): void { this.opRM(1, 0x89, src, dst) }
  mov32RR(dst: Gpr, src: Gpr): void { this.opRR(0, 0x89, src, dst) }
  mov32RM(dst: Gpr, src: Address): void { this.opRM(0, 0x8b, dst, src) }
  mov32MR(dst: Address, src: Gpr): void { this.opRM(0, 0x89, src, dst) }

  mov16MR(dst: Address, src: Gpr): void {
    this.u8(0x66)
    this.opRM(0, 0x89, src, dst)
  }

  mov8MR(dst: Address, src: Gpr): void {
    this.byteRex(src >= 4, src, this.addressBits(dst))
    this.u8(0x88)
    this.address(src, dst, 0, 0)
  }

  movzx8RM(dst: Gpr, src: Address): void { this.opRM(0, 0x0fb6, dst, src) }
  movzx16RM(dst: Gpr, src: Address): void { this.opRM(0, 0x0fb7, dst, src) }
  movsx8RM(dst: Gpr, src: Address): void { this.opRM(1, 0x0fbe, dst, src) }
  movsx16RM(dst: Gpr, src: Address): void { this.opRM(1, 0x0fbf, dst, src) }
  movsxdRM(dst: Gpr, src: Address): void { this.opRM(1, 0x63, dst, src) }
  movsxdRR(dst: Gpr, src: Gpr): void { this.opRR(1, 0x63, dst, src) }

  movzx8RR(dst: Gpr, src: Gpr): void {
    this.byteRex(src >= 4, dst, src >> 3)
    this.opcode(0x0fb6)
    this.u8(0xc0 | ((dst & 7) << 3) | (src & 7))
  }

  /** The shortest of mov r32, imm32 (zero-extends), mov r64, simm32 and mov r64, imm64; leaves the flags alone. */
  movRI(dst: Gpr, value: number | bigint): void {
    const small = Number(value)
    if (typeof value === 'number' && !Number.isSafeInteger(value)) {
      throw new RangeError(`movRI: ${value} is not a safe integer; pass a bigint`)
    }
    if (small >= 0 && small <= 0xffffffff) {
      this.opR(0, 0xb8, dst)
      this.u32(small)
    } else if (small >= -0x80000000 && small < 0) {
      this.opRR(1, 0xc7, 0, dst)
      this.u32(small)
    } else {
      this.movImm64(dst, BigInt(value))
    }
  }

  movMI(dst: Address, imm: number): void {
    const value = checkImm32(1, imm)
    this.opRM(1, 0xc7, 0, dst, 4)
    this.u32(value)
  }

  movMI32(dst: Address, imm: number): void {
    const value = checkImm32(0, imm)
    this.opRM(0, 0xc7, 0, dst, 4)
    this.u32(value)
  }

  movMI8(dst: Address, imm: number): void {
    this.opRM(0, 0xc6, 0, dst, 1)
    this.u8(imm)
  }

  leaRM(dst: Gpr, src: Address): void { this.opRM(1, 0x8d, dst, src) }
  lea32RM(dst: Gpr, src: Address): void { this.opRM(0, 0x8d, dst, src) }

  /** Writes the low byte only; movzx8RR widens it. */
  setcc(condition: Condition, dst: Gpr): void {
    this.byteRex(dst >= 4, 0, dst >> 3)
    this.opcode(0x0f90 | conditionCodes[condition])
    this.u8(0xc0 | (dst & 7))
  }

  cmovcc(condition: Condition, dst: Gpr, src: Gpr): void {
    this.opRR(1, 0x0f40 | conditionCodes[condition], dst, src)
  }

  cmov32cc(condition: Condition, dst: Gpr, src: Gpr): void {
    this.opRR(0, 0x0f40 | conditionCodes[condition], dst, src)
  }

  cmovccM(condition: Condition, dst: Gpr, src: Address): void {
    this.opRM(1, 0x0f40 | conditionCodes[condition], dst, src)
  }

  push(src: Gpr): void { this.opR(0, 0x50, src) }
  pop(dst: Gpr): void { this.opR(0, 0x58, dst) }

  private movImm64(dst: Gpr, value: bigint): void {
    if (value !== BigInt.asUintN(64, value) && value !== BigInt.asIntN(64, value)) {
      throw new RangeError(`movRI: ${value} does not fit in 64 bits`)
    }
    this.opR(1, 0xb8, dst)
    this.u32(Number(BigInt.asIntN(32, value)))
    this.u32(Number(BigInt.asIntN(32, value >> 32n)))
  }
}
