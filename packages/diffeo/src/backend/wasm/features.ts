/** @file What the engine can do. */
import { WasmModule, Code } from '../../asm/wasm/index.ts'

/** Whether the engine has relaxed SIMD (on Node 20 only with `--experimental-wasm-relaxed-simd`). */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(maddModule())
}

function maddModule(): Uint8Array<ArrayBuffer> {
  const module = new WasmModule()
  const code = new Code().localGet(0).localGet(0).localGet(0).op('f32x4.relaxed_madd')
  module.addFunction(['v128'], ['v128'], [], code)
  return module.finish()
}

/** Whether memory can be shared with workers: always in Node, in browsers only on isolated pages. */
export function hasSharedMemory(): boolean {
  if (typeof SharedArrayBuffer === 'undefined') return false
  const isolated = (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated
  return isolated ?? true
}
