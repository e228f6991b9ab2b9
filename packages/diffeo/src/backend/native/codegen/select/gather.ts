/** @file Gathers: one instruction for 4-byte elements, lane by lane for bytes. */
import { mem } from '../../../../asm/x64/index.ts'
import { type Instr, memBytes, type Value } from '../../../../kernel/ir.ts'
import type { Emitter } from '../emitter.ts'
import { G, K, SCRATCH, V, widthOf } from '../machine.ts'
import { whenSet } from './memory.ts'

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
  else if (bytes === 1) gatherBytes(e, instr, d, index, mask)
  else gatherWords(e, instr, d, index, mask)
}

const gatherWords = (e: Emitter, instr: Instr, d: number, index: Value, mask: Value | undefined): void => {
  const { asm } = e
  const width = widthOf(index.lanes)
  const i = e.vec(index)
  const { base, disp } = baseOf(e, instr)
  e.zero(d)
  const op = instr.mem === 'f32' ? 'vgatherdps' : 'vpgatherdd'
  if (!e.evex) {
    const all = e.acquire(V)
    asm.vrrr('vpcmpeqd', width, all, all, all)
    asm.vgather(op, width, d, base, i, 4, disp, all)
    return
  }
  // The instruction clears its mask.
  const set = mask ? e.mask(mask) : 0
  const k = e.acquire(K)
  if (mask) asm.kmovKK('w', k, set)
  else asm.kxnor('w', k, k, k)
  asm.vgather(op, width, d, base, i, 4, disp, k)
}

const gatherOne = (e: Emitter, instr: Instr, d: number, index: Value, mask: Value | undefined): void => {
  const { asm } = e
  const i = e.vec(index)
  const { base, disp } = baseOf(e, instr)
  if (mask) e.zero(d)
  whenSet(e, mask, () => {
    asm.vmovdRV(SCRATCH, i)
    if (memBytes[instr.mem!] === 4) asm.vrm('vmovss', 16, d, mem(base, disp, SCRATCH, 4))
    else {
      const address = mem(base, disp, SCRATCH, 1)
      if (instr.mem === 'u8') asm.movzx8RM(SCRATCH, address)
      else asm.movsx8RM(SCRATCH, address)
      asm.vmovdVR(d, SCRATCH)
    }
  })
}

const gatherBytes = (e: Emitter, instr: Instr, d: number, index: Value, mask: Value | undefined): void => {
  const { asm } = e
  const i = e.vec(index)
  const { base, disp } = baseOf(e, instr)
  const bytes = e.acquire(V)
  const part = e.acquire(V)
  const set = mask ? e.acquire(G) : -1
  if (mask) asm.kmovRK('w', set, e.mask(mask))
  e.zero(bytes)
  for (let lane = 0; lane < index.lanes; lane++) {
    if (lane > 0 && lane % 4 === 0) extract(e, part, i, lane / 4, widthOf(index.lanes))
    const skip = asm.newLabel()
    if (mask) {
      asm.test32RI(set, 1 << lane)
      asm.jcc('e', skip)
    }
    asm.vrr('vpextrd', 16, SCRATCH, lane < 4 ? i : part, { imm: lane % 4 })
    asm.vrrm('vpinsrb', 16, bytes, bytes, mem(base, disp, SCRATCH, 1), { imm: lane })
    asm.bind(skip)
  }
  asm.vrr(instr.mem === 'u8' ? 'vpmovzxbd' : 'vpmovsxbd', widthOf(index.lanes), d, bytes)
}

const extract = (e: Emitter, dst: number, src: number, quarter: number, width: 16 | 32 | 64): void => {
  e.asm.vrr(e.evex ? 'vextracti32x4' : 'vextracti128', width, dst, src, { imm: quarter })
}
