/** @file Decides what never needs a register: constants, addresses, loads that become memory operands, renames. */
import { isWide, type Address, type Instr, type Kind } from '../../../kernel/ir.ts'
import { ELSE, END, identity, IF, type Linear, LOOP, NEXT, OP, SKIP } from './linear.ts'
import type { Machine } from './machine.ts'
import { memorySlots } from './slots.ts'

// How a value reaches its consumers.
export const REG = 0
/** An int constant. */
export const IMM = 1
/** A constant that is data: in the pool, perhaps also in a register. */
export const CONST = 2
/** A load that is its only consumer's memory operand. */
export const MEM = 3
/** A splat of such a load: embedded broadcast. */
export const BCAST = 4
/** A sum that only addresses use. */
export const ADDR = 5
/** `carried + c` that the loop's bottom adds in place; addresses may use it too. */
export const SUNK = 6

/** What lies in memory as it lies in a register. */
const wholeLanes: ReadonlySet<string> = new Set(['f32', 'i32', 'f64'])

const IMM_LIMIT = 2 ** 26
const f32 = new Float32Array(1)
const bits = new Int32Array(f32.buffer)
export const f32Bits = (x: number): number => {
  f32[0] = x
  return bits[0]
}

const f64 = new Float64Array(1)
const f64Bits = new BigInt64Array(f64.buffer)
/** The bits of a 64-bit lane that is this constant. */
const wideBits = (kind: Kind, x: number): bigint => {
  if (kind === 'i64') return BigInt(x)
  f64[0] = x
  return f64Bits[0]
}

export class Folding {
  readonly linear: Linear
  /** Renames: bit casts and the like. */
  readonly rep: Int32Array
  readonly mode: Uint8Array
  readonly uses: Int32Array
  /** IMM: the number; CONST: the bits of a lane as a number, rounded where a lane has 64. */
  readonly imm: Float64Array
  /** The bits of constants of 64 bits a lane. */
  private readonly wide = new Map<number, bigint>()
  readonly isIota: Uint8Array
  private readonly addressUses: Int32Array
  /** Uses as a base without index, and the block of the last such use. */
  private readonly baseUses: Int32Array
  private readonly baseBlock: Int32Array
  /** Uses as an index of scale 1. */
  private readonly indexUses: Int32Array
  /** The LOOP in which the value is its own carried value's yield, plus one. */
  private readonly yieldOf: Int32Array
  private readonly machine: Machine

  constructor(linear: Linear, machine: Machine) {
    const n = linear.fn.values
    this.linear = linear
    this.machine = machine
    this.rep = identity(n)
    this.mode = new Uint8Array(n)
    this.uses = new Int32Array(n)
    this.imm = new Float64Array(n)
    this.isIota = new Uint8Array(n)
    this.addressUses = new Int32Array(n)
    this.baseUses = new Int32Array(n)
    this.baseBlock = new Int32Array(n)
    this.indexUses = new Int32Array(n)
    this.yieldOf = new Int32Array(n)
    this.constants()
    this.countUses()
    this.foldLoads()
  }

  def(v: number): Instr { return this.linear.values[v]!.def! }

  isImm(v: number): boolean { return this.mode[v] === IMM && this.imm[v] === (this.imm[v] | 0) }

  /** Renames and constants; merges equal constants of one outermost loop, or of the function's own block. */
  private constants(): void {
    const { linear, rep } = this
    let inLoop = new Map<number | string, number>()
    const global = new Map<number | string, number>()
    for (let p = 0; p < linear.length; p++) {
      if (linear.kind[p] === LOOP && linear.depth[p] === 0) inLoop = new Map()
      if (linear.kind[p] !== OP) continue
      const instr = linear.instrs[p]
      const result = instr.result
      if (!result) continue
      if (!this.constant(instr, result.id)) continue
      linear.kind[p] = SKIP
      if (rep[result.id] !== result.id || this.mode[result.id] !== CONST) continue
      const key = this.constantKey(result.id)
      const known = global.get(key) ?? (linear.depth[p] > 0 ? inLoop.get(key) : undefined)
      if (known !== undefined) rep[result.id] = known
      else if (linear.block[p] === 0) global.set(key, result.id)
      else if (linear.depth[p] > 0) inLoop.set(key, result.id)
    }
  }

