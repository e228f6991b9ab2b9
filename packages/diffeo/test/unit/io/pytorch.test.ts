/** @file PyTorch's files: those that it wrote come back as it says, the damaged and the hostile are clear errors. */
import { readdirSync, readFileSync } from 'node:fs'
import { deflateRawSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import '../nn/setup.ts'
import { load, loadWithMetadata } from '../../../src/io/index.ts'
import * as nn from '../../../src/nn/index.ts'
import { Tensor } from '../../../src/tensor/index.ts'
import { DataError, DiffeoError, DTypeError } from '../../../src/util/errors.ts'
import { generator } from './support.ts'
import { zipOf } from './zips.ts'

const folder = new URL('../../reference/fixtures/pytorch/', import.meta.url)
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, folder)))
const { cases } = JSON.parse(readFileSync(new URL('../pytorch.json', folder), 'utf8')) as {
  cases: { file: string; state: unknown }[]
}

/** What we read, as the fixtures have it. */
function shown(x: unknown): unknown {
  if (x instanceof Tensor) return { tensor: [x.dtype, [...x.shape], Array.from(x.dataSync())] }
  if (typeof x === 'bigint') return { bigint: String(x) }
  if (Array.isArray(x)) return x.map(shown)
  if (typeof x !== 'object' || x === null) return x
  return Object.fromEntries(Object.entries(x).map(([key, v]) => [key, shown(v)]))
}

describe('files that PyTorch wrote', () => {
  test.each(cases.map(c => [c.file, c.state]))('%s holds what PyTorch says', async (file, state) => {
    expect(shown(await load(bytesOf(file as string)))).toEqual(state)
  })
  test('there is a case, or an error below, for each file', () => {
    const named = [...cases.map(c => c.file), ...refused.map(([file]) => file)]
    expect(readdirSync(folder).sort()).toEqual(named.sort())
  })
  test('a module takes a state dict of PyTorch as it is', async () => {
    const model = new nn.Sequential(
      new nn.Conv2d(1, 2, 3), new nn.BatchNorm2d(2), new nn.Flatten(), new nn.Linear(8, 3))
    expect(model.loadStateDict(await load(bytesOf('model.pt')))).toEqual({ missing: [], unexpected: [] })
    expect(model.stateDict()['1.num_batches_tracked'].itemSync()).toBe(12)
  })
  test('bytes may lie anywhere in their buffer, or be an ArrayBuffer; the file can go', async () => {
    const good = bytesOf('views.pt')
    const shifted = Buffer.concat([Buffer.alloc(3), good]).subarray(3)
    const state = await load(shifted)
    shifted.fill(255)
    expect(shown(state)).toEqual(shown(await load(good.buffer as ArrayBuffer)))
  })
  test('some tensors, by their place in the state, and floats in a dtype', async () => {
    const found = await load(bytesOf('checkpoint.pt'), { keys: ['model/3.bias'], dtype: 'float64' })
    expect(Object.keys(found)).toEqual(['model/3.bias'])
    expect(found['model/3.bias'].dtype).toBe('float64')
    await expect(load(bytesOf('model.pt'), { keys: ['x'] })).rejects.toThrow(
      /there is no tensor 'x': there are 0\.weight/,
    )
    const { tensors, metadata } = await loadWithMetadata(bytesOf('checkpoint.pt'))
    expect([Object.keys(tensors).includes('optimizer/state/0/exp_avg'), metadata]).toEqual([true, {}])
    // the key names what is needed: what else is there may be of any value
    await expect(load(bytesOf('wide.pt'), { keys: [] })).resolves.toEqual({})
  })
})

const refused: [string, RegExp][] = [
  [
    'module.pt',
    /byte \d+: it asks for 'torch\.nn\.modules\.linear\.Linear': .*nothing of a file is executed.*state_dict\(\)/,
  ],
  ['numpy.pt', /it asks for 'numpy\._core\.multiarray\.scalar'/],
  ['command.pt', /it asks for 'posix\.system'/],
  ['complex.pt', /its tensors are torch\.ComplexFloatStorage, which diffeo has no dtype for/],
  ['float8.pt', /its tensors are torch\.float8_e5m2/],
  ['wide.pt', /tensor 'ids' is I64, and element 1, 1099511627776, does not fit int32/],
]
test.each(refused)('%s is refused by name', async (file, message) => {
  await expect(load(bytesOf(file))).rejects.toThrow(message)
  await expect(load(bytesOf(file))).rejects.toThrow(/complex|float8|wide/.test(file) ? DTypeError : DataError)
})

const pickle = (...parts: (string | number)[]): Uint8Array =>
  Uint8Array.from([0x80, 2, ...parts.flatMap(p => (typeof p === 'string' ? [...Buffer.from(p, 'latin1')] : [p])), 0x2e])
