import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import type { NativeLinker } from '../../../src/backend/native/linker.ts'
import { makeLinker, unavailable } from './raw.ts'

const sizes = [0, 1, 4, 63, 64, 65, 255, 256, 257, 4096, 8192, 8193, 40_000, 1 << 20, 5_000_001]
const pattern = (n: number, seed: number): Uint8Array => {
  const bytes = new Uint8Array(n)
  for (let i = 0; i < n; i++) bytes[i] = i * 31 + seed * 17
  return bytes
}

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

describe.skipIf(unavailable !== null).each([false, true])('storages (guard %s)', (guard) => {
  it('keep what was written, apart from each other', () => {
    const linker = makeLinker({ guard })
    const held = sizes.map((n) => linker.allocate(n))
    held.forEach((s, i) => linker.write(s, pattern(sizes[i], i)))
    held.forEach((s, i) => expect(Buffer.compare(linker.read(s), pattern(sizes[i], i))).toBe(0))
    linker.dispose()
  })

  it('give copies that the caller owns', () => {
    const linker = makeLinker({ guard })
    const storage = linker.allocate(8)
    linker.write(storage, pattern(8, 1))
    const copy = linker.read(storage)
    expect(copy.buffer.byteLength).toBe(8)
    copy.fill(0)
    linker.write(storage, new Uint8Array([9]))
    expect([...linker.read(storage)]).toEqual([9, ...pattern(8, 1).subarray(1)])
    linker.dispose()
  })

  it('refuse what does not fit and what was freed', () => {
    const linker = makeLinker({ guard })
    const storage = linker.allocate(8)
    expect(() => linker.write(storage, new Uint8Array(9))).toThrow(/9 bytes do not fit in a buffer of 8/)
    linker.free(storage)
    linker.free(storage)
    expect(() => linker.read(storage)).toThrow(/freed/)
    expect(() => linker.write(storage, new Uint8Array(1))).toThrow(/freed/)
    expect(() => linker.allocate(-1)).toThrow(/-1/)
    linker.dispose()
  })
})

const through = (linker: NativeLinker, address: number, bytes: number): Uint8Array => {
  const out = new Uint8Array(bytes)
  linker.machine.copyOut(out, address, bytes)
  return out
}

describe.skipIf(unavailable !== null)('storages in ArrayBuffers', () => {
  it('begin at multiples of 64, large ones at different offsets of their page', () => {
    const linker = makeLinker()
    for (const n of sizes) for (let i = 0; i < 5; i++) expect(linker.allocate(n).address % 64).toBe(0)
    const offsets = new Set(Array.from({ length: 16 }, () => linker.allocate(1 << 20).address % 4096))
    expect(offsets.size).toBeGreaterThan(12)
    linker.dispose()
  })

  it('do not move: not by collections of either kind, not while 200 MB come and go', () => {
    const linker = makeLinker()
    const held = sizes.map((n) => linker.allocate(n))
    held.forEach((s, i) => linker.write(s, pattern(sizes[i], i)))
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 1000; i++) linker.allocate(10_000)
      gc()
    }
    held.forEach((s, i) => expect(Buffer.compare(through(linker, s.address, s.bytes), pattern(sizes[i], i))).toBe(0))
    linker.dispose()
  })

  it('are used again after free, size for size', () => {
    const linker = makeLinker()
    const first = linker.allocate(1 << 20)
    const { address } = first
    linker.free(first)
    expect(linker.allocate((1 << 20) - 4).address).toBe(address)
    expect(linker.allocate(1 << 20).address).not.toBe(address)
    linker.dispose()
  })

  it('of a MiB or more are used again when the collector found them', async () => {
    const linker = makeLinker()
    const addresses = new Set(Array.from({ length: 8 }, () => linker.allocate(1 << 21).address))
    for (let i = 0; i < 10; i++) {
      gc()
      await new Promise(setImmediate)
    }
    expect(addresses).toContain(linker.allocate(1 << 21).address)
    linker.dispose()
  })

  it('are bounded while a loop of large ones yields', async () => {
    const linker = makeLinker()
    const before = process.memoryUsage.rss()
    let most = 0
    const ones = new Uint8Array(1 << 22).fill(1)
    for (let i = 0; i < 300; i++) {
      linker.write(linker.allocate(1 << 22), ones)
      if (i % 16 === 0) await new Promise(setImmediate)
      if (i % 50 === 0) most = Math.max(most, process.memoryUsage.rss() - before)
    }
    expect(most).toBeLessThan(700 * 2 ** 20)
    linker.dispose()
  })

  it('are not hoarded: 2 GB freed size by size leave at most the pool', () => {
    const linker = makeLinker()
    const before = process.memoryUsage.rss()
    for (let mb = 1; mb < 64; mb++) {
      const storage = linker.allocate(mb << 20)
      linker.write(storage, new Uint8Array(mb << 20).fill(1))
      linker.free(storage)
    }
    gc()
    expect(process.memoryUsage.rss() - before).toBeLessThan(700 * 2 ** 20)
    linker.dispose()
  })

  it.each([[4, 3_000_000], [1000, 1_000_000], [100_000, 100_000], [1 << 20, 20_000]])(
    'of %i bytes are collected in a synchronous loop', (bytes, turns) => {
      const linker = makeLinker()
      const ones = new Uint8Array(bytes).fill(1)
      gc()
      const before = process.memoryUsage.rss()
      let most = 0
      for (let i = 0; i < turns; i++) {
        const storage = linker.allocate(bytes)
        if (i % 16 === 0) linker.write(storage, ones)
        if (i % 1000 === 0) most = Math.max(most, process.memoryUsage.rss() - before)
      }
      expect(most).toBeLessThan(400 * 2 ** 20)
      linker.dispose()
    })
})
