/** @file What the processor can do, by cpuid and XCR0: feature bits and cache leaves, never names. */
import type { Target } from '../../kernel/ir.ts'
import type { Machine } from './machine.ts'

export interface Cpu {
  readonly avx2: boolean
  readonly avx512: boolean
  /** Conversions from and to float16; AVX-512 has them anyway. */
  readonly f16c: boolean
  /** Bytes of data cache; l2 and l3 are what one thread may count on when its neighbours work too. */
  readonly l1: number
  readonly l2: number
  readonly l3: number
}

export type TargetResult = { readonly target: Target } | { readonly target: null; readonly reason: string }

type Leaf = readonly [eax: number, ebx: number, ecx: number, edx: number]
type Query = (leaf: number, subleaf?: number) => Leaf

const KiB = 1024
const MiB = 1024 * KiB

/** State that the system saves at a switch: XMM and YMM; with the mask registers and all of ZMM. */
const XCR0_AVX = 0x6
const XCR0_AVX512 = 0xe6

const bits = (word: number, ...positions: number[]): boolean => positions.every((p) => (word >>> p) & 1)

export const queryCpu = (machine: Pick<Machine, 'cpuid' | 'xgetbv'>): Cpu => {
  const out = new Uint32Array(4)
  return describeCpu((leaf, subleaf = 0) => {
    machine.cpuid(leaf, subleaf, out)
    return [out[0], out[1], out[2], out[3]]
  }, machine.xgetbv)
}

/** Apart from the processor, so that tests can play others. */
export const describeCpu = (query: Query, xgetbv: () => number): Cpu => {
  const highest = query(0)[0]
  const [, , ecx1] = query(1)
  const [, ebx7] = highest >= 7 ? query(7) : [0, 0]
  const OSXSAVE = 27
  const saved = bits(ecx1, OSXSAVE) ? xgetbv() : 0
  const FMA = 12, AVX = 28, F16C = 29
  const avx2 = (saved & XCR0_AVX) === XCR0_AVX && bits(ecx1, FMA, AVX) && bits(ebx7, 5)
  const F = 16, DQ = 17, BW = 30, VL = 31
  const avx512 = avx2 && (saved & XCR0_AVX512) === XCR0_AVX512 && bits(ebx7, F, DQ, BW, VL)
  return { avx2, avx512, f16c: avx2 && bits(ecx1, F16C), ...cacheSizes(query, highest) }
}

const cacheSizes = (query: Query, highest: number): Pick<Cpu, 'l1' | 'l2' | 'l3'> => {
  const sizes = [0, 0, 0, 0]
  const extended = query(0x80000000)[0]
  const TOPOLOGY = 22
  const hasTopology = extended >= 0x8000001d && bits(query(0x80000001)[2], TOPOLOGY)
  if (highest >= 4) readCaches(query, 4, sizes)
  if (sizes[1] === 0 && hasTopology) readCaches(query, 0x8000001d, sizes)
  return {
    l1: clamp(sizes[1], 32 * KiB, 16 * KiB, 256 * KiB),
    l2: clamp(sizes[2], 512 * KiB, 128 * KiB, 16 * MiB),
    l3: clamp(sizes[3], sizes[2] || MiB, 512 * KiB, 64 * MiB),
  }
}

/** Both leaves have the format of leaf 4. */
const readCaches = (query: Query, leaf: number, sizes: number[]): void => {
  const INSTRUCTION = 2
  for (let i = 0; i < 16; i++) {
    const [eax, ebx, ecx] = query(leaf, i)
    const type = eax & 31
    if (type === 0) return
    const level = (eax >>> 5) & 7
    if (type === INSTRUCTION || level < 1 || level > 3) continue
    const ways = (ebx >>> 22) + 1
    const partitions = ((ebx >>> 12) & 0x3ff) + 1
    const line = (ebx & 0xfff) + 1
    sizes[level] = ways * partitions * line * (ecx + 1) / (level === 3 ? sharers(eax) : 1)
  }
}

/** Threads on one level-3 cache; virtual machines report wild numbers, so not more than 16 count. */
const sharers = (eax: number): number => Math.min(16, ((eax >>> 14) & 0xfff) + 1)

const clamp = (found: number, otherwise: number, low: number, high: number): number =>
  Math.min(high, Math.max(low, Math.floor(found || otherwise)))

const AVX512: Target = {
  isa: 'avx512', lanes: 16, masks: true, fma: true, f16: true, vectorRegisters: 32, pointerBytes: 8,
}
const AVX2: Target = {
  isa: 'avx2', lanes: 8, masks: false, fma: true, f16: true, vectorRegisters: 16, pointerBytes: 8,
}

/** `force`: the instruction set to use where the processor has it ('avx2' on an AVX-512 machine). */
export const chooseTarget = (cpu: Cpu, force?: string): TargetResult => {
  if (force !== undefined && force !== '' && force !== 'avx2' && force !== 'avx512') {
    return { target: null, reason: `no such instruction set: '${force}'; there are 'avx2' and 'avx512'` }
  }
  if (!cpu.avx2) return { target: null, reason: 'the processor or the system has no AVX2 with FMA' }
  if (force === 'avx512' && !cpu.avx512) {
    return { target: null, reason: 'AVX-512 (F, BW, DQ, VL) was asked for, but the processor or the system has it not' }
  }
  return { target: cpu.avx512 && force !== 'avx2' ? AVX512 : { ...AVX2, f16: cpu.f16c } }
}