const text = (s: string): string => `X${String.fromCharCode(s.length)}\0\0\0${s}`
const archive = (data: Uint8Array, more: Record<string, Uint8Array> = {}): Uint8Array =>
  zipOf([{ name: 'a/data.pkl', data }, ...Object.entries(more).map(([name, d]) => ({ name: `a/${name}`, data: d }))])
/** A tensor over storage '0' of `count` float32. */
const tensor = (count: number, offset: number, shape: number[], strides: number[]): string => {
  const tuple = (numbers: number[]): string => `(${numbers.map(n => `J${int32(n)}`).join('')}t`
  return 'ctorch._utils\n_rebuild_tensor_v2\n'
    + `((${text('storage')}ctorch\nFloatStorage\n${text('0')}${text('cpu')}J${int32(count)}tQ`
    + `J${int32(offset)}${tuple(shape)}${tuple(strides)}\x89NtR`
}
const int32 = (n: number): string => String.fromCharCode(...new Uint8Array(Int32Array.of(n).buffer))
const four = { 'data/0': new Uint8Array(16) }

describe('pickles that lie', () => {
  test.each<[string, Uint8Array, RegExp]>([
    ['no end', Uint8Array.of(0x80, 2, 0x7d), /byte \d+: what is read here takes 1 bytes, and 0 are left/],
    ['another protocol', Uint8Array.of(0x80, 9, 0x4e, 0x2e), /pickles of protocol 9/],
    ['no pickle', Uint8Array.of(1, 2, 3), /a pickle should begin here/],
    ['an operation that makes objects', pickle(')', 0x81), /operation 0x81 makes no part of a state/],
    ['an unbalanced stack', pickle('NN'), /ends in the middle/],
    ['too little on the stack', pickle('a'), /takes a value, and there is none/],
    ['a mark that is not there', pickle('t'), /back to a mark/],
    ['a memo that is not there', pickle('h', 7), /recalls value 7/],
    ['a text past the end', pickle('X', 255, 255, 255, 127), /a text takes 2147483647 bytes, and 1 are left/],
    ['a text that is none', pickle('X', 1, 0, 0, 0, 255), /a text is no valid UTF-8/],
    ['a huge number', pickle(0x8b, 0, 0, 1, 0), /a whole number of 65536 bytes/],
    ['a list as a key', pickle('}]Ns'), /a key of a dict is neither/],
    ['two keys alike', pickle('}(K', 1, 'N', text('1'), 'Nu'), /two keys that are alike/],
    ['a call of a text', pickle(text('os'), ')R'), /calls what is no function/],
    ['a call of a storage class', pickle('ctorch\nFloatStorage\n)R'), /calls 'torch\.FloatStorage'/],
    ['a class as a value', pickle('ccollections\nOrderedDict\n'), /the state is 'collections\.OrderedDict' itself/],
    ['bytes', pickle('C', 1, 0), /SHORT_BINBYTES/],
    ['a name of Object', pickle('cconstructor\nconstructor\n'), /asks for 'constructor\.constructor'/],
    ['a list within itself', pickle(']q', 0, 'h', 0, 'a'), /does it contain itself/],
    ['a dict within itself', pickle('}q', 0, text('a'), 'h', 0, 's'), /does it contain itself/],
    ['a tensor without storage', pickle('ctorch._utils\n_rebuild_tensor_v2\n(NK', 0, '))tR'), /has no storage/],
    ['a missing storage', archive(pickle(tensor(4, 0, [4], [1]))), /'a\/data\/0', which a tensor needs, is missing/],
    ['a storage of another size', archive(pickle(tensor(5, 0, [4], [1])), four), /claims 20 bytes, and .* has 16/],
    [
      'sizes past the end',
      archive(pickle(tensor(4, 1, [4], [1])), four),
      /from element 1 on take 4 elements, its storage has 4/,
    ],
    ['strides past the end', archive(pickle(tensor(4, 0, [2, 2], [3, 1])), four), /take 5 elements/],
    ['a negative stride', archive(pickle(tensor(4, 3, [2], [-1])), four), /its stride is no list of whole numbers/],
    ['a negative offset', archive(pickle(tensor(4, -1, [2], [1])), four), /the offset of a tensor/],
    ['sizes without strides', archive(pickle(tensor(4, 0, [2, 2], [1])), four), /2 sizes and 1 strides/],
    ['one number without end', archive(pickle(tensor(4, 0, [2 ** 30], [0])), four), /many times the file's bytes/],
    [
      'sizes that overflow',
      archive(pickle(tensor(4, 0, [2 ** 30, 2 ** 30, 2 ** 30], [0, 0, 0])), four), /many times the file's bytes/,
    ],
  ])('%s', async (_, bytes, message) => {
    const file = bytes[0] === 0x50 ? bytes : archive(bytes)
    await expect(load(file)).rejects.toThrow(DataError)
    await expect(load(file)).rejects.toThrow(message)
  })

  test('lists that hold one another twice, forty deep, stop at once', async () => {
    const twice = Array.from({ length: 40 }, (_, i) => ['(h', i, 'h', i, 'tq', i + 1, '0']).flat()
    await expect(load(archive(pickle(']q', 0, '0', ...twice, 'h', 40)))).rejects.toThrow(/holds .* without end/)
  })
  test('a thousand lists within each other are one too many, not an overflow of the stack', async () => {
    const deep = pickle(...Array.from({ length: 1000 }, () => ']'), ...Array.from({ length: 999 }, () => 'a'))
    await expect(load(archive(deep))).rejects.toThrow(/without end/)
  })
})

describe('archives that lie', () => {
  const data = pickle('}')
  const stored = { name: 'a/data.pkl', data }
  const zeros = new Uint8Array(2 ** 25)
  const inner = zipOf([stored]).subarray(0, 40 + data.length)
  test.each<[string, Uint8Array, RegExp]>([
    ['no directory', Uint8Array.of(0x50, 0x4b, 3, 4, ...new Array<number>(50).fill(0)), /must end with its directory/],
    ['no pickle', zipOf([{ name: 'x.npy', data }]), /none of PyTorch's: it has no data\.pkl, but x\.npy: .*parseNpz/],
    ['a program', zipOf([stored, { name: 'a/constants.pkl', data }]), /a TorchScript program/],
    ['big endian', archive(data, { byteorder: Buffer.from('big') }), /not in little-endian order/],
    [
      'a stored entry of two sizes',
      zipOf([{ ...stored, size: 9 }]),
      /claims 3 bytes in the file, 9 unpacked|claims \d+ bytes/,
    ],
    ['an entry past the directory', zipOf([{ ...stored, packed: 4000, size: 4000 }]), /claims 4000 bytes from byte/],
    ['an entry elsewhere', zipOf([{ ...stored, at: 5 }]), /the entry 'a\/data\.pkl' should begin here/],
    ['an entry of another name', zipOf([{ ...stored, local: 'b/data.pkl' }]), /its header 'b\/data\.pkl'/],
    ['two of a name', zipOf([stored, stored]), /two entries 'a\/data\.pkl'/],
    [
      'an entry within another',
      zipOf([
        { name: 'a/b', data: inner },
        { ...stored, at: 33 },
      ]),
      /'a\/b' and 'a\/data\.pkl' overlap/,
    ],
    ['encryption', zipOf([{ ...stored, flags: 1 }]), /is encrypted/],
    ['another method', zipOf([{ ...stored, method: 14 }]), /packed by method 14/],
    ['a wrong sum', zipOf([{ ...stored, crc: 1 }]), /is damaged/],
    [
      'a bomb',
      zipOf([stored, { name: 'a/data/0', data: deflateRawSync(zeros), method: 8, size: zeros.length }]),
      /its \d+ bytes would unpack to 3355\d+, and \d+ are the most/,
    ],
    [
      'a size that no packing reaches',
      zipOf([stored, { name: 'a/data/0', data: deflateRawSync(zeros), method: 8, size: 2 ** 31 }]),
      /claims to unpack from \d+ to 2147483648 bytes/,
    ],
    ['more than it says', zipOf([{ name: 'a/data.pkl', data: deflateRawSync(zeros), method: 8, size: 5 }]), /has more/],
    [
      'less than it says',
      zipOf([{ name: 'a/data.pkl', data: deflateRawSync(data), method: 8, size: 50 }]),
      /and has 4/,
    ],
    [
      'no deflated data',
      zipOf([{ name: 'a/data.pkl', data: Uint8Array.of(7, 7), method: 8, size: 5 }]),
      /cannot be unpacked/,
    ],
  ])('%s', async (_, bytes, message) => {
    await expect(load(bytes)).rejects.toThrow(DataError)
    await expect(load(bytes)).rejects.toThrow(message)
  })
  test('64-bit sizes and a comment at the end', async () => {
    expect(await load(zipOf([stored], { wide: true, comment: 'PK\x05\x06 not here' }))).toEqual({})
  })
})

test('1,000 flipped bits and truncations: a value or a clear error, and no allocation beyond reason', async () => {
  const next = generator(11)
  const files = ['model.pt', 'checkpoint.pt', 'no-sums.pt', 'legacy.pt', 'deflated.pt'].map(bytesOf)
  let errors = 0
  for (let turn = 0; turn < 1000; turn++) {
    const good = files[turn % files.length]
    const cut = turn % 7 === 3
    const bytes = good.slice(0, cut ? next(good.length) : good.length)
    if (!cut) for (let n = 1 + next(3); n > 0; n--) bytes[next(bytes.length)] ^= 1 << next(8)
    try {
      const { tensors } = await loadWithMetadata(bytes)
      const held = Object.values(tensors).reduce((sum, t) => sum + 8 * t.size, 0)
      expect(held).toBeLessThanOrEqual(bytes.length * 4)
    } catch (error) {
      expect(error, String((error as Error).stack)).toBeInstanceOf(DiffeoError)
      errors++
    }
  }
  expect(errors).toBeGreaterThan(500)
}, 120_000)
