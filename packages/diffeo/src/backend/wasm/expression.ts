/** @file Emits what one instruction computes, its operands before it, as a tree on the stack. */
import type { Code, OpName } from '../../asm/wasm/index.ts'
import { bitsOf, reduceOp } from '../../kernel/interpret-ops.ts'
import { isWide, memBytes, type Instr, type Opcode, type Value } from '../../kernel/ir.ts'
import { instructionOf, isIdentity, wideCompare } from './arithmetic.ts'
import type { Context } from './context.ts'
import { emitGather, emitLoad, loadsSplat, pushAddress } from './memory.ts'

const words = new DataView(new ArrayBuffer(8))

export function emitConstant(code: Code, { op, imm, result }: Instr): void {
  const { kind, lanes } = result!
  if (isWide(kind)) wideConst(code, kind === 'f64', imm, lanes)
  else if (kind === 'f32' && lanes === 1) code.f32Const(imm)
  else if (lanes === 1) code.i32Const(op === 'iota' ? 0 : imm)
  else if (op === 'iota') code.v128Const(0, 1, 2, 3)
  else splatConst(code, op === 'constMask' ? -imm : kind === 'f32' ? bitsOf(imm) : imm | 0)
}

function wideConst(code: Code, float: boolean, imm: number, lanes: number): void {
  if (lanes === 1 && float) code.f64Const(imm)
  else if (lanes === 1) code.i64Const(BigInt(imm))
  else {
    if (float) words.setFloat64(0, imm)
    else words.setBigInt64(0, BigInt(imm))
    const [high, low] = [words.getInt32(0), words.getInt32(4)]
    code.v128Const(low, high, low, high)
  }
}

function splatConst(code: Code, word: number): void { code.v128Const(word, word, word, word) }

/** Pushes the instruction's result. */
export function emitTree(e: Context, instr: Instr): void {
  const special = specials[instr.op]
  if (special) return special(e, instr)
  const { op, args } = instr
  const { kind, lanes } = args[0]
  if (isIdentity(op, lanes)) return e.push(args[0])
  if (op.startsWith('reduce')) return reduce(e, instr)
  if (kind === 'f64' && lanes > 1 && wideCompare(op)) return compareWide(e, instr)
  const name = instructionOf(op, kind, lanes, e.options.relaxed)
  if (!name) return composed(e, instr)
  if (lanes > 1 && (op === 'shl' || op === 'shrS' || op === 'shrU')) return vectorShift(e, instr, name)
  for (const a of args) e.push(a)
  e.code.op(name)
}

type Emit = (e: Context, instr: Instr) => void

const specials: Partial<Record<Opcode, Emit>> = {
  arg: (e, { imm }) => { e.code.localGet(e.argumentBlock).mem('i32.load', imm * 4) },
  idiv: (e, { args, imm }) => divide(e, args[0], imm, 'i32.shr_u', Math.log2(imm), 'i32.div_u'),
  imod: (e, { args, imm }) => divide(e, args[0], imm, 'i32.and', imm - 1, 'i32.rem_u'),
  imul: (e, { args: [a, b] }) => multiply(e, a, b),
  select: (e, { args: [mask, a, b] }) => {
    e.push(a)
    e.push(b)
    e.push(mask)
    if (a.lanes === 1) {
      e.code.select()
      return
    }
    if (isWide(a.kind)) e.code.op('i64x2.extend_low_i32x4_s')
    e.code.op(!e.options.relaxed ? 'v128.bitselect'
      : isWide(a.kind) ? 'i64x2.relaxed_laneselect' : 'i32x4.relaxed_laneselect')
  },
  zipLo: (e, { args: [a, b] }) => zip(e, a, b, [0, 4, 1, 5]),
  zipHi: (e, { args: [a, b] }) => zip(e, a, b, [2, 6, 3, 7]),
  fma,
  splat,
  load: emitLoad,
  gather: emitGather,
}

/** Ints are non-negative where divided, so powers of two shift and mask. */
function divide(e: Context, a: Value, by: number, cheap: OpName, operand: number, general: OpName): void {
  e.push(a)
  if ((by & (by - 1)) === 0) e.code.i32Const(operand).op(cheap)
  else e.code.i32Const(by).op(general)
}

