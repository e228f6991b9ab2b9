/** @file Loads and stores. Nothing outside lanes · memBytes is ever touched. */
import { ripMem } from '../../../../asm/x64/index.ts'
import type { Instr, Value } from '../../../../kernel/ir.ts'
import type { Emitter } from '../emitter.ts'
import { SCRATCH, V, widthOf } from '../machine.ts'

const isByte = (instr: Instr): boolean => instr.mem === 'u8' || instr.mem === 'i8'

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
  if (lanes === 1 && isByte(instr)) {
    if (mask) e.zero(d)
    whenSet(e, mask, () => {
      const address = e.address(instr.address!)
      if (instr.mem === 'u8') asm.movzx8RM(SCRATCH, address)
      else asm.movsx8RM(SCRATCH, address)
      asm.vmovdVR(d, SCRATCH)
    })
    return
  }
  const options = mask ? { mask: e.mask(mask), zero: true } : undefined
  const address = e.address(instr.address!)
  if (lanes === 1) asm.vrm('vmovss', 16, d, address, options)
  else if (isByte(instr)) asm.vrm(instr.mem === 'u8' ? 'vpmovzxbd' : 'vpmovsxbd', widthOf(lanes), d, address, options)
  else asm.vrm('vmovups', widthOf(lanes), d, address, options)
}

export const selectStore = (e: Emitter, instr: Instr): void => {
  const { asm } = e
  const [value, mask] = instr.args
  const lanes = value.lanes
  const x = e.vec(value)
  if (lanes === 1 && isByte(instr)) {
    whenSet(e, mask, () => asm.vmr('vpextrb', 16, e.address(instr.address!), x, { imm: 0 }))
    return
  }
  const options = mask ? { mask: e.mask(mask) } : undefined
  if (isByte(instr) && !e.evex) {
    narrowStore(e, instr, x)
    return
  }
  const address = e.address(instr.address!)
  if (lanes === 1) asm.vmr('vmovss', 16, address, x, options)
  else asm.vmr(isByte(instr) ? 'vpmovdb' : 'vmovups', widthOf(lanes), address, x, options)
}

// In each half the low bytes of four lanes, to its low word.
const LOW_BYTES = [0x0c080400, -1, -1, -1, 0x0c080400, -1, -1, -1]

const narrowStore = (e: Emitter, instr: Instr, x: number): void => {
  const { asm } = e
  const low = e.acquire(V)
  const high = e.acquire(V)
  asm.vrrm('vpshufb', 32, low, x, ripMem(e.pool.words(LOW_BYTES)))
  asm.vrr('vextracti128', 32, high, low, { imm: 1 })
  asm.vrrr('vpunpckldq', 16, low, low, high)
  asm.vmr('vmovq', 16, e.address(instr.address!), low)
}
