/** The machine's own limits, measured by kernels written for nothing else: what shares of a peak are shares of. */
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'

const built = path => import(new URL(`../packages/diffeo/dist/${path}`, import.meta.url).href)
const { Builder } = await built('kernel/builder.js')
const { createLinker } = await built('backend/native/linker.js')
const { emitKernels } = await built('backend/native/codegen/index.js')
const { WasmLinker } = await built('backend/wasm/linker.js')
const { wasmTarget } = await built('backend/wasm/codegen.js')
const { hasRelaxedSimd } = await built('backend/wasm/features.js')

function linkerFor(device) {
  if (device === 'wasm') {
    const relaxed = hasRelaxedSimd()
    const spawn = source => {
      const worker = new Worker(source, { eval: true })
      worker.unref()
      return worker
    }
    return { linker: new WasmLinker({ relaxed, spawn }), target: wasmTarget(relaxed) }
  }
  return createLinker(createRequire(import.meta.url), { emit: emitKernels })
}

/** A program of one kernel over one buffer, ready to run. */
function single({ linker }, kernel, bytes) {
  const program = {
    kernels: [kernel], buffers: [{ kind: 'external', index: 0, bytes }], calls: [{ kernel: 0, buffers: [0] }],
    arenaBytes: 0, externals: 1, writes: [0],
  }
  const executable = linker.link(program)
  const storage = linker.allocate(bytes, { resident: true })
  linker.write(storage, new Uint8Array(bytes))
  return () => executable.run([storage])
}

/** Independent chains of multiply-adds on registers: nothing but the ports binds them. GFLOP/s = flops / time. */
export function fmaPeak(device, threads) {
  const turns = 20000
  const { linker, target } = linkerFor(device)
  linker.setThreads(threads)
  const chains = target.vectorRegisters >= 32 ? 24 : target.vectorRegisters - 4
  const b = new Builder('peak', 4)
  const at = disp => ({ base: b.arg(0), index: null, scale: 1, disp })
  b.loop(b.param(1), b.param(2), 1, [], () => {
    const one = b.load('f32', at(0), target.lanes)
    const sums = b.loop(
      b.int(0),
      b.int(turns),
      1,
      Array.from({ length: chains }, () => one),
      (_, c) => c.map(x => b.fma(one, one, x)),
    )
    const total = sums.reduce((x, y) => b.binary('add', x, y))
    b.store('f32', at(64), total)
    return []
  })
  const total = threads * 4
  const flops = 2 * chains * target.lanes * turns * total
  const kernel = { name: 'peak', entry: b.fn, callees: [], slots: 1, total, scratchBytes: 0, flops, bytes: 0 }
  return { flops, make: () => single({ linker }, kernel, 4096) }
}
