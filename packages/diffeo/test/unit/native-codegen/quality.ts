/**
 * @file Emits micro-kernels, prints what their inner loop holds, and times them against the machine's FMA peak.
 * Run: npx rolldown packages/diffeo/test/unit/native-codegen/quality.ts --platform node -o /tmp/quality.mjs && node
 * /tmp/quality.mjs
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Assembler, mem, RDI, RDX } from '../../../src/asm/x64/index.ts'
import { emitKernels } from '../../../src/backend/native/codegen/index.ts'
import { Builder } from '../../../src/kernel/builder.ts'
import type { Kernel, Target, Value } from '../../../src/kernel/ir.ts'
import { avx2, avx512, bindEntry, canRun, type Entry, loadCode, mapMemory } from './native.ts'

/** 34 KB of panels at 12 rows: in L1. */
const depth = 192
const address = (base: Value, disp: number) => ({ base, index: null, scale: 1 as const, disp })

/** One step of k: two vectors of B, each row's element of A splatted once and used twice. */
const rankOne = (b: Builder, acc: readonly Value[], pa: Value, pb: Value, u: number, lanes: number): Value[] => {
  const rows = acc.length / 2
  const left = b.load('f32', address(pb, 8 * lanes * u), lanes)
  const right = b.load('f32', address(pb, 8 * lanes * u + 4 * lanes), lanes)
  const next: Value[] = []
  for (let i = 0; i < rows; i++) {
    const x = b.splat(b.load('f32', address(pa, 4 * (rows * u + i)), 1), lanes)
    next.push(b.fma(x, left, acc[2 * i]), b.fma(x, right, acc[2 * i + 1]))
  }
  return next
}

/** C[rows × 2 vectors] = A panel (k by rows) times B panel (k by 2 vectors), once a turn; arguments A, B, C. */
const microKernel = (rows: number, { lanes }: Target, deep: number, unroll: number): Kernel => {
  const b = new Builder('micro', 4)
  const [a0, b0, c] = [b.arg(0), b.arg(1), b.arg(2)]
  const width = lanes * 4
  b.loop(b.param(1), b.param(2), 1, [], () => {
    const zero = b.constant('f32', 0, lanes)
    const inits = [a0, b0, ...new Array<Value>(rows * 2).fill(zero)]
    const sums = b.loop(b.int(0), b.int(deep), unroll, inits, (_, carried) => {
      const [pa, pb] = carried
      let acc = carried.slice(2)
      for (let u = 0; u < unroll; u++) acc = rankOne(b, acc, pa, pb, u, lanes)
      return [b.iadd(pa, 4 * rows * unroll), b.iadd(pb, 8 * lanes * unroll), ...acc]
    })
    sums.slice(2).forEach((v, i) => b.store('f32', address(c, i * width), v))
    return []
  })
  return { name: 'micro', entry: b.fn, callees: [], slots: 3, total: 1, scratchBytes: 0, flops: 0, bytes: 0 }
}

/**
 * Independent FMA chains and nothing else, rdx turns, on the data at rdi: zeros would draw less power and clock higher.
 */
const peakLoop = (target: Target, chains: number): Uint8Array => {
  const a = new Assembler({ evex: target.isa === 'avx512' })
  const width = target.lanes === 16 ? 64 : 32
  const loop = a.newLabel()
  for (let i = 0; i < chains + 2; i++) a.vrm('vmovups', width, i, mem(RDI, i * width))
  a.align(32)
  a.bind(loop)
  for (let i = 0; i < chains; i++) a.vrrr('vfmadd231ps', width, i, chains, chains + 1)
  a.subRI(RDX, 1)
  a.jcc('g', loop)
  a.vzeroupper()
  a.ret()
  return a.finish()
}

