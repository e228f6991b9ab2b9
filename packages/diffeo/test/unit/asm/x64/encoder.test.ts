import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Assembler, vectorTable } from '../../../../src/asm/x64/index.ts'

interface Fixture {
  readonly hex: string
  readonly text: string
  readonly call: readonly unknown[]
}

// Made by tools/asm-fixtures/x64.mjs: bytes by GNU as, its input, our call.
const fixtures: Fixture[] = readFileSync(new URL('./gnu-as.tsv', import.meta.url), 'utf8')
  .trimEnd().split('\n')
  .map((line) => {
    const [hex, text, call] = line.split('\t')
    return { hex, text, call: JSON.parse(`[${call}]`) as unknown[] }
  })

type Methods = Record<string, (...args: unknown[]) => void>

const isAvx2Only = (call: readonly unknown[]): boolean => call.at(-1) === 'avx2'
/** Arrays are addresses: base, displacement, index, scale. Strings like '12n' are bigints. */
const argument = (value: unknown): unknown => {
  if (typeof value === 'string' && /^-?\d+n$/.test(value)) return BigInt(value.slice(0, -1))
  if (!Array.isArray(value)) return value
  const [base, disp, index, scale] = value as number[]
  if (disp === undefined) return { base }
  return index === undefined ? { base, disp } : { base, disp, index, scale }
}

/** Label 0 is the start of the instruction, label 1 its end. */
const encode = (call: readonly unknown[], evex: boolean): string => {
  const a = new Assembler({ evex })
  a.bind(a.newLabel())
  const end = a.newLabel()
  const [method, ...args] = isAvx2Only(call) ? call.slice(0, -1) : call
  const run = (a as unknown as Methods)[method as string]
  if (run === undefined) throw new Error(`no method ${String(method)}`)
  run.apply(a, args.map(argument))
  a.bind(end)
  return Buffer.from(a.finish()).toString('hex')
}

const attempt = (call: readonly unknown[], evex: boolean): string => {
  try {
    return encode(call, evex)
  } catch (error) {
    return String(error)
  }
}

const isEvex = (hex: string): boolean => hex.startsWith('62')
const isMaskOp = (call: readonly unknown[]): boolean => String(call[0]).startsWith('k')

describe('x64 encoder against GNU as', () => {
  it('gives the same bytes', () => {
    const wrong = fixtures
      .map(({ hex, text, call }) => ({ text, hex, ours: attempt(call, !isAvx2Only(call)) }))
      .filter(({ hex, ours }) => hex !== ours)
    expect(wrong).toEqual([])
  })

  it('on an AVX2 machine gives the same bytes, or throws where AVX-512 is needed', () => {
    const wrong = fixtures
      .filter(({ call }) => call[0] !== 'vgather' && call[0] !== 'vcmp')
      .map(({ hex, text, call }) => ({ hex, text, ours: attempt(call, false), call }))
      .filter(({ hex, ours, call }) => (isEvex(hex) || isMaskOp(call) ? !ours.includes('Error') : hex !== ours))
    expect(wrong).toEqual([])
  })

  it('covers every form of every vector mnemonic', () => {
    const seen = new Set(fixtures.map(({ call }) => `${String(call[0])} ${String(call[1])}`))
    expect(requiredForms().filter((form) => !seen.has(form))).toEqual([])
  })

  it('covers every instruction that is a method', () => {
    const seen = new Set(fixtures.map(({ call }) => call[0]))
    expect(instructionMethods().filter((name) => !seen.has(name))).toEqual([])
  })
})

const REG = 16
const MEM = 32

const requiredForms = (): string[] => {
  const required: string[] = []
  for (const [op, { rvm, rm, mr, vmi, mvr, cmp, gather, scatter }] of vectorTable) {
    // vmovdVR and its like, which are methods.
    if (op === 'vmovd.gpr' || op === 'vmovq.gpr') continue
    const need = (method: string): number => required.push(`${method} ${op}`)
    if (/blendv/.test(op)) {
      need('vblendv')
      continue
    }
    if (rvm !== undefined && !(rvm.flags & MEM)) need('vrrr')
    if (rvm !== undefined && !(rvm.flags & REG)) need('vrrm')
    if (rm !== undefined && !(rm.flags & MEM)) need('vrr')
    if (rm !== undefined && !(rm.flags & REG)) need('vrm')
    if (mr !== undefined && rm === undefined && !(mr.flags & MEM)) need('vrr')
    if (mr !== undefined && !(mr.flags & REG)) need('vmr')
    if (vmi !== undefined) need('vrr') && need('vrm')
    if (mvr !== undefined && !(mvr.flags & REG)) need('vmaskStore')
    if (cmp !== undefined) need('vcmp')
    if (gather !== undefined) need('vgather')
    if (scatter !== undefined) need('vscatter')
  }
  return required
}

/** Public methods of the class and its bases, less what is no instruction and what TypeScript calls private. */
const instructionMethods = (): string[] => {
  const helpers = new Set(`constructor length hasEvex newLabel newOutsideLabel bind align finish
    dataU32 dataF32 dataF64 dataBytes
    u8 u16 u32 rel32 grow place appendConstants padTo resolve addressBits address sib opRR opRM opR byteRex opcode rex
    aluRI aluMI testImm shiftRI imulImm countRR movImm64 locked fence vecReg vecMem vecVsib checkMemory lengthOf
    chooseEvex vexPrefix vexBytes evexPrefix transfer forms immediate unary binary shift memory vexRR
    check`.split(/\s+/))
  const names: string[] = []
  for (let p = Assembler.prototype as object; p !== Object.prototype; p = Object.getPrototypeOf(p) as object) {
    names.push(...Object.getOwnPropertyNames(p))
  }
  return names.filter((name) => !helpers.has(name))
}
