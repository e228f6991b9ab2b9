import { afterAll, describe, expect, it } from 'vitest'
import { Worker } from 'node:worker_threads'
import './helpers.ts'
import { Heap } from '../../../src/backend/wasm/heap.ts'
import { plainBelow, WasmLinker } from '../../../src/backend/wasm/linker.ts'
import { lowestBuffer } from '../../../src/backend/wasm/memory.ts'
import type { Placement, Program } from '../../../src/backend/program.ts'
import type { Builder } from '../../../src/kernel/builder.ts'
import type { Value } from '../../../src/kernel/ir.ts'
import { at, kernel } from '../kernel/kit.ts'

const lanes = 4
const bytesOf = (...xs: number[]) => new Uint8Array(Float32Array.from(xs).buffer)
const floats = (bytes: Uint8Array<ArrayBuffer>) => [...new Float32Array(bytes.buffer)]

/** out = f(x, y) over n floats, a turn for every four. */
function mapKernel(n: number, f: (b: Builder, x: Value, y: Value) => Value, work = 0) {
  return kernel(3, (b) => {
    const [x, y, out] = [b.arg(0), b.arg(1), b.arg(2)]
    b.loop(b.param(1), b.param(2), 1, [], (turn) => {
      const i = b.imul(turn, lanes)
      b.store('f32', at(out, 0, i), f(b, b.load('f32', at(x, 0, i), lanes), b.load('f32', at(y, 0, i), lanes)))
      return []
    })
  }, { total: n / lanes, flops: work })
}

const external = (index: number, bytes: number): Placement => ({ kind: 'external', index, bytes })

/** external 1 = (external 0 + data) · external 0, through the arena; the status says whether a call flagged. */
function program(n: number, flag = false): Program {
  const add = mapKernel(n, (b, x, y) => b.binary('add', x, y))
  const mul = mapKernel(n, (b, x, y) => b.binary('mul', x, y))
  const mark = kernel(1, (b) => b.store('i32', at(b.arg(0)), b.constant('i32', 7, 1)))
  const data = new Uint8Array(Float32Array.from({ length: n }, (_, i) => i).buffer)
  return {
    kernels: [add, mul, mark],
    buffers: [
      external(0, n * 4), external(1, n * 4), { kind: 'arena', offset: 64, bytes: n * 4 },
      { kind: 'data', content: data }, { kind: 'status' },
    ],
    calls: [
      { kernel: 0, buffers: [0, 3, 2] },
      { kernel: 1, buffers: [2, 0, 1] },
      ...(flag ? [{ kernel: 2, buffers: [4] }] : []),
    ],
    arenaBytes: 64 + n * 4, externals: 2, writes: [1],
  }
}

describe('programs', () => {
  it('run over externals, arena, data and status', () => {
    const linker = new WasmLinker()
    const executable = linker.link(program(8))
    for (const resident of [false, true]) {
      const [x, y] = [linker.allocate(32, { resident }), linker.allocate(32, { resident })]
      linker.write(x, bytesOf(1, 2, 3, 4, 5, 6, 7, 8))
      expect(executable.run([x, y])).toBe(0)
      expect(floats(linker.read(y))).toEqual([1, 6, 15, 28, 45, 66, 91, 120])
    }
    const flagged = linker.link(program(8, true))
    const [x, y] = [linker.allocate(32), linker.allocate(32)]
    expect(flagged.run([x, y])).toBe(7)
    expect(executable.run([x, y])).toBe(0)
  })

  it('survive that the arena, the heap and the memory move', () => {
    const linker = new WasmLinker({ shared: false })
    const small = linker.link(program(8))
    const [x, y] = [linker.allocate(32), linker.allocate(32, { resident: true })]
    linker.write(x, bytesOf(1, 1, 1, 1, 1, 1, 1, 1))
    const check = () => {
      small.run([x, y])
      expect(floats(linker.read(y))).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    }
    check()
    const n = 1 << 20
    const [u, v] = [linker.allocate(4 * n), linker.allocate(4 * n)]
    linker.write(u, new Uint8Array(Float32Array.from({ length: n }, (_, i) => i % 3).buffer))
    linker.link(program(n)).run([u, v])
    check()
    expect(floats(linker.read(v)).slice(0, 6)).toEqual([0, 2, 8, 0, 5, 14])
  })

  it('take one storage twice, in place', () => {
    const linker = new WasmLinker()
    const double = mapKernel(4, (b, x, y) => b.binary('add', x, y))
    const executable = linker.link({
      kernels: [double], buffers: [0, 1, 2].map((i) => external(i, 16)), calls: [{ kernel: 0, buffers: [0, 1, 2] }],
      arenaBytes: 0, externals: 3,
    })
    const x = linker.allocate(16)
    linker.write(x, bytesOf(1, 2, 3, 4))
    executable.run([x, x, x])
    expect(floats(linker.read(x))).toEqual([2, 4, 6, 8])
  })

  it('copy out only what is written', () => {
    const linker = new WasmLinker()
    const executable = linker.link({ ...program(8), writes: [] })
    const [x, y] = [linker.allocate(32), linker.allocate(32)]
    linker.write(y, bytesOf(9))
    executable.run([x, y])
    expect(floats(linker.read(y))[0]).toBe(9)
  })

  it('refuse what does not fit, what was freed, and to run when released', () => {
    const linker = new WasmLinker()
    const executable = linker.link(program(8))
    const [x, y] = [linker.allocate(32), linker.allocate(32, { resident: true })]
    expect(() => executable.run([x])).toThrow('takes 2 buffers, not 1')
    expect(() => executable.run([x, linker.allocate(16)])).toThrow('buffer 1 has 16 bytes, not 32')
    expect(() => linker.write(x, new Uint8Array(33))).toThrow('33 bytes do not fit')
    linker.free(y)
    linker.free(y)
    expect(() => executable.run([x, y])).toThrow('buffer 1 was freed')
    linker.free(x)
    expect(() => linker.read(x)).toThrow('freed')
    executable.release()
    expect(() => executable.run([linker.allocate(32), linker.allocate(32)])).toThrow('released')
  })
})

