/** @file The assembler with what only the runtime's own routines need. */
import {
  Assembler, R11, R12, R13, R14, R15, RAX, RBP, RBX, RCX, RDX, RSP, type Label, type Mem,
} from '../../asm/x64/index.ts'

const SAVED = [RBX, RBP, R12, R13, R14, R15]

/** Six pushes and the return address take 56 bytes. */
const frame = (locals: number): number => Math.ceil((locals + 8) / 16) * 16 - 8

const SYSTEM_CALL = { rt_sigprocmask: 14, sched_yield: 24, futex: 202 } as const

const YIELD_LOSES = [RAX, RCX, RDX, R11]

/** Round to nearest, exceptions masked, subnormals kept. */
const MXCSR = 0x1f80

export class Emitter extends Assembler {
  private readonly disturbed: boolean

  constructor(disturbed = false) {
    super({ evex: false })
    this.disturbed = disturbed
  }

  /** Marks a point where a race could be: in tests the processor goes to someone else every fourth time. */
  race(): void {
    if (!this.disturbed) return
    const on = this.newLabel()
    for (const r of YIELD_LOSES) this.push(r)
    this.rdtsc()
    this.test32RI(RAX, 12)
    this.jcc('ne', on)
    this.system('sched_yield')
    this.bind(on)
    for (const r of YIELD_LOSES.toReversed()) this.pop(r)
  }

  /** Saves what the ABI wants saved and leaves `locals` bytes on an aligned stack. */
  enter(locals: number): void {
    for (const r of SAVED) this.push(r)
    this.subRI(RSP, frame(locals))
  }

  leave(locals: number): void {
    this.addRI(RSP, frame(locals))
    for (const r of SAVED.toReversed()) this.pop(r)
    this.ret()
  }

  here(): Label {
    const label = this.newLabel()
    this.bind(label)
    return label
  }

  repMovsb(): void { this.repeat(0xa4) }
  repStosb(): void { this.repeat(0xaa) }

  /** Loses rax, rcx and r11; the result is in rax, errors as small negative numbers. */
  system(name: keyof typeof SYSTEM_CALL): void {
    this.movRI(RAX, SYSTEM_CALL[name])
    this.syscall()
  }

  /** The time stamp counter, in rax; loses rdx. */
  clock(): void {
    this.rdtsc()
    this.shlRI(RDX, 32)
    this.orRR(RAX, RDX)
  }

  setMxcsr(temporary: Mem): void {
    this.movMI32(temporary, MXCSR)
    this.ldmxcsr(temporary)
  }

  private repeat(op: number): void {
    this.u8(0xf3)
    this.u8(op)
  }
}
