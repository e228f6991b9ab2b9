import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { external, makeLinker, program, rawKernel, unavailable } from './raw.ts'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

const maps = () => readFileSync('/proc/self/maps', 'utf8').trim().split('\n')
const rss = () => {
  gc()
  return process.memoryUsage.rss()
}
const MB = 2 ** 20

describe.skipIf(unavailable !== null)('memory is flat', () => {
  it('over 20,000 link and release; code pages are freed', () => {
    const linker = makeLinker()
    const one = program([[rawKernel('count', 4), 0], [rawKernel('addIndex', 4), 0, 0]], [external(0, 16)])
    const storage = linker.allocate(16)
    const turn = () => {
      const linked = linker.link(one)
      linked.run([storage])
      linked.release()
    }
    for (let i = 0; i < 5000; i++) turn()
    const before = rss()
    const mapsBefore = maps()
    // One page lost at each turn would be 80 MB.
    for (let i = 0; i < 20_000; i++) turn()
    expect(rss() - before).toBeLessThan(40 * MB)
    // not those of the JavaScript heap, which come and go
    const code = (lines: readonly string[]) => lines.filter(line => line.includes(' r-xp ')).length
    expect(code(maps()) - code(mapsBefore)).toBeLessThan(20)
    linker.dispose()
  })

  it('over 1,000,000 runs', () => {
    const linker = makeLinker()
    const linked = linker.link(program([[rawKernel('count', 4), 0]], [external(0, 16)]))
    const storages = [linker.allocate(16), linker.allocate(16)]
    for (let i = 0; i < 10_000; i++) linked.run([storages[i & 1]])
    const before = rss()
    for (let i = 0; i < 1_000_000; i++) linked.run([storages[i & 1]])
    expect(rss() - before).toBeLessThan(16 * MB)
    linker.dispose()
  })

  it('over 200 linkers with threads', () => {
    const turn = () => {
      const linker = makeLinker({ threads: 2 })
      const linked = linker.link(program([[rawKernel('count', 64, { work: 1e6 }), 0]], [external(0, 256)]))
      linked.run([linker.allocate(256)])
      linked.release()
      linker.dispose()
    }
    for (let i = 0; i < 20; i++) turn()
    const before = rss()
    for (let i = 0; i < 200; i++) turn()
    expect(rss() - before).toBeLessThan(40 * MB)
  })

  it('after a big program goes: its arena is given back', () => {
    const linker = makeLinker()
    const n = 50 * MB
    const big = linker.link(program([[rawKernel('count', n), 0]], [{ kind: 'arena', offset: 0, bytes: 4 * n }], 4 * n))
    const small = linker.link(program([[rawKernel('count', 4), 0]], [{ kind: 'arena', offset: 0, bytes: 16 }], 16))
    const before = rss()
    big.run([])
    expect(rss() - before).toBeGreaterThan(150 * MB)
    big.release()
    expect(rss() - before).toBeLessThan(20 * MB)
    small.run([])
    linker.dispose()
  })
})

describe.skipIf(unavailable !== null)('pages', () => {
  it('of code can be executed and not written', () => {
    const linker = makeLinker()
    const linked = linker.link(program([[rawKernel('count', 4), 0]], [external(0, 16)]))
    const { code } = linked as unknown as { code: { address: number } }
    const line = maps().find((text) => {
      const [start, end] = text.split(' ')[0].split('-').map((hex) => Number.parseInt(hex, 16))
      return start <= code.address && code.address < end
    })
    expect(line?.split(' ')[1]).toBe('r-xp')
    linker.dispose()
  })
})
