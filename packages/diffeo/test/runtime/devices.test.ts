/** @file Several devices in one process: which of them computes what. */
import { afterEach, describe, expect, test } from 'vitest'
import {
  Buffer, compile, describeDevices, device, listDevices, ones, Parameter, rand, setDevice, tensor, zeros, type Device,
  type Tensor,
} from '../../src/index.node.ts'
import { DeviceError } from '../../src/util/errors.ts'

const here = device()
afterEach(() => setDevice(here))

describe('devices', () => {
  test('setDevice is in force at once', () => {
    void setDevice('wasm')
    expect([device(), tensor(1).device, zeros([2]).device]).toEqual(['wasm', 'wasm', 'wasm'])
    void setDevice('interp')
    expect(tensor([1]).add(1).device).toBe('interp')
  })
  test('a device that is not there is an error that says why', async () => {
    await expect(setDevice('webgpu')).rejects.toThrow(/'webgpu' is not available: .* Available: .*wasm/)
    expect(listDevices()).toContain('interp')
    expect(describeDevices().every(d => d.available || d.detail.length > 0)).toBe(true)
  })
  test('the option: whatever is in force', () => {
    for (const name of ['wasm', 'interp', 'native'] as Device[]) {
      const made = [zeros([2], { device: name }), rand([2], { device: name }), tensor([1, 2], { device: name })]
      for (const t of made) {
        const y = t.add(1)
        y.arraySync()
        expect([t.device, y.device, y.node.storage?.device]).toEqual([name, name, name])
      }
    }
  })
  test.each(['native', 'wasm'] as const)('a tensor that no memory can hold is a DeviceError on %s', async name => {
    await setDevice(name)
    expect(() => zeros([2 ** 24, 2 ** 24]).add(1).dataSync()).toThrow(DeviceError)
    expect(zeros([2]).add(1).arraySync()).toEqual([1, 1])
  })
  test("'cpu' is the best there is", async () => {
    await setDevice('cpu')
    expect(['native', 'wasm']).toContain(device())
    expect(zeros([1], { device: 'cpu' }).add(tensor([1], { device: 'cpu' })).add(ones([1])).arraySync()).toEqual([2])
  })
  test('what was made before setDevice stays where it was', async () => {
    await setDevice('wasm')
    const pending = ones([3]).mul(2)
    const w = new Parameter(zeros([3]))
    await setDevice('native')
    const v = new Parameter(ones([3]))
    expect([pending.arraySync(), pending.add(w).arraySync(), v.arraySync()]).toEqual([
      [2, 2, 2],
      [2, 2, 2],
      [1, 1, 1],
    ])
    expect([
      pending.device,
      w.device,
      v.device,
      pending.node.storage?.device,
      w.cell.storage?.device,
      v.cell.storage?.device,
    ]).toEqual(['wasm', 'wasm', 'native', 'wasm', 'wasm', 'native'])
  })
  test('mixing devices is an error where it is written', () => {
    const a = tensor([1], { device: 'wasm' })
    const b = tensor([1], { device: 'native' })
    expect(() => a.add(b)).toThrow(DeviceError)
    expect(a.add(b.to('wasm')).arraySync()).toEqual([2])
    const w = new Parameter(tensor([1], { device: 'native' }))
    expect(() => w.assign(a)).toThrow(/is on 'native', the value on 'wasm'/)
    expect(() => compile((x: Tensor) => x.add(w))(a)).toThrow(DeviceError)
  })
  test('a compiled function runs where its arguments are, on each device', () => {
    const f = compile((x: Tensor) => x.mul(2))
    for (const name of ['wasm', 'interp', 'native', 'wasm'] as Device[]) {
      const y = f(tensor([1, 2], { device: name }))
      expect([y.arraySync(), y.device]).toEqual([[2, 4], name])
    }
  })
  test('a compiled function without arguments runs where its cells are', async () => {
    const n = new Buffer(tensor(0, { device: 'wasm' }))
    const f = compile(() => { n.assign(n.add(1)); return n })
    await setDevice('native')
    f()
    const y = f()
    expect([y.itemSync(), n.itemSync(), y.node.storage?.device]).toEqual([2, 2, 'wasm'])
  })
})
