/**
 * @file Runs the tensor layer on the reference interpreter, or on the device that DIFFEO_DEVICE names
 * (test/runtime/contract does), and counts what is asked of it.
 */
import { createRequire } from 'node:module'
import { emitKernels } from '../../../../src/backend/native/codegen/index.ts'
import { createLinker } from '../../../../src/backend/native/linker.ts'
import { WasmLinker } from '../../../../src/backend/wasm/linker.ts'
import { installExecutor, type Executor, type Update } from '../../../../src/graph/executor.ts'
import type { Graph } from '../../../../src/graph/node.ts'
import { CompiledExecutor } from '../../../../src/runtime/compiled-executor.ts'
import { InterpExecutor } from '../../../../src/runtime/interp-executor.ts'

/** Nodes asked for, and mappings compiled. */
export const counts = { realized: 0, compiled: 0 }

export const device = (process.env.DIFFEO_DEVICE || 'interp') as 'interp' | 'native' | 'wasm'
/** The compiled backends have no float64, float16 and bfloat16 yet. */
export const everyDType = device === 'interp'

/** The executor of a device, by itself. @throws Error where it is not there */
export function makeExecutor(name: string): Executor {
  if (name === 'wasm') {
    const linker = new WasmLinker()
    return new CompiledExecutor({ device: 'wasm', linker, target: linker.target })
  }
  if (name !== 'native') return new InterpExecutor()
  const made = createLinker(createRequire(import.meta.url), { emit: emitKernels, guard: process.env.DIFFEO_GUARD === '1' })
  if (!made.linker) throw new Error(made.reason)
  return new CompiledExecutor({ device: 'native', linker: made.linker, target: made.target })
}

const executor = makeExecutor(device)
const { realize, compile } = executor
executor.realize = (nodes, updates, options) => {
  counts.realized += nodes.length
  realize.call(executor, nodes, updates, options)
}
executor.compile = (graph: Graph, updates: readonly Update[], name: string) => {
  counts.compiled++
  return compile.call(executor, graph, updates, name)
}
installExecutor(executor)
