/** @file Runs emitted code on this machine, through the native backend's own FFI. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { emitKernels, type RegisterLimits } from '../../../src/backend/native/codegen/index.ts'
import { loadFfi, PAGE, type Ffi } from '../../../src/backend/native/ffi.ts'
import type { Kernel, Target } from '../../../src/kernel/ir.ts'

export const avx512: Target = {
  isa: 'avx512',
  lanes: 16,
  masks: true,
  fma: true,
  f16: true,
  vectorRegisters: 32,
  pointerBytes: 8,
}
export const avx2: Target = {
  isa: 'avx2',
  lanes: 8,
  masks: false,
  fma: true,
  f16: true,
  vectorRegisters: 16,
  pointerBytes: 8,
}

const loaded = loadFfi(createRequire(import.meta.url))
export const ffi: Ffi = loaded.ffi!

const cpuFlags = (): string => {
  try {
    return `${/^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? ''} `
  } catch {
    return ''
  }
}

const flags = cpuFlags()
const has = (...names: string[]): boolean => names.every((n) => flags.includes(` ${n} `))

/** What this machine can run; tests of the others are skipped. */
export const canRun = (target: Target): boolean => loaded.ffi !== null
  && (target.isa === 'avx512' ? has('avx512f', 'avx512bw', 'avx512dq', 'avx512vl') : has('avx2', 'fma'))

export const targets: readonly Target[] = [avx512, avx2]

const roundUp = (n: number, to: number): number => Math.ceil(n / to) * to

export type Entry = (args: number, first: number, end: number, scratch: number) => void

/** Loads code into executable pages; never freed: the process is short. */
export const loadCode = (code: Uint8Array): number => {
  const bytes = roundUp(code.length, PAGE)
  const address = ffi.map(bytes, 'write')
  new Uint8Array(ffi.view(address, bytes)).set(code)
  ffi.protect(address, bytes, 'execute')
  return address
}

export const bindEntry = (address: number): Entry =>
  ffi.bind(address, ['void', 'int64_t', 'int64_t', 'int64_t', 'int64_t']) as unknown as Entry

export const compileKernels = (kernels: readonly Kernel[], target: Target, limits?: RegisterLimits): Entry[] => {
  const { code, entries } = emitKernels(kernels, target, limits)
  const base = loadCode(code)
  return entries.map((offset) => bindEntry(base + offset))
}

export interface Memory {
  readonly address: number
  readonly buffer: ArrayBuffer
}

/** Zeroed pages that end before an inaccessible one; `end` is the address of that one. */
export const mapMemory = (bytes: number): Memory => {
  const size = roundUp(bytes, PAGE)
  const address = ffi.map(size + 2 * PAGE, 'write')
  ffi.protect(address, PAGE, 'none')
  ffi.protect(address + PAGE + size, PAGE, 'none')
  return { address: address + PAGE, buffer: ffi.view(address + PAGE, size) }
}
