/** Runs math on arrays through the IR interpreter, with the verifier before it. */
import type { DType } from '../../../src/expr/types.ts'
import { Builder } from '../../../src/kernel/builder.ts'
import { interpret, type FmaMode } from '../../../src/kernel/interpret.ts'
import { memBytes, type Kernel, type MemType, type Target, type Value } from '../../../src/kernel/ir.ts'
import { verifyKernel } from '../../../src/kernel/verify.ts'

const lanes = 512
const target: Target = {
  isa: 'wasm', lanes, masks: false, fma: false, vectorRegisters: 16, pointerBytes: 4,
}
export const fmaModes: readonly FmaMode[] = ['single', 'double']

const memOf = (d: DType): MemType =>
  d === 'float32' ? 'f32' : d === 'int8' ? 'i8' : d === 'uint8' || d === 'bool' ? 'u8' : 'i32'
const arrays = {
  float32: Float32Array, int32: Int32Array, uint32: Uint32Array, int8: Int8Array, uint8: Uint8Array, bool: Uint8Array,
} as const
export type Tested = keyof typeof arrays

export type Build = (b: Builder, ...values: Value[]) => Value

function kernelOf(inputs: readonly Tested[], output: Tested, build: Build): Kernel {
  const b = new Builder('math', 4)
  const address = (slot: number, d: Tested) => ({
    base: b.iadd(b.arg(slot), b.imul(b.param(1), memBytes[memOf(d)])), index: null, scale: 1 as const, disp: 0,
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
  const padded = Math.ceil(n / lanes) * lanes
  const dtypes = [...inputs, output]
  const stride = padded * 4
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
