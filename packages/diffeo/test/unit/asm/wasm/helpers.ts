import { setFlagsFromString } from 'node:v8'
import { Code, WasmModule, type ValType } from '../../../../src/asm/wasm/index.ts'

// Node 20 hides relaxed SIMD behind a flag that must be set before the first module; later versions have no such flag.
if (Number(process.versions.node.split('.')[0]) < 21) setFlagsFromString('--experimental-wasm-relaxed-simd')

export type Signature = { params: ValType[]; results: ValType[] }
type Build = (code: Code) => unknown

/** A function that passes its parameters to what `build` writes. */
export function wrap({ params, results }: Signature, build: Build): Uint8Array<ArrayBuffer> {
  const module = new WasmModule()
  module.importMemory('env', 'memory', { min: 1, max: 1, shared: true })
  const code = new Code()
  for (let i = 0; i < params.length; i++) code.localGet(i)
  build(code)
  module.addFunction(params, results, [], code)
  return module.finish()
}

export const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })

export function instantiate(module: WasmModule, env: WebAssembly.ModuleImports = {}) {
  const compiled = new WebAssembly.Module(module.finish())
  return new WebAssembly.Instance(compiled, { env: { memory, ...env } }).exports as Record<string, any>
}

/** One exported function over the shared `memory`, ready to call. */
export function fn(params: ValType[], results: ValType[], locals: ValType[], build: Build): (...args: any[]) => any {
  const module = new WasmModule()
  module.importMemory('env', 'memory', { min: 1, max: 1, shared: true })
  const code = new Code()
  build(code)
  module.exportFunction('f', module.addFunction(params, results, locals, code))
  return instantiate(module).f
}