describe('memory', () => {
  it('is flat over 10,000 runs that drop their outputs', () => {
    const linker = new WasmLinker()
    const executable = linker.link(program(64))
    const cell = linker.allocate(256, { resident: true })
    const before = () => [linker.usedBytes, linker.heap.memory.buffer.byteLength]
    executable.run([cell, linker.allocate(256)])
    const start = before()
    for (let i = 0; i < 10_000; i++) {
      executable.run([cell, linker.allocate(256)])
      const big = linker.allocate(plainBelow)
      linker.free(big)
    }
    expect(before()[0]).toEqual(start[0])
    expect(before()[1] - start[1]).toBeLessThanOrEqual(2 << 20)
  })

  it('of dropped batches is freed in a loop that never yields', () => {
    const linker = new WasmLinker()
    const executable = linker.link(program(64))
    let peak = 0
    for (let i = 0; i < 5000; i++) {
      executable.run([linker.allocate(200_704), linker.allocate(200_704)])
      peak = Math.max(peak, process.memoryUsage().arrayBuffers)
    }
    expect(peak).toBeLessThan(300e6)
  })

  it('names what was asked and used when it is full', () => {
    const linker = new WasmLinker({ maxBytes: 8 << 20, shared: false })
    const kept = linker.allocate(4 << 20)
    expect(() => linker.allocate(6 << 20)).toThrow('6291456 more bytes do not fit; 4194304 of at most 8388608 bytes')
    linker.free(kept)
    linker.free(linker.allocate(6 << 20))
  })

  it('joins free neighbours, in random order', () => {
    const heap = new Heap(false, 64 << 20)
    let seed = 1
    const random = (n: number) => (seed = Math.imul(seed, 1103515245) + 12345 >>> 1) % n
    const live: { at: number; bytes: number }[] = []
    for (let i = 0; i < 3000; i++) {
      if (live.length > 40 || (live.length > 0 && random(2) === 0)) {
        heap.release(live.splice(random(live.length), 1)[0].at)
      } else {
        const bytes = 64 * (1 + random(1000))
        const at = heap.allocate(bytes)
        expect(at % 64).toBe(0)
        expect(at).toBeGreaterThanOrEqual(lowestBuffer)
        expect(live.every((o) => o.at + o.bytes <= at || at + bytes <= o.at)).toBe(true)
        live.push({ at, bytes })
      }
    }
    for (const { at } of live) heap.release(at)
    expect(heap.used).toBe(0)
    const size = heap.memory.buffer.byteLength
    heap.allocate(size - lowestBuffer)
    expect(heap.memory.buffer.byteLength).toBe(size)
  })
})

describe('threads', () => {
  const workers: Worker[] = []
  const spawn = (source: string) => {
    const worker = new Worker(source, { eval: true })
    worker.unref()
    workers.push(worker)
    return worker
  }
  afterAll(() => Promise.all(workers.map((w) => w.terminate())))

  it('share the turns of a kernel and give what one thread gives', async () => {
    const linker = new WasmLinker({ shared: true, spawn })
    const n = 1 << 16
    const content = new Uint8Array(Float32Array.from({ length: n }, (_, i) => i * 0.37).buffer)
    const f = (b: Builder, x: Value, y: Value) => {
      let z = y
      for (let i = 0; i < 40; i++) z = b.binary('div', b.binary('add', z, x), b.constant('f32', 1.5, lanes))
      return z
    }
    const make = (): Program => ({
      kernels: [mapKernel(n, f, 1e9)], buffers: [0, 1, 2].map((i) => external(i, n * 4)),
      calls: [{ kernel: 0, buffers: [0, 1, 2] }], arenaBytes: 0, externals: 3, writes: [2],
    })
    const storages = [content, content, content].map((bytes) => {
      const s = linker.allocate(n * 4, { resident: true })
      linker.write(s, bytes)
      return s
    })
    const early = linker.link(make())
    early.run(storages)
    const expected = linker.read(storages[2])
    linker.setThreads(3)
    await linker.ready
    const late = linker.link(make())
    for (let i = 0; i < 300; i++) {
      const executable = i % 2 ? early : late
      linker.write(storages[2], new Uint8Array(n * 4))
      executable.run(storages)
      if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 2))
      if (i === 200) linker.setThreads(2)
      if (Buffer.compare(linker.read(storages[2]), expected) !== 0) expect.fail(`run ${i} differs`)
    }
  })
})
