import { describe, expect, test } from 'vitest'
import { decode, encode, type HostTensor } from '../../../src/io/safetensors.ts'
import { DataError, DiffeoError, DTypeError } from '../../../src/util/errors.ts'
import { generator } from './support.ts'

const whole = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts))
const sample: Record<string, HostTensor> = {
  'conv.weight': { dtype: 'float32', shape: [2, 3], data: Float32Array.of(1.5, -2, 0, -0, Infinity, 3e-39) },
  wide: { dtype: 'float64', shape: [2], data: Float64Array.of(Math.PI, -Number.MIN_VALUE) },
  scalar: { dtype: 'int32', shape: [], data: Int32Array.of(-7) },
  unsigned: { dtype: 'uint32', shape: [1], data: Uint32Array.of(4294967295) },
  small: { dtype: 'int8', shape: [3], data: Int8Array.of(-128, 0, 127) },
  bytes: { dtype: 'uint8', shape: [1, 3], data: Uint8Array.of(0, 128, 255) },
  flags: { dtype: 'bool', shape: [2], data: Uint8Array.of(1, 0) },
  half: { dtype: 'float16', shape: [4], data: Float32Array.of(1, 65504, -(2 ** -24), 0.333251953125) },
  brain: { dtype: 'bfloat16', shape: [3], data: Float32Array.of(1, -3.140625, 2 ** -120) },
  'bn.num_batches_tracked': { dtype: 'int32', shape: [], data: Int32Array.of(12) },
  none: { dtype: 'float32', shape: [0, 4], data: new Float32Array(0) },
}

/** A file with the header given. */
function file(header: string, data = new Uint8Array(0), length = header.length): Uint8Array {
  const head = new Uint8Array(8)
  new DataView(head.buffer).setBigUint64(0, BigInt(length), true)
  return whole([head, new TextEncoder().encode(header), data])
}
const one = (dtype: string, shape: unknown, offsets: unknown): string =>
  JSON.stringify({ t: { dtype, shape, data_offsets: offsets } })

describe('round trips', () => {
  test('every dtype, shape and metadata come back', () => {
    const { tensors, metadata } = decode(whole(encode(sample, { metadata: { note: 'ä "quoted"' } })))
    expect(metadata).toEqual({ note: 'ä "quoted"' })
    expect(Object.keys(tensors).sort()).toEqual(Object.keys(sample).sort())
    for (const [name, t] of Object.entries(sample)) expect(tensors[name], name).toEqual(t)
  })

  test('bytes may lie anywhere in their buffer, and are not aliased', () => {
    const bytes = whole(encode(sample))
    const shifted = Buffer.concat([Buffer.alloc(3), bytes]).subarray(3)
    const { tensors } = decode(shifted)
    shifted.fill(255)
    for (const [name, t] of Object.entries(sample)) expect(tensors[name], name).toEqual(t)
  })

  test('the header fills whole words, wide elements come first, and each lies at a multiple of its size', () => {
    const bytes = whole(encode(sample))
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true))
    expect(length % 8).toBe(0)
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))
    expect(header['bn.num_batches_tracked'].dtype).toBe('I64')
    for (const { dtype, data_offsets: [from] } of Object.values<{ dtype: string; data_offsets: number[] }>(header)) {
      expect(from % (Number(/\d+/.exec(dtype)?.[0] ?? 8) / 8) === 0 || dtype === 'BF16').toBe(true)
    }
  })

  test('names that mean something to JavaScript are names', () => {
    const t: HostTensor = { dtype: 'uint8', shape: [1], data: Uint8Array.of(1) }
    const { tensors } = decode(whole(encode(Object.fromEntries([['__proto__', t], ['constructor', t]]))))
    expect(Object.keys(tensors).sort()).toEqual(['__proto__', 'constructor'])
    expect(() => encode({ __metadata__: t })).toThrow(DataError)
  })

  test('half and bfloat16 round to nearest even', () => {
    const of = (dtype: 'float16' | 'bfloat16', ...values: number[]): number[] => [
      ...decode(whole(encode({ t: { dtype, shape: [values.length], data: Float32Array.from(values) } }))).tensors.t
        .data,
    ]
    expect(of('float16', 65519, 65520, 2 ** -25, 3 * 2 ** -25, 2049, 2051, NaN)).toEqual([
      65504,
      Infinity,
      0,
      2 ** -23,
      2048,
      2052,
      NaN,
    ])
    expect(of('bfloat16', 257, 259, NaN, -Infinity)).toEqual([256, 260, NaN, -Infinity])
    const all = Array.from({ length: 65536 }, (_, i) => i).filter(i => (i & 0x7c00) !== 0x7c00 || (i & 1023) === 0)
    const bits = Uint16Array.from(all)
    const { t } = decode(file(one('F16', [bits.length], [0, bits.length * 2]), new Uint8Array(bits.buffer))).tensors
    const again = encode({ t })[1]
    expect(Buffer.from(again).equals(Buffer.from(bits.buffer))).toBe(true)
  })
})