  private constantKey(v: number): number | string {
    const { lanes } = this.linear.values[v]!
    const bits = this.wide.get(v)
    return bits === undefined ? (this.imm[v] * 64 + lanes) * 2 + this.isIota[v] : `${bits} ${lanes}`
  }

  /** The bits of a constant of 64 bits a lane. */
  wideOf(v: number): bigint { return this.wide.get(v)! }

  private setWide(v: number, bits: bigint): true {
    this.wide.set(v, bits)
    return this.setConst(v, Number(bits))
  }

  private constant(instr: Instr, v: number): boolean {
    const { rep, mode, imm } = this
    const a = instr.args.length > 0 ? rep[instr.args[0].id] : -1
    switch (instr.op) {
      case 'iconst': mode[v] = IMM; imm[v] = instr.imm; return true
      case 'const': {
        const { kind } = instr.result!
        if (isWide(kind)) return this.setWide(v, wideBits(kind, instr.imm))
        return this.setConst(v, kind === 'f32' ? f32Bits(instr.imm) : instr.imm | 0)
      }
      case 'iota':
        if (instr.result!.lanes > 1) this.isIota[v] = 1
        return this.setConst(v, 0)
      case 'bitsToF32': case 'bitsToI32': case 'bitsToF64': case 'bitsToI64': rep[v] = a; return true
      case 'splat':
        if (instr.result!.lanes === instr.args[0].lanes) { rep[v] = a; return true }
        if (mode[a] !== CONST) return false
        return this.wide.has(a) ? this.setWide(v, this.wideOf(a)) : this.setConst(v, imm[a])
      case 'fromInt': return mode[a] === IMM && this.setConst(v, imm[a] | 0)
      case 'toInt':
        if (mode[a] !== CONST) return false
        mode[v] = IMM
        imm[v] = imm[a]
        return true
      default: return false
    }
  }

  private setConst(v: number, value: number): true {
    this.mode[v] = CONST
    this.imm[v] = value
    return true
  }

  /** Backwards, so that at a definition all uses are known. Yields stand at NEXT, behind the loop's body. */
  private countUses(): void {
    const { linear } = this
    for (let p = linear.length - 1; p >= 0; p--) {
      const instr = linear.instrs[p]
      switch (linear.kind[p]) {
        case NEXT: this.useYields(instr, linear.mate[p]); break
        case LOOP: for (const v of instr.args) this.uses[this.rep[v.id]]++; break
        case IF: for (const v of instr.args) this.uses[this.rep[v.id]]++; break
        case OP: this.useOp(instr, p); break
      }
    }
  }

  private useYields(instr: Instr, head: number): void {
    const { carried, yields } = instr.loop!
    for (let i = 0; i < yields.length; i++) {
      const y = this.rep[yields[i].id]
      this.uses[y]++
      const def = this.linear.values[y]!.def
      if (def && def.op === 'iadd' && def.args[0].id === carried[i].id) this.yieldOf[y] = head + 1
    }
  }

  private useOp(instr: Instr, p: number): void {
    const { linear, rep, uses, mode } = this
    const v = instr.result ? instr.result.id : -1
    if (v >= 0 && uses[v] === 0) {
      linear.kind[p] = SKIP
      return
    }
    if (instr.op === 'iadd' && this.foldSum(instr, v, p)) return
    if (instr.op === 'imul' && this.foldScale(instr, v, p)) return
    if (instr.op === 'arg') uses[linear.fn.params[0].id]++
    const { args } = instr
    for (let i = 0; i < args.length; i++) uses[rep[args[i].id]]++
    const address = instr.address
    if (!address) return
    const base = rep[address.base.id]
    const small = Math.abs(address.disp) < IMM_LIMIT
    uses[base]++
    if (small) this.addressUses[base]++
    if (small && !address.index && instr.op !== 'gather') {
      this.baseUses[base]++
      this.baseBlock[base] = linear.block[p]
    }
    if (!address.index) return
    const index = rep[address.index.id]
    uses[index]++
    if (small && mode[index] !== IMM) this.addressUses[index]++
    if (address.scale === 1) this.indexUses[index]++
  }

