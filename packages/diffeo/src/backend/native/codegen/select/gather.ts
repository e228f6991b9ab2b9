/** @file Gathers: one instruction for elements as wide as lanes, element by element for narrower ones. */
import { mem } from '../../../../asm/x64/index.ts'
import { type Instr, memBytes, type Value } from '../../../../kernel/ir.ts'
import type { Emitter } from '../emitter.ts'
import { G, K, SCRATCH, V, widthOf, widthOfValue } from '../machine.ts'
import { loadNarrow, whenSet, widening } from './memory.ts'

/** base and displacement; the base is not in SCRATCH. */
const baseOf = (e: Emitter, instr: Instr): { base: number; disp: number } => {
  const address = e.address(instr.address!)
  if (address.base !== SCRATCH) return { base: address.base, disp: address.disp! }
  const base = e.acquire(G)
  e.asm.movRR(base, SCRATCH)
  return { base, disp: address.disp! }
}

export const selectGather = (e: Emitter, instr: Instr, d: number): void => {
  const [index, mask] = instr.args
  const bytes = memBytes[instr.mem!]
  if (index.lanes === 1) gatherOne(e, instr, d, index, mask)
  else if (bytes < 4) gatherNarrow(e, instr, d, index, mask)
  else gatherWords(e, instr, d, index, mask)
}

const gatherWords = (e: Emitter, instr: Instr, d: number, index: Value, mask: Value | undefined): void => {
  const { asm } = e
  const width = widthOfValue(instr.result!)
  const scale = memBytes[instr.mem!] as 4 | 8
  const i = e.vec(index)
  const { base, disp } = baseOf(e, instr)
  e.zero(d)
  const op = instr.mem === 'f64' ? 'vgatherdpd' : instr.mem === 'f32' ? 'vgatherdps' : 'vpgatherdd'
  if (!e.evex) {
    const all = e.acquire(V)
    asm.vrrr('vpcmpeqd', width, all, all, all)
    asm.vgather(op, width, d, base, i, scale, disp, all)
    return
  }
  // The instruction clears its mask.
  const set = mask ? e.mask(mask) : 0
  const k = e.acquire(K)
  if (mask) asm.kmovKK('w', k, set)
  else asm.kxnor('w', k, k, k)
  asm.vgather(op, width, d, base, i, scale, disp, k)
}

const gatherOne = (e: Emitter, instr: Instr, d: number, index: Value, mask: Value | undefined): void => {
  const { asm } = e
  const i = e.vec(index)
  const { base, disp } = baseOf(e, instr)
  if (mask) e.zero(d)
  whenSet(e, mask, () => {
    asm.vmovdRV(SCRATCH, i)
    const address = mem(base, disp, SCRATCH, memBytes[instr.mem!] as 1 | 2 | 4 | 8)
    if (instr.mem === 'f64') asm.vrm('vmovsd', 16, d, address)
    else if (memBytes[instr.mem!] === 4) asm.vrm('vmovss', 16, d, address)
    else loadNarrow(e, instr, d, address)
  })
}

/** Bytes, or words of which 8 fill a register: the second 8 go into `d` until they join the first. */
const gatherNarrow = (e: Emitter, instr: Instr, d: number, index: Value, mask: Value | undefined): void => {
  const { asm } = e
  const i = e.vec(index)
  const { base, disp } = baseOf(e, instr)
  const size = memBytes[instr.mem!] as 1 | 2
  const insert = size === 1 ? 'vpinsrb' : 'vpinsrw'
  const room = 16 / size
  const first = e.acquire(V)
  const part = e.acquire(V)
  const set = mask ? e.acquire(G) : -1
  if (mask) asm.kmovRK('w', set, e.mask(mask))
  e.zero(first)
  if (index.lanes > room) e.zero(d)
  for (let lane = 0; lane < index.lanes; lane++) {
    if (lane > 0 && lane % 4 === 0) extract(e, part, i, lane / 4, widthOf(index.lanes))
    const skip = asm.newLabel()
    if (mask) {
      asm.test32RI(set, 1 << lane)
      asm.jcc('e', skip)
    }
    asm.vrr('vpextrd', 16, SCRATCH, lane < 4 ? i : part, { imm: lane % 4 })
    const into = lane < room ? first : d
    asm.vrrm(insert, 16, into, into, mem(base, disp, SCRATCH, size), { imm: lane % room })
    asm.bind(skip)
  }
  if (index.lanes > room) asm.vrrr('vinserti32x4', 32, first, first, d, { imm: 1 })
  asm.vrr(widening(instr), widthOf(index.lanes), d, first)
}

const extract = (e: Emitter, dst: number, src: number, quarter: number, width: 16 | 32 | 64): void => {
  e.asm.vrr(e.evex ? 'vextracti32x4' : 'vextracti128', width, dst, src, { imm: quarter })
}