describe('integers that diffeo does not have', () => {
  test('become int32 or uint32 if every value fits', () => {
    const data = new Uint8Array(BigInt64Array.of(-(2n ** 31n), 2n ** 31n - 1n).buffer)
    expect(decode(file(one('I64', [2], [0, 16]), data)).tensors.t).toEqual({
      dtype: 'int32',
      shape: [2],
      data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1),
    })
    expect(decode(file(one('I16', [1], [0, 2]), Uint8Array.of(255, 255))).tensors.t.data).toEqual(Int32Array.of(-1))
  })
  test('else it is a DTypeError that names the tensor and the element', () => {
    const data = new Uint8Array(BigInt64Array.of(1n, 2n ** 31n).buffer)
    expect(() => decode(file(one('I64', [2], [0, 16]), data))).toThrow(
      /'t' is I64, and element 1, 2147483648, does not fit int32/,
    )
    expect(() => decode(file(one('F8_E5M2', [1], [0, 1]), Uint8Array.of(1)))).toThrow(DTypeError)
  })
})

describe('files that lie', () => {
  const four = new Uint8Array(4)
  test.each([
    ['no header length', Uint8Array.of(1, 2, 3), /truncated at byte 3/],
    ['a huge header', file('{}', four, 2 ** 40), /byte 0: the header claims 1099511627776 bytes/],
    ['a header past the end', file('{}', four, 50), /claims 50 bytes, the file has 6/],
    ['no JSON', file('{"t":'), /is no valid JSON/],
    ['not an object', file('[1]'), /must begin with '{'/],
    ['invalid UTF-8', file('{}', Uint8Array.of(0xff), 3), /is no valid JSON/],
    ['an unknown dtype', file(one('F31', [1], [0, 4]), four), /'t': unknown dtype "F31"/],
    ['a dtype of Object', file(one('constructor', [1], [0, 4]), four), /unknown dtype/],
    ['a negative size', file(one('F32', [-1], [0, 4]), four), /its shape \[-1\]/],
    ['a fraction', file(one('F32', [0.5], [0, 2]), four), /its shape \[0.5\]/],
    ['a shape that overflows', file(one('F32', [2 ** 40, 2 ** 40], [0, 4]), four), /takes 4\.8\d+e\+24 bytes/],
    [
      'too few bytes for the shape',
      file(one('F32', [2], [0, 4]), four),
      /\[2\] of F32 takes 8 bytes, its data_offsets \[0,4\] have 4/,
    ],
    ['offsets past the end', file(one('F32', [2], [0, 8]), four), /outside of the data, which has 4 bytes/],
    ['offsets that go back', file(one('F32', [0], [4, 0]), four), /outside/],
    ['bytes left over', file(one('U8', [3], [0, 3]), four), /bytes \d+ to \d+, after the last tensor/],
    ['a hole before', file(one('U8', [3], [1, 4]), four), /a hole between the header and 't'/],
    [
      'an overlap',
      file(
        '{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}',
        four,
      ),
      /'a' and 'b' overlap at byte/,
    ],
    ['a bool of 2', file(one('BOOL', [4], [0, 4]), Uint8Array.of(1, 0, 2, 0)), /'t': byte \d+ is 2/],
    ['metadata of numbers', file('{"__metadata__":{"a":1}}'), /__metadata__ must map/],
    ['an entry that is null', file('{"t":null}'), /'t': its entry in the header is no object/],
  ])('%s', (_, bytes, message) => {
    expect(() => decode(bytes, 'f')).toThrow(DataError)
    expect(() => decode(bytes, 'f')).toThrow(message)
  })

  test('1,000 flipped bits and truncations: a value or a clear error, and no allocation beyond the file', () => {
    const good = whole(encode(sample, { metadata: { a: 'b' } }))
    const next = generator(7)
    let errors = 0
    for (let turn = 0; turn < 1000; turn++) {
      const bytes = good.slice(0, turn % 4 === 3 ? next(good.length) : good.length)
      if (turn % 4 !== 3)
        for (let n = 1 + next(3); n > 0; n--) bytes[next(turn % 2 ? bytes.length : 400)] ^= 1 << next(8)
      try {
        const { tensors } = decode(bytes)
        const held = Object.values(tensors).reduce((sum, t) => sum + t.data.byteLength, 0)
        expect(held).toBeLessThanOrEqual(bytes.length * 2)
      } catch (error) {
        expect(error).toBeInstanceOf(DiffeoError)
        errors++
      }
    }
    expect(errors).toBeGreaterThan(500)
  })
})