  /** ADDR and SUNK. */
  private foldSum(instr: Instr, v: number, p: number): boolean {
    const { linear, rep, uses, mode } = this
    const a = rep[instr.args[0].id]
    const b = rep[instr.args[1].id]
    if (mode[a] === IMM) return false
    const constant = mode[b] === IMM && Math.abs(this.imm[b]) < IMM_LIMIT
    const head = this.yieldOf[v] - 1
    const sink =
      head >= 0 &&
      linear.outer[p] === head &&
      linear.depth[p] === linear.depth[head] + 1 &&
      uses[v] === this.addressUses[v] + 1 &&
      (constant || (linear.defAt[b] < head && uses[v] === 1))
    const fold =
      !sink &&
      uses[v] === this.addressUses[v] &&
      (constant ||
        (mode[b] !== IMM && uses[v] === 1 && this.baseUses[v] === 1 && this.baseBlock[v] === linear.block[p]))
    if (!sink && !fold) return false
    mode[v] = sink ? SUNK : ADDR
    linear.kind[p] = SKIP
    uses[a]++
    uses[b]++
    if (constant) this.addressUses[a]++
    return true
  }

  /** A product by 2, 4 or 8 that is an index becomes the scale. */
  private foldScale(instr: Instr, v: number, p: number): boolean {
    const [a, b] = instr.args.map((x) => this.rep[x.id])
    const by = this.imm[b]
    if (this.mode[b] !== IMM || this.mode[a] === IMM || (by !== 2 && by !== 4 && by !== 8)) return false
    if (this.uses[v] !== this.indexUses[v]) return false
    this.mode[v] = ADDR
    this.linear.kind[p] = SKIP
    this.uses[a]++
    return true
  }

  private foldLoads(): void {
    const { linear, machine } = this
    let barrier = -1
    for (let p = 0; p < linear.length; p++) {
      const kind = linear.kind[p]
      if (kind === SKIP) continue
      if (kind === OP) {
        const instr = linear.instrs[p]
        const slots = memorySlots(instr, machine)
        if (slots !== 0) this.foldInto(instr, slots, p, barrier)
        if (instr.op === 'store' || instr.op === 'call') barrier = p
      } else if (kind === LOOP || kind === NEXT || kind === IF || kind === ELSE || kind === END) barrier = p
    }
  }

  private foldInto(instr: Instr, slots: number, p: number, barrier: number): void {
    for (let i = 0; i < instr.args.length; i++) {
      if ((slots & (1 << i)) === 0) continue
      const v = this.rep[instr.args[i].id]
      if (this.uses[v] !== 1 || this.mode[v] !== REG || !this.movable(v, p, barrier)) continue
      const def = this.def(v)
      if (def.op === 'load' && wholeLanes.has(def.mem!) && def.args.length === 0) this.mode[v] = MEM
      else if (this.isBroadcast(def, barrier) && instr.op !== 'splat') this.mode[v] = BCAST
      else continue
      this.linear.kind[this.linear.defAt[v]] = SKIP
      return
    }
  }

  private movable(v: number, p: number, barrier: number): boolean {
    const at = this.linear.defAt[v]
    return at > barrier && this.linear.block[at] === this.linear.block[p] && this.linear.values[v]!.def !== null
  }

  private isBroadcast(def: Instr, barrier: number): boolean {
    if (def.op !== 'splat' || !this.machine.evex) return false
    const a = this.rep[def.args[0].id]
    return this.mode[a] === MEM && this.linear.defAt[a] > barrier
  }

  /** Calls `f` with each value that must be in a register or a slot when this operand is read. */
  eachSource(v: number, f: (v: number) => void): void {
    const r = this.rep[v]
    switch (this.mode[r]) {
      case REG: case CONST: f(r); break
      case MEM: this.eachOfAddress(this.def(r).address!, f); break
      case BCAST: this.eachSource(this.def(r).args[0].id, f); break
      case ADDR: case SUNK:
        for (const a of this.def(r).args) this.eachSource(a.id, f)
        break
    }
  }

  eachOfAddress(address: Address, f: (v: number) => void): void {
    this.eachSource(address.base.id, f)
    if (address.index) this.eachSource(address.index.id, f)
  }
}