function multiply(e: Context, a: Value, b: Value): void {
  e.push(a)
  const by = b.def?.op === 'iconst' ? b.def.imm : 0
  if (by > 0 && (by & (by - 1)) === 0) {
    e.code.i32Const(Math.log2(by)).op('i32.shl')
    return
  }
  e.push(b)
  e.code.op('i32.mul')
}

/** One rounding where the engine fuses; scalars go through vectors then, so that tails round as the rest does. */
function fma(e: Context, { args: [a, b, c] }: Instr): void {
  const scalar = a.lanes === 1
  const fused = e.options.relaxed
  const double = a.kind === 'f64'
  const [lane, vector] = double ? ['f64', 'f64x2'] as const : ['f32', 'f32x4'] as const
  const push = (v: Value) => {
    e.push(v)
    if (scalar && fused) e.code.op(`${vector}.splat`)
  }
  push(a)
  push(b)
  if (!fused) e.code.op(`${scalar ? lane : vector}.mul`)
  push(c)
  if (!fused) e.code.op(`${scalar ? lane : vector}.add`)
  else e.code.op(`${vector}.relaxed_madd`)
  if (scalar && fused) e.code.lane(`${vector}.extract_lane`, 0)
}

function zip(e: Context, a: Value, b: Value, lanes: readonly number[]): void {
  e.push(a)
  e.push(b)
  e.code.shuffle(lanes.flatMap(l => [0, 1, 2, 3].map(i => 4 * l + i)))
}

function splat(e: Context, { args: [a], result }: Instr): void {
  if (result!.lanes === 1) return e.push(a)
  const load = a.def?.op === 'load' && e.isInline(a) ? a.def : null
  const op = load ? loadsSplat(load.mem!) : null
  if (op) {
    e.code.mem(op, pushAddress(e, load!.address!), memBytes[load!.mem!])
    return
  }
  if (a.kind === 'mask') e.code.i32Const(0)
  e.push(a)
  if (a.kind === 'mask') e.code.op('i32.sub')
  e.code.op(splats[a.kind])
}

const splats = {
  f32: 'f32x4.splat', i32: 'i32x4.splat', mask: 'i32x4.splat', int: 'i32x4.splat', f64: 'f64x2.splat',
  i64: 'i64x2.splat',
} as const

const lowWords = [0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11]

/** Masks have 32-bit lanes: two of them, of which the low words of the comparison's lanes are the values. */
function compareWide(e: Context, { op, args }: Instr): void {
  for (const a of args) e.push(a)
  e.code.op(wideCompare(op)!)
  const x = e.tee('v128')
  e.code.localGet(x).shuffle(lowWords)
  e.locals.give(x)
}

/** The product of the low words: a vector has it of lanes whose high words are 0. */
function multiplyWords(e: Context, [a, b]: readonly Value[]): void {
  for (const v of [a, b]) {
    e.push(v)
    if (v.lanes === 1) e.code.i64Const(0xffffffffn).op('i64.and')
    else e.code.v128Const(-1, 0, -1, 0).op('v128.and')
  }
  e.code.op(a.lanes === 1 ? 'i64.mul' : 'i64x2.mul')
}

/** What takes more than one instruction. */
function composed(e: Context, instr: Instr): void {
  const { op, args } = instr
  const { kind, lanes } = args[0]
  const { code } = e
  switch (op) {
    case 'min': case 'max':
      return kind === 'i32' ? choose(e, args, op === 'min', false) : scalarMinF(e, instr)
    case 'mulU': return multiplyWords(e, args)
    case 'imin': case 'imax': return choose(e, args, op === 'imin', false)
    case 'minU': case 'maxU': return choose(e, args, op === 'minU', true)
    case 'and': case 'or': case 'xor': break
    case 'neg':
      code.i32Const(0)
      e.push(args[0])
      code.op('i32.sub')
      return
    case 'not':
      e.push(args[0])
      if (kind === 'mask') code.op('i32.eqz')
      else code.i32Const(-1).op('i32.xor')
      return
    case 'abs': return absolute(e, args[0])
    case 'any':
      e.push(args[0])
      if (lanes === 2) code.op('i64x2.extend_low_i32x4_s')
      code.op('v128.any_true')
      return
    case 'maskToI32':
      e.push(args[0])
      code.i32Const(31).op('i32x4.shr_u')
      return
    case 'i32ToMask':
      e.push(args[0])
      if (lanes === 1) code.i32Const(0).op('i32.ne')
      else code.v128Const(0, 0, 0, 0).op('i32x4.ne')
      return
  }
  throw new Error(`wasm: no code for ${op} of ${kind} with ${lanes} lanes`)
}

