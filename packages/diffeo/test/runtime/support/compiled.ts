/** @file What every compiled backend must do: written once, run on each. */
import { describe, expect, test } from 'vitest'
import { installExecutor } from '../../../src/graph/executor.ts'
import { assignAll } from '../../../src/tensor/cells.ts'
import {
  compile, gradients, ones, Parameter, rand, randn, tensor, zeros, type Tensor,
} from '../../../src/tensor/index.ts'
import { DataError, DeviceError } from '../../../src/util/errors.ts'
import { watched } from './executors.ts'

const ids = (...v: number[]): Tensor => tensor(v, { dtype: 'int32' })

export function semantics(device: string): void {
  const { executor, watch } = watched(device, { cached: 16 })
  const on = (name: string, body: () => void | Promise<void>) => test(name, () => {
    installExecutor(executor)
    watch.clear()
    return body()
  })

  describe(`cells on ${device}`, () => {
    on('programs overwrite cells, never what was read of them', () => {
      const w = new Parameter([1, 2, 3])
      const step = compile((x: Tensor) => { w.assign(w.add(x)); return w.sum() })
      const seen: Tensor[] = []
      const wanted: number[][] = []
      for (let i = 1; i <= 4; i++) {
        seen.push(w.detach(), w.mul(1), w.mul(2))
        const now = [1, 2, 3].map(v => v + i - 1)
        wanted.push(now, now, now.map(v => 2 * v))
        expect(step(ones([3])).itemSync()).toBe(6 + 3 * i)
      }
      expect(seen.map(t => t.arraySync())).toEqual(wanted)
    })
    on('the cell keeps its memory from call to call once nobody reads it', () => {
      const w = new Parameter([1, 2, 3])
      const step = compile(() => { w.assign(w.mul(2)) })
      step(); step()
      const { storage } = w.cell
      step(); step()
      expect(w.cell.storage).toBe(storage)
      expect(w.arraySync()).toEqual([16, 32, 48])
    })
    on('results are neither cells, arguments, captured tensors nor each other', () => {
      const w = new Parameter([1, 2])
      const kept = tensor([5, 6])
      const f = compile((x: Tensor) => {
        const before = w.mul(1)
        w.assign(w.add(1))
        return [x, x, kept, w, w, before]
      })
      const first = f(tensor([3, 4]))
      const values = first.map(t => t.arraySync())
      expect(values).toEqual([[3, 4], [3, 4], [5, 6], [2, 3], [2, 3], [1, 2]])
      expect(new Set(first.map(t => t.node.storage)).size).toBe(6)
      const second = f(tensor([7, 8]))
      for (const t of second) t.dispose()
      w.assign([0, 0])
      for (let i = 0; i < 8; i++) zeros([2]).add(i).arraySync()
      expect(first.map(t => t.arraySync())).toEqual(values)
      expect(kept.arraySync()).toEqual([5, 6])
    })
    on('all results of all calls are kept', () => {
      const total = new Parameter(0)
      const step = compile((x: Tensor) => { total.assign(total.add(x.sum())); return total })
      const x = ones([10])
      const losses: Tensor[] = []
      for (let i = 0; i < 3000; i++) losses.push(step(x))
      expect(losses.map(l => l.itemSync())).toEqual(losses.map((_, i) => 10 * (i + 1)))
      expect(new Set(losses.map(l => l.node.storage)).size).toBe(3000)
    })
    on('swaps, chains and shifts of cells see the values before', () => {
      const [a, b, c] = [1, 2, 3].map(v => new Parameter([v, v]))
      const rotate = compile(() => { assignAll([[a, b.mul(1)], [b, c.mul(1)], [c, a.mul(1)]]) })
      rotate()
      expect([a, b, c].map(t => t.arraySync()[0])).toEqual([2, 3, 1])
      rotate()
      expect([a, b, c].map(t => t.arraySync()[0])).toEqual([3, 1, 2])
      assignAll([[a, b], [b, a]])
      expect([a, b].map(t => t.arraySync()[0])).toEqual([1, 3])
      const shift = new Parameter([1, 2, 3, 4])
      const move = compile(() => { shift.assign(shift.flip(0).add(shift.sum())) })
      move()
      expect(shift.arraySync()).toEqual([14, 13, 12, 11])
    })
    on('an index out of range leaves every cell as it was, compiled or not', () => {
      const table = new Parameter([[1, 2], [3, 4]])
      const steps = new Parameter(0)
      const body = (i: Tensor): Tensor => {
        const rows = table.indexSelect(0, i)
        const [g] = gradients(rows.square().sum(), [table])
        assignAll([[steps, steps.add(1)], [table, table.sub(g!.mul(0.25))]])
        return rows.mul(1)
      }
      const step = compile(body)
      for (const f of [step, body]) {
        const before = [table.arraySync(), steps.itemSync()]
        const read = () => f(ids(0, 7)).arraySync()
        if (f === step) expect(read).toThrow(DataError)
        else expect(() => { f(ids(0, 7)).arraySync() }).toThrow(/out of range/)
        expect([table.arraySync(), steps.itemSync()]).toEqual(before)
        f(ids(0))
        expect(steps.itemSync()).toBe((before[1] as number) + 1)
      }
    })
  })

  describe(`disposal on ${device}`, () => {
    on('what a pending tensor needs: the op and the tensor are named', () => {
      const x = tensor([1, 2])
      const y = x.exp().add(1)
      x.dispose()
      x.dispose()
      expect(() => y.arraySync()).toThrow(/exp: the tensor \[2\] float32 was disposed/)
      expect(() => y.arraySync()).toThrow(DeviceError)
    })
    on('arguments and captured tensors of a compiled function', () => {
      const x = tensor([1, 2])
      const kept = tensor([3, 4])
      const f = compile((t: Tensor) => t.add(kept), { name: 'plus' })
      expect(f(x).arraySync()).toEqual([4, 6])
      const given = tensor([5, 5])
      given.dispose()
      expect(() => f(given)).toThrow(/plus.*tensor \[2\] float32 was disposed/)
      kept.dispose()
      expect(() => f(x)).toThrow(/compile\('plus'\): the captured tensor \[2\] float32 was disposed/)
    })
    on('memory that came back is reused without harm', () => {
      const alive: Tensor[] = []
      for (let i = 0; i < 200; i++) {
        const t = tensor([i, i + 1, i + 2])
        const twice = t.mul(2)
        twice.arraySync()
        t.dispose()
        alive.push(twice)
        if (i % 3 === 0) alive.shift()!.dispose()
      }
      expect(alive.map(t => t.arraySync()[1] - t.arraySync()[0])).toEqual(alive.map(() => 2))
    })
    on('a result of compile, by using', () => {
      const f = compile((x: Tensor) => x.mul(2))
      for (let i = 0; i < 50; i++) { using y = f(tensor([i])); expect(y.itemSync()).toBe(2 * i) }
    })
  })

  describe(`what ${device} compiles and runs`, () => {
    on('numbers and random counters do not make new programs', () => {
      const step = (k: number): number => rand([4, 5]).mul(k).add(1 / (k + 3)).sub(randn([5])).sum().itemSync()
      step(0.5)
      const linked = watch.linked
      const seen = new Set<number>()
      for (let k = 2; k < 30; k++) seen.add(step(k * 1.25))
      expect([watch.linked, seen.size]).toEqual([linked, 28])
    })
    on('steps by hand compile once', () => {
      const w = new Parameter([[0.5, -1], [1, 2]])
      const step = (x: Tensor, lr: number): number => {
        const loss = x.matmul(w).square().mean()
        const [g] = gradients(loss, [w])
        assignAll([[w, w.sub(g!.mul(lr))]], { results: [loss] })
        return loss.itemSync()
      }
      step(ones([3, 2]), 0.1); step(ones([3, 2]), 0.1)
      const linked = watch.linked
      const losses = Array.from({ length: 20 }, (_, i) => step(ones([3, 2]), 0.01 * (i + 1)))
      expect(watch.linked).toBe(linked)
      expect(losses.every((l, i) => i === 0 || l < losses[i - 1])).toBe(true)
    })
    on('minimize after item() does not repeat the forward pass', () => {
      const run = (ask: boolean): number[] => {
        const w = new Parameter(rand([64, 64]))
        const v = new Parameter(rand([64, 8]))
        const x = rand([32, 64])
        x.arraySync()
        const loss = x.matmul(w.mul(1.5)).relu().matmul(v).square().mean()
        w.arraySync()
        watch.clear()
        if (ask) loss.itemSync()
        const asked = watch.flops
        const [g, h] = gradients(loss, [w, v])
        assignAll([[w, w.sub(g!)], [v, v.sub(h!)]], { results: [loss] })
        return [asked, watch.flops - asked]
      }
      const products = 2 * 32 * 64 * (64 + 8)
      const [forward, backward] = run(true)
      const [, whole] = run(false)
      expect(forward).toBeGreaterThanOrEqual(products)
      // what is left: the gradients' products, and cheap maps once more
      expect(backward).toBeLessThan(whole - 0.9 * products)
    })
    on('the compiler does not look behind a value that is there', () => {
      for (let turn = 0; turn < 2; turn++) {
        const w = new Parameter(rand([3, 4, 5]))
        const want = tensor(w.arraySync()).permute([2, 0, 1]).mul(turn + 2).arraySync()
        // these remember how they were made, for gradients
        const h = w.permute([1, 0, 2])
        const scaled = w.mul(turn + 2)
        h.arraySync()
        scaled.arraySync()
        expect(h.permute([2, 1, 0]).mul(turn + 2).arraySync()).toEqual(want)
        expect(compile(() => h.permute([2, 1, 0]).mul(turn + 2))().arraySync()).toEqual(want)
        expect(scaled.permute([2, 0, 1]).neg().neg().arraySync()).toEqual(want)
      }
    })
    on('programs of uncompiled graphs are bounded, and freed', () => {
      const before = watch.released
      for (let n = 1; n <= 60; n++) ones([n]).add(1).sum().itemSync()
      expect(watch.released - before).toBeGreaterThanOrEqual(60 - 16)
    })
    on('compiled functions may call each other, and keep their values apart', () => {
      const inner = compile((x: Tensor) => x.mul(2), { name: 'inner' })
      const scale = inner(tensor([3])).itemSync()
      const outer = compile((x: Tensor) => inner(x).add(inner(x.add(1))), { name: 'outer' })
      let nested = 0
      const odd = compile((x: Tensor) => { nested = outerOnce(); return x.add(1) }, { name: 'odd' })
      const outerOnce = (): number => { outer(tensor([1])); return 1 }
      expect([scale, outer(tensor([1])).itemSync(), odd(tensor([4])).itemSync(), nested]).toEqual([6, 6, 5, 1])
    })
  })
}
