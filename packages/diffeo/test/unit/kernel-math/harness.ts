/** Runs math on arrays through the IR interpreter, with the verifier before it. */
import type { DType } from '../../../src/expr/types.ts'
import { Builder } from '../../../src/kernel/builder.ts'
import { interpret, type FmaMode } from '../../../src/kernel/interpret.ts'
import { bytesOf, memTypeOf } from '../../../src/kernel/dtypes.ts'
import type { Kernel, Target, Value } from '../../../src/kernel/ir.ts'
import { verifyKernel } from '../../../src/kernel/verify.ts'

const lanes = 512
const target: Target = {
  isa: 'wasm', lanes, masks: false, fma: false, f16: false, vectorRegisters: 16, pointerBytes: 4,
}
export const fmaModes: readonly FmaMode[] = ['single', 'double']

const memOf = (d: DType) => memTypeOf(d, target)
const arrays = {
  float32: Float32Array, int32: Int32Array, uint32: Uint32Array, int8: Int8Array, uint8: Uint8Array, bool: Uint8Array,
  float64: Float64Array,
} as const
export type Tested = keyof typeof arrays

export type Build = (b: Builder, ...values: Value[]) => Value

/** Vectors that hold float64s have half as many lanes. */
const lanesOf = (dtypes: readonly Tested[]) => dtypes.includes('float64') ? lanes / 2 : lanes

function kernelOf(inputs: readonly Tested[], output: Tested, build: Build): Kernel {
  const lanes = lanesOf([...inputs, output])
  const b = new Builder('math', 4)
  const address = (slot: number, d: Tested) => ({
    base: b.iadd(b.arg(slot), b.imul(b.param(1), bytesOf(d))), index: null, scale: 1 as const, disp: 0,
  })
  const values = inputs.map((d, slot) => {
    const value = b.load(memOf(d), address(slot, d), lanes)
    return d === 'bool' ? b.convert('i32ToMask', value) : value
  })
  const result = build(b, ...values)
  const stored = result.kind === 'mask' ? b.convert('maskToI32', result) : result
  b.store(memOf(output), address(inputs.length, output), stored)
  return {
    name: 'math', entry: b.fn, callees: [], slots: inputs.length + 1, total: 1, scratchBytes: 0, flops: 0, bytes: 0,
  }
}

/** What `build` gives for each index of the operands, which are as long as the first. */
export function evaluate(
  inputs: readonly Tested[], output: Tested, operands: readonly ArrayLike<number>[], fma: FmaMode, build: Build,
): number[] {
  const kernel = kernelOf(inputs, output, build)
  verifyKernel(kernel, target)
  const n = operands[0].length
  const lanes = lanesOf([...inputs, output])
  const padded = Math.ceil(n / lanes) * lanes
  const dtypes = [...inputs, output]
  const stride = padded * 8
  const memory = new ArrayBuffer(64 + stride * dtypes.length)
  const slots = new Uint32Array(memory, 0, 16)
  const views = dtypes.map((d, slot) => {
    slots[slot] = 64 + slot * stride
    return new arrays[d](memory, slots[slot], padded)
  })
  operands.forEach((values, slot) => { views[slot].set(values) })
  for (let first = 0; first < padded; first += lanes) {
    interpret(kernel, target, memory, { args: 0, first, end: first + 1, scratch: 0 }, { fma })
  }
  return Array.from(views[inputs.length].subarray(0, n))
}

/** xorshift32, as numbers below 2³². */
export function random(seed: number): () => number {
  let s = seed | 1
  return () => {
    s ^= s << 13
    s ^= s >>> 17
    s ^= s << 5
    return s >>> 0
  }
}

export const special = [
  0, -0, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 1.5, 2.5, -2.5, 2 ** -149, -(2 ** -149), 2 ** -126, 2 ** -127, 1e-40, -1e-40,
  Infinity, -Infinity, NaN, 3.4028234663852886e38, -3.4028234663852886e38, 1 - 2 ** -24, 1 + 2 ** -23, -1 - 2 ** -23,
  2 ** 23, 2 ** 24 - 1, 1 - 2 ** 24, 2 ** 24, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 63, 7, 10, 100.5, 1e10, -1e10,
].map(Math.fround)

/** All exponents and both signs with a few fractions each, numbers of everyday size, and the special ones. */
export function samples(count: number, seed = 7): Float32Array {
  const next = random(seed)
  const bits = new Uint32Array(count)
  for (let i = 0; i < count; i++) bits[i] = ((i % 512) << 23) | (next() & 0x7fffff)
  const floats = new Float32Array(bits.buffer)
  for (let i = 0; i < count; i += 3) floats[i] = (next() / 2 ** 31 - 1) * [1, 4, 100][(i / 3) % 3]
  floats.set(special)
  return floats
}

/** The same of float64s. */
export function doubles(count: number, seed = 7): Float64Array {
  const next = random(seed)
  const bits = new Uint32Array(2 * count)
  for (let i = 0; i < count; i++) {
    bits[2 * i] = next()
    bits[2 * i + 1] = ((i % 4096) << 20) | (next() & 0xfffff)
  }
  const floats = new Float64Array(bits.buffer)
  const fraction = () => (next() + next() / 2 ** 32) / 2 ** 31 - 1
  for (let i = 0; i < count; i += 3) floats[i] = fraction() * [1, 4, 100, 700][(i / 3) % 4]
  floats.set([...special, 5e-324, -5e-324, 2 ** -1022, 2 ** -1023, 1.7976931348623157e308, -1.7976931348623157e308,
    1 - 2 ** -53, 1 + 2 ** -52, -1 - 2 ** -52, 2 ** 52, 2 ** 53 - 1, 1e300, -1e300])
  return floats
}

/** The distance in units in the last place of the float64s around `reference`. */
export function ulpsOfDouble(result: number, reference: number): number {
  if (Object.is(result, reference)) return 0
  if (Number.isNaN(result) || Number.isNaN(reference) || result === reference) return Infinity
  const overflow = 2 ** 971 * (2 ** 53 - 1) // the greatest float64 stands for infinity where the other is just below it
  const finite = (x: number) => Number.isFinite(x) ? x : Math.sign(x) * overflow
  const exponent = Math.max(-1022, Math.floor(Math.log2(Math.abs(finite(reference)))))
  return Math.abs(finite(result) - finite(reference)) / 2 ** (exponent - 52)
}

/** The distance in units in the last place of the float32s around `reference`; 0 or ∞ where one is no number. */
export function ulps(result: number, reference: number): number {
  const rounded = Math.fround(reference)
  if (Object.is(result, rounded) && (result === 0 || !Number.isFinite(result))) return 0
  if (result === 0 && rounded === 0 && !(1 / result === 1 / rounded)) return Infinity
  if (Number.isNaN(result) !== Number.isNaN(reference)) return Infinity
  const overflow = Math.fround(3.4028235e38) // the greatest float stands for infinity where the other is just below it
  const finite = (x: number) => Number.isFinite(x) ? x : Math.sign(x) * (overflow + 2 ** 104)
  const r = finite(rounded) === rounded ? reference : finite(rounded)
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(r)) + 1e-15))
  return Math.abs(finite(result) - r) / 2 ** (Math.min(exponent, 127) - 23)
}