/** Best of many short samples, taken in turn, so that other load on the machine hits neither alone. */
const fastest = (runs: readonly (() => void)[], samples: number): number[] => {
  const best = runs.map(() => Infinity)
  for (let r = 0; r < samples; r++) {
    runs.forEach((run, i) => {
      const t = process.hrtime.bigint()
      run()
      best[i] = Math.min(best[i], Number(process.hrtime.bigint() - t))
    })
  }
  return best
}

const disassemble = (code: Uint8Array): string[] => {
  const file = join(tmpdir(), `micro-${process.pid}.bin`)
  writeFileSync(file, code)
  return execFileSync(
    'objdump',
    ['-D', '-b', 'binary', '-m', 'i386:x86-64', '-M', 'intel', '--no-show-raw-insn', file],
    { encoding: 'utf8' },
  )
    .split('\n')
    .filter(line => /^\s+[0-9a-f]+:/.test(line))
    .map(line => line.trim())
}

/** The instructions of the innermost loop, counted by mnemonic. */
const innerLoop = (lines: readonly string[]): Map<string, number> => {
  const at = (line: string): number => Number.parseInt(line, 16)
  const counts = new Map<string, number>()
  const back = lines.findIndex(l => /\tj[lg]\s+0x/.test(l) && Number.parseInt(/0x([0-9a-f]+)/.exec(l)![1], 16) < at(l))
  const head = Number.parseInt(/0x([0-9a-f]+)/.exec(lines[back])![1], 16)
  for (const line of lines.slice(0, back + 1)) {
    if (at(line) < head) continue
    const name = line.split('\t')[1].split(/\s/)[0]
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts
}

const check = (rows: number, lanes: number, view: Float32Array): number => {
  let error = 0
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < 2 * lanes; j++) {
      let s = 0
      for (let k = 0; k < depth; k++) s += view[k * rows + i] * view[16384 + k * 2 * lanes + j]
      error = Math.max(error, Math.abs(s - view[65536 + i * 2 * lanes + j]))
    }
  }
  return error
}

const measure = (target: Target, rows: number, unroll: number): void => {
  const { code, entries } = emitKernels(
    [microKernel(rows, target, depth, unroll), microKernel(rows, target, depth / 3, unroll)],
    target,
  )
  const lines = disassemble(code)
  if (process.argv.includes('--asm')) console.log(lines.join('\n'))
  console.log(`${target.isa} ${rows}x2, unrolled ${unroll}:`, Object.fromEntries(innerLoop(lines)))
  const base = loadCode(code)
  const [run, shallow] = entries.map((at) => bindEntry(base + at))
  const memory = mapMemory(1 << 20)
  const view = new Float32Array(memory.buffer)
  for (let i = 0; i < 65536; i++) view[i] = Math.random()
  const args = memory.address + (1 << 19)
  new BigUint64Array(memory.buffer, 1 << 19, 3).set([0, 65536, 262144].map((n) => BigInt(memory.address + n)))
  run(args, 0, 1, 0)
  console.log('  max error', check(rows, target.lanes, view))
  const peak: Entry = bindEntry(loadCode(peakLoop(target, rows * 2)))
  const flops = 2 * rows * 2 * target.lanes
  const turns = 64
  const ns = fastest([
    () => peak(memory.address, 0, turns * depth, 0), () => run(args, 0, turns, 0), () => shallow(args, 0, turns, 0),
  ], 20000)
  const best = flops * turns * depth / ns[0]
  const whole = flops * turns * depth / ns[1]
  // Without the turn's own cost: clearing and storing the accumulators, filling the pipeline.
  const loop = flops * turns * (depth - depth / 3) / (ns[1] - ns[2])
  const percent = (x: number): string => `${x.toFixed(1)} GFLOP/s (${(100 * x / best).toFixed(1)} %)`
  console.log(`  peak ${best.toFixed(1)} GFLOP/s; depth ${depth}: ${percent(whole)}; the loop alone: ${percent(loop)}`)
}

for (const unroll of [1, 4]) {
  if (canRun(avx512)) measure(avx512, 12, unroll)
  if (canRun(avx2)) measure(avx2, 6, unroll)
}