/** There is no scalar pmin: the vector one, without a branch. */
function scalarMinF(e: Context, { op, args }: Instr): void {
  const vector = args[0].kind === 'f64' ? 'f64x2' : 'f32x4'
  for (const a of args) {
    e.push(a)
    e.code.op(`${vector}.splat`)
  }
  e.code.op(op === 'min' ? `${vector}.pmin` : `${vector}.pmax`).lane(`${vector}.extract_lane`, 0)
}

/** Minimum or maximum of two i32. */
function choose(e: Context, [a, b]: readonly Value[], smaller: boolean, unsigned: boolean): void {
  e.push(a)
  const x = e.tee('i32')
  e.push(b)
  const y = e.tee('i32')
  e.code.localGet(x).localGet(y).op(`i32.${smaller ? 'lt' : 'gt'}_${unsigned ? 'u' : 's'}`).select()
  e.locals.give(x)
  e.locals.give(y)
}

function absolute(e: Context, a: Value): void {
  e.push(a)
  const x = e.tee('i32')
  const sign = () => e.code.localGet(x).i32Const(31).op('i32.shr_s')
  sign().op('i32.xor')
  sign().op('i32.sub')
  e.locals.give(x)
}

/** wasm shifts all lanes alike: counts that differ go lane by lane. */
function vectorShift(e: Context, { op, args: [a, by], result }: Instr, name: OpName): void {
  e.push(a)
  const def = by.def?.op
  const lane = isWide(a.kind) ? 'i64x2' : 'i32x4'
  if (def === 'const') e.code.i32Const(by.def!.imm | 0).op(name)
  else if (def === 'splat' && e.isInline(by)) {
    e.push(by.def!.args[0])
    if (isWide(a.kind)) e.code.op('i32.wrap_i64')
    e.code.op(name)
  } else if (def === 'splat') {
    e.push(by)
    e.code.lane('i32x4.extract_lane', 0).op(name)
  } else shiftLanes(e, lane, instructionOf(op, a.kind, 1, false)!, by, result!.lanes)
}

function shiftLanes(e: Context, type: 'i32x4' | 'i64x2', name: OpName, by: Value, lanes: number): void {
  const { code } = e
  const x = e.tee('v128')
  e.push(by)
  const counts = e.locals.take('v128')
  code.localSet(counts)
  for (let i = 0; i < lanes; i++) {
    code.localGet(x).lane(`${type}.extract_lane`, i).localGet(counts).lane(`${type}.extract_lane`, i).op(name)
    code.lane(`${type}.replace_lane`, i)
  }
  e.locals.give(x)
  e.locals.give(counts)
}

const upperHalf = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7]
const secondLane = [4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11]

/** The tree of `interpret-ops.ts`: lanes 0 and 1 with 2 and 3, then lane 0 with 1; of two lanes the second half. */
function reduce(e: Context, { op, args: [a] }: Instr): void {
  const name = instructionOf(reduceOp(op), a.kind, 4, false)!
  e.push(a)
  for (const lanes of a.kind === 'f64' ? [upperHalf] : a.lanes === 2 ? [secondLane] : [upperHalf, secondLane]) {
    const x = e.tee('v128')
    e.code.localGet(x).localGet(x).shuffle(lanes).op(name)
    e.locals.give(x)
  }
  e.code.lane(
    a.kind === 'f64' ? 'f64x2.extract_lane' : a.kind === 'f32' ? 'f32x4.extract_lane' : 'i32x4.extract_lane',
    0,
  )
}
