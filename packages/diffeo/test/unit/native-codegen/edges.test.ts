/** @file No load or store touches a byte it should not: the data ends on an inaccessible page. */
import { describe, expect, it } from 'vitest'
import { Builder } from '../../../src/kernel/builder.ts'
import { memBytes, type MemType, type Value } from '../../../src/kernel/ir.ts'
import { canRun, compileKernels, mapMemory, targets } from './native.ts'

const types: MemType[] = ['f32', 'i32', 'u8', 'i8']
const at = (base: Value, disp = 0) => ({ base, index: null, scale: 1 as const, disp })

for (const target of targets) {
  describe.skipIf(!canRun(target))(target.isa, () => {
    const size = 4096
    const data = canRun(target) ? mapMemory(size) : null
    const args = canRun(target) ? mapMemory(4096) : null
    /** Slot 0: `back` bytes before the page's end; slot 1: its start. */
    const run = (build: (b: Builder, edge: Value, out: Value) => void, back: number): void => {
      const b = new Builder('edge', 4)
      build(b, b.arg(0), b.arg(1))
      const slots = new BigUint64Array(args!.buffer, 0, 2)
      slots[0] = BigInt(data!.address + size - back)
      slots[1] = BigInt(args!.address + 1024)
      const kernel = { name: 'edge', entry: b.fn, callees: [], slots: 2, total: 1, scratchBytes: 0, flops: 0, bytes: 0 }
      compileKernels([kernel], target)[0](args!.address, 0, 7, 0)
    }
    const reset = (): Uint8Array => {
      const view = new Uint8Array(data!.buffer)
      for (let i = 0; i < size; i++) view[i] = i * 7 + 3
      new Uint8Array(args!.buffer, 1024).fill(0)
      return view
    }
    const read = (mem: MemType, i: number): number => {
      const view = new DataView(data!.buffer)
      return mem === 'f32' || mem === 'i32' ? view.getInt32(i, true) : mem === 'u8' ? view.getUint8(i) : view.getInt8(i)
    }
    const outInts = (): Int32Array => new Int32Array(args!.buffer, 1024, 64)

    for (const mem of types) {
      for (const lanes of [1, target.lanes]) {
        const bytes = memBytes[mem] * lanes
        it(`${mem} x${lanes}: load, load folded, splat, gather, store`, () => {
          reset()
          run((b, edge, out) => b.store(mem === 'f32' ? 'f32' : 'i32', at(out), b.load(mem, at(edge), lanes)), bytes)
          for (let i = 0; i < lanes; i++) expect(outInts()[i]).toBe(read(mem, size - bytes + i * memBytes[mem]))
          run((b, edge, out) => {
            const x = b.load(mem, at(edge), lanes)
            const kind = x.kind as 'f32' | 'i32'
            const y = b.load(mem, at(edge), lanes)
            b.store(kind, at(out), b.binary('add', b.binary('max', x, b.constant(kind, 1, lanes)), b.unary('abs', y)))
            const masked = b.select(
              b.compare('lt', b.load(mem, at(edge), lanes), b.constant(kind, 3, lanes)),
              b.load(mem, at(edge), lanes),
              y,
            )
            b.store(kind, at(out), masked)
          }, bytes)
          if (lanes === 1) {
            run((b, edge, out) => {
              const x = b.splat(b.load(mem, at(edge), 1), target.lanes)
              b.store(
                x.kind as 'f32' | 'i32',
                at(out),
                b.binary('add', x, b.splat(b.load(mem, at(edge), 1), target.lanes)),
              )
            }, bytes)
          }
          run((b, edge, out) => {
            const index = lanes === 1 ? b.constant('i32', 0, 1) : b.iota(lanes)
            b.store(mem === 'f32' ? 'f32' : 'i32', at(out), b.gather(mem, edge, index))
          }, bytes)
          for (let i = 0; i < lanes; i++) expect(outInts()[i]).toBe(read(mem, size - bytes + i * memBytes[mem]))
          const before = reset().slice()
          run((b, edge) => b.store(mem, at(edge), b.constant(mem === 'f32' ? 'f32' : 'i32', 5, lanes)), bytes)
          const view = new DataView(data!.buffer)
          const wanted = mem === 'f32' ? 0x40a00000 : 5
          for (let i = 0; i < lanes; i++) expect(read(mem, size - bytes + i * memBytes[mem])).toBe(wanted)
          for (let i = 0; i < size - bytes; i++)
            if (view.getUint8(i) !== before[i]) expect.fail(`byte ${i} was touched`)
          // Nor behind it.
          reset()
          run((b, edge) => b.store(mem, at(edge), b.constant(mem === 'f32' ? 'f32' : 'i32', 5, lanes)), bytes + 128)
          for (let i = size - 128; i < size; i++)
            if (view.getUint8(i) !== before[i]) expect.fail(`byte ${i} was touched`)
        })
      }
      it.skipIf(!target.masks)(`${mem}: masked load, store, gather`, () => {
        const { lanes } = target
        for (const lane of [1, lanes]) {
          for (let n = 0; n <= lane; n++) {
            const bytes = memBytes[mem] * n
            const kind = mem === 'f32' ? 'f32' : 'i32'
            const maskOf = (b: Builder): Value => lane > 1 ? b.firstLanes(b.int(n), lane) : b.constMask(n === 1, 1)
            const before = reset().slice()
            run((b, edge, out) => b.store(kind, at(out), b.load(mem, at(edge), lane, maskOf(b))), bytes)
            for (let i = 0; i < lane; i++)
              expect(outInts()[i]).toBe(i < n ? read(mem, size - bytes + i * memBytes[mem]) : 0)
            run((b, edge, out) => {
              const index = lane === 1 ? b.constant('i32', 0, 1) : b.iota(lane)
              b.store(kind, at(out), b.gather(mem, edge, index, 0, maskOf(b)))
            }, bytes)
            for (let i = 0; i < lane; i++)
              expect(outInts()[i]).toBe(i < n ? read(mem, size - bytes + i * memBytes[mem]) : 0)
            run((b, edge) => b.store(mem, at(edge), b.constant(kind, 5, lane), maskOf(b)), bytes)
            const wanted = mem === 'f32' ? 0x40a00000 : 5
            for (let i = 0; i < n; i++) expect(read(mem, size - bytes + i * memBytes[mem])).toBe(wanted)
            const view = new Uint8Array(data!.buffer)
            for (let i = 0; i < size - bytes; i++) if (view[i] !== before[i]) expect.fail(`byte ${i} was touched`)
          }
        }
      })
    }
  })
}
