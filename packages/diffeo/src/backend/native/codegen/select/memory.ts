/** @file Loads and stores. Nothing outside lanes · memBytes is ever touched. */
import { type Mem, ripMem } from '../../../../asm/x64/index.ts'
import { Hint, type Instr, memBytes, type Value } from '../../../../kernel/ir.ts'
import type { Emitter } from '../emitter.ts'
import { SCRATCH, V, widthOf, widthOfValue } from '../machine.ts'

/** Whether elements are smaller than lanes. */
const isNarrow = (instr: Instr): boolean => memBytes[instr.mem!] < 4

const widenings = { u8: 'vpmovzxbd', i8: 'vpmovsxbd', u16: 'vpmovzxwd', f16: 'vcvtph2ps' } as const
const moves = { u8: 'movzx8RM', i8: 'movsx8RM', u16: 'movzx16RM', f16: 'movzx16RM' } as const
type Narrow = keyof typeof widenings

/** The instruction that widens narrow elements to lanes. */
export const widening = (instr: Instr): string => widenings[instr.mem as Narrow]

/** One narrow element, into lane 0. */
export const loadNarrow = (e: Emitter, instr: Instr, d: number, address: Mem): void => {
  e.asm[moves[instr.mem as Narrow]](SCRATCH, address)
  e.asm.vmovdVR(d, SCRATCH)
  if (instr.mem === 'f16') e.asm.vrr('vcvtph2ps', 16, d, d)
}

/** Runs `f` only where the one lane of the mask is set. */
export const whenSet = (e: Emitter, mask: Value | undefined, f: () => void): void => {
  if (!mask) {
    f()
    return
  }
  const skip = e.asm.newLabel()
  const k = e.mask(mask)
  e.asm.kmovRK('w', SCRATCH, k)
  e.asm.test32RI(SCRATCH, 1)
  e.asm.jcc('e', skip)
  f()
  e.asm.bind(skip)
}

export const selectLoad = (e: Emitter, instr: Instr, d: number): void => {
  const { asm } = e
  const lanes = instr.result!.lanes
  const mask = instr.args.length > 0 ? instr.args[0] : undefined
  if (lanes === 1 && isNarrow(instr)) {
    if (mask) e.zero(d)
    whenSet(e, mask, () => loadNarrow(e, instr, d, e.address(instr.address!)))
    return
  }
  const options = mask ? { mask: e.mask(mask), zero: true } : undefined
  const address = e.address(instr.address!)
  if (lanes === 1) asm.vrm(instr.mem === 'f64' ? 'vmovsd' : 'vmovss', 16, d, address, options)
  else if (isNarrow(instr)) asm.vrm(widening(instr), widthOf(lanes), d, address, options)
  else asm.vrm(instr.mem === 'f64' ? 'vmovupd' : 'vmovups', widthOfValue(instr.result!), d, address, options)
}

export const selectPrefetch = (e: Emitter, instr: Instr): void => {
  const address = e.address(instr.address!)
  if (instr.imm === Hint.write) e.asm.prefetchw(address)
  else if (instr.imm === Hint.second) e.asm.prefetcht1(address)
  else e.asm.prefetcht0(address)
}

export const selectStore = (e: Emitter, instr: Instr): void => {
  const { asm } = e
  const [value, mask] = instr.args
  const lanes = value.lanes
  const x = e.vec(value)
  if (lanes === 1 && isNarrow(instr)) {
    const bits = instr.mem === 'f16' ? toHalves(e, x, 16) : x
    const extract = memBytes[instr.mem!] === 1 ? 'vpextrb' : 'vpextrw'
    whenSet(e, mask, () => asm.vmr(extract, 16, e.address(instr.address!), bits, { imm: 0 }))
    return
  }
  const options = mask ? { mask: e.mask(mask) } : undefined
  if (instr.mem === 'f16') {
    asm.vmr('vcvtps2ph', widthOf(lanes), e.address(instr.address!), x, { ...options, imm: 0 })
    return
  }
  if (isNarrow(instr) && !e.evex) {
    narrowStore(e, instr, x)
    return
  }
  const address = e.address(instr.address!)
  if (lanes === 1) asm.vmr(instr.mem === 'f64' ? 'vmovsd' : 'vmovss', 16, address, x, options)
  else if (isNarrow(instr)) asm.vmr(instr.mem === 'u16' ? 'vpmovdw' : 'vpmovdb', widthOf(lanes), address, x, options)
  else asm.vmr(instr.mem === 'f64' ? 'vmovupd' : 'vmovups', widthOfValue(value), address, x, options)
}

const toHalves = (e: Emitter, x: number, width: 16 | 32 | 64): number => {
  const bits = e.acquire(V)
  e.asm.vrr('vcvtps2ph', width, bits, x, { imm: 0 })
  return bits
}

// In each half the low bytes of four lanes, to its low word.
const LOW_BYTES = [0x0c080400, -1, -1, -1, 0x0c080400, -1, -1, -1]
// And the low words, to its low half.
const LOW_WORDS = [0x05040100, 0x0d0c0908, -1, -1, 0x05040100, 0x0d0c0908, -1, -1]

/** With AVX2: the low bytes or words of 8 lanes, or of 4. */
const narrowStore = (e: Emitter, instr: Instr, x: number): void => {
  const { asm } = e
  const bytes = memBytes[instr.mem!] === 1
  const low = e.acquire(V)
  const width = widthOf(instr.args[0].lanes)
  asm.vrrm('vpshufb', width, low, x, ripMem(e.pool.words(bytes ? LOW_BYTES : LOW_WORDS)))
  if (width === 32) {
    const high = e.acquire(V)
    asm.vrr('vextracti128', 32, high, low, { imm: 1 })
    asm.vrrr(bytes ? 'vpunpckldq' : 'vpunpcklqdq', 16, low, low, high)
  }
  const moved = width / 4 * memBytes[instr.mem!]
  asm.vmr(moved === 16 ? 'vmovups' : moved === 8 ? 'vmovq' : 'vmovd', 16, e.address(instr.address!), low)
}
