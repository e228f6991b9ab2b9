import { MoveEncoder } from './move.ts'
import { type Address, conditionCodes, type Condition, type Gpr, type Label } from './operands.ts'

/** Control flow, atomics, fences, prefetches and what reads or sets the state of the processor. */
export class SystemEncoder extends MoveEncoder {
  callR(target: Gpr): void { this.opRR(0, 0xff, 2, target) }
  callM(target: Address): void { this.opRM(0, 0xff, 2, target) }
  jmpR(target: Gpr): void { this.opRR(0, 0xff, 4, target) }
  jmpM(target: Address): void { this.opRM(0, 0xff, 4, target) }
  ret(): void { this.u8(0xc3) }

  callLabel(label: Label): void {
    this.u8(0xe8)
    this.rel32(label, 0)
  }

  jmpLabel(label: Label): void {
    this.u8(0xe9)
    this.rel32(label, 0)
  }

  jcc(condition: Condition, label: Label): void {
    this.opcode(0x0f80 | conditionCodes[condition])
    this.rel32(label, 0)
  }

  pause(): void { this.u16(0x90f3) }
  nop(): void { this.u8(0x90) }
  int3(): void { this.u8(0xcc) }
  ud2(): void { this.opcode(0x0f0b) }
  syscall(): void { this.opcode(0x0f05) }
  cpuid(): void { this.opcode(0x0fa2) }
  rdtsc(): void { this.opcode(0x0f31) }

  rdtscp(): void {
    this.opcode(0x0f01)
    this.u8(0xf9)
  }

  xgetbv(): void {
    this.opcode(0x0f01)
    this.u8(0xd0)
  }

  vzeroupper(): void {
    this.u16(0xf8c5)
    this.u8(0x77)
  }

  mfence(): void { this.fence(0xf0) }
  lfence(): void { this.fence(0xe8) }
  sfence(): void { this.fence(0xf8) }
  ldmxcsr(src: Address): void { this.opRM(0, 0x0fae, 2, src) }
  stmxcsr(dst: Address): void { this.opRM(0, 0x0fae, 3, dst) }

  prefetchnta(address: Address): void { this.opRM(0, 0x0f18, 0, address) }
  prefetcht0(address: Address): void { this.opRM(0, 0x0f18, 1, address) }
  prefetcht1(address: Address): void { this.opRM(0, 0x0f18, 2, address) }
  prefetcht2(address: Address): void { this.opRM(0, 0x0f18, 3, address) }
  prefetchw(address: Address): void { this.opRM(0, 0x0f0d, 1, address) }

  /** Compares rax (eax) with memory; if equal stores `src`, else loads rax. */
  lockCmpxchgMR(dst: Address, src: Gpr): void { this.locked(1, 0x0fb1, src, dst) }
  lockCmpxchg32MR(dst: Address, src: Gpr): void { this.locked(0, 0x0fb1, src, dst) }
  lockXaddMR(dst: Address, src: Gpr): void { this.locked(1, 0x0fc1, src, dst) }
  lockXadd32MR(dst: Address, src: Gpr): void { this.locked(0, 0x0fc1, src, dst) }
  lockAddMR(dst: Address, src: Gpr): void { this.locked(1, 0x01, src, dst) }
  lockAdd32MR(dst: Address, src: Gpr): void { this.locked(0, 0x01, src, dst) }
  lockOrMR(dst: Address, src: Gpr): void { this.locked(1, 0x09, src, dst) }
  lockOr32MR(dst: Address, src: Gpr): void { this.locked(0, 0x09, src, dst) }
  lockIncM32(dst: Address): void { this.locked(0, 0xff, 0, dst) }
  lockDecM32(dst: Address): void { this.locked(0, 0xff, 1, dst) }
  lockIncM(dst: Address): void { this.locked(1, 0xff, 0, dst) }
  lockDecM(dst: Address): void { this.locked(1, 0xff, 1, dst) }

  /** Locked without a prefix. */
  xchgMR(dst: Address, src: Gpr): void { this.opRM(1, 0x87, src, dst) }
  xchg32MR(dst: Address, src: Gpr): void { this.opRM(0, 0x87, src, dst) }

  private locked(w: number, op: number, reg: number, dst: Address): void {
    this.u8(0xf0)
    this.opRM(w, op, reg, dst)
  }

  private fence(modrm: number): void {
    this.opcode(0x0fae)
    this.u8(modrm)
  }
}
