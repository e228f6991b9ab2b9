/** @file From kernels to one WebAssembly module a program. */
import { WasmModule, type ValType } from '../../asm/wasm/index.ts'
import type { Fn, Kernel, Target } from '../../kernel/ir.ts'
import { emitFunction } from './function.ts'

export interface ModuleOptions {
  /** Whether the imported memory is shared between threads. */
  readonly sharedMemory: boolean
  /** Whether the engine has relaxed SIMD. */
  readonly relaxed: boolean
}

/** Memory of 32-bit addresses has at most this many pages of 64 KiB. */
export const maxPages = 65536

/** 15 registers: V8 keeps one of the 16 on x86 for itself. */
export function wasmTarget(relaxed: boolean): Target {
  return { isa: 'wasm', lanes: 4, masks: false, fma: relaxed, f16: false, vectorRegisters: 15, pointerBytes: 4 }
}

/** Imports `env.memory`; exports kernel i as its number, and all in order in the table `kernels`. */
export function emitModule(
  kernels: readonly Kernel[], target: Target, options: ModuleOptions,
): Uint8Array<ArrayBuffer> {
  if (target.lanes !== 4 || target.masks) throw new Error('wasm has vectors of 4 lanes and no masks')
  const module = new WasmModule()
  const limits = options.sharedMemory ? { min: 0, max: maxPages, shared: true } : { min: 0 }
  module.importMemory('env', 'memory', limits)
  const entries = addFunctions(module, kernels, options.relaxed)
  entries.forEach((index, i) => module.exportFunction(String(i), index))
  const table = module.addTable({ min: entries.length, max: entries.length })
  if (entries.length > 0) module.addElements(table, 0, entries)
  module.exportTable('kernels', table)
  return module.finish()
}

/** Kernels may share callees: each function is emitted once. Returns the entries' indices. */
function addFunctions(module: WasmModule, kernels: readonly Kernel[], relaxed: boolean): number[] {
  const known = new Map<Fn, number>()
  const add = (fn: Fn): number => {
    const params = fn.params.map((): ValType => 'i32')
    const index = known.get(fn) ?? module.declareFunction(params, [])
    if (known.has(fn)) return index
    known.set(fn, index)
    const { locals, code } = emitFunction(fn, { relaxed, indexOf: (callee) => known.get(callee)! })
    module.defineFunction(index, locals, code)
    return index
  }
  return kernels.map(({ callees, entry }) => {
    callees.forEach(add)
    return add(entry)
  })
}
