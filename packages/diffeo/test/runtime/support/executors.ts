/** @file Executors by themselves, without an entry, and what they did. */
import { createRequire } from 'node:module'
import '../../../src/ops/index.ts'
import { emitKernels } from '../../../src/backend/native/codegen/index.ts'
import { createLinker } from '../../../src/backend/native/linker.ts'
import { countProgram, NullLinker, nullTarget, type ProgramCount } from '../../../src/backend/null/index.ts'
import type { Executable, Linker, Program } from '../../../src/backend/program.ts'
import { WasmLinker } from '../../../src/backend/wasm/linker.ts'
import type { Device, Executor } from '../../../src/graph/executor.ts'
import type { Target } from '../../../src/kernel/ir.ts'
import { CompiledExecutor } from '../../../src/runtime/compiled-executor.ts'
import { InterpExecutor } from '../../../src/runtime/interp-executor.ts'

/** @throws Error where the device is not there */
export function makeLinker(device: string): { linker: Linker; target: Target } {
  if (device === 'null') return { linker: new NullLinker(), target: nullTarget }
  if (device === 'wasm') {
    const linker = new WasmLinker()
    return { linker, target: linker.target }
  }
  const guard = process.env.DIFFEO_GUARD === '1'
  const made = createLinker(createRequire(import.meta.url), { emit: emitKernels, guard })
  if (!made.linker) throw new Error(made.reason)
  return made
}

export const makeExecutor = (device: string): Executor =>
  device === 'interp' ? new InterpExecutor() : new CompiledExecutor({ device: device as Device, ...makeLinker(device) })

/** What a device linked, ran and let go of. */
export class Watch {
  linked = 0
  released = 0
  readonly runs: ProgramCount[] = []

  get flops(): number { return this.runs.reduce((sum, r) => sum + r.flops, 0) }
  get kernels(): number { return this.runs.reduce((sum, r) => sum + r.kernels, 0) }
  clear(): void { this.runs.length = 0 }

  /** The linker, seen from here on. */
  over(linker: Linker): Linker {
    const link = linker.link.bind(linker)
    linker.link = (program: Program): Executable => {
      this.linked++
      const executable = link(program)
      const count = countProgram(program)
      const { kernels, calls } = executable
      return {
        kernels, calls,
        runTimed: (externals, clock) => { this.runs.push(count); return executable.runTimed(externals, clock) },
        run: externals => { this.runs.push(count); return executable.run(externals) },
        release: () => { this.released++; executable.release() },
      }
    }
    return linker
  }
}

/** A device whose programs are counted. */
export function watched(
  device: string,
  options: { cached?: number } = {},
): { executor: CompiledExecutor; watch: Watch } {
  const watch = new Watch()
  const { linker, target } = makeLinker(device)
  return {
    executor: new CompiledExecutor({ device: device as Device, linker: watch.over(linker), target, ...options }),
    watch,
  }
}
