/** @file Builds kernel IR: one method an instruction, appended to the block that is open. */
import {
  Hint, Instr, type Address, type BinaryOp, type Block, type CompareOp, type ConvertOp, type Fn, type IntOp, type Kind,
  kindOfMem, type MemType, type Opcode, type UnaryOp, type Value,
} from './ir.ts'

type Cmp = 'eq' | 'ne' | 'lt' | 'le'
/** Kinds that have constants. */
export type DataKind = 'f32' | 'i32' | 'f64' | 'i64'

export class Builder {
  readonly fn: Fn
  /** Whether the target has `roundF16`. */
  readonly f16: boolean
  /** The block that instructions are appended to. */
  block: Block
  private readonly ints = new Map<number, Value>()

  constructor(name: string, params: number, f16 = false) {
    const body: Block = { instrs: [] }
    const values: Value[] = []
    for (let i = 0; i < params; i++) values.push({ id: i, kind: 'int', lanes: 1, def: null })
    this.fn = { name, params: values, body, values: params }
    this.f16 = f16
    this.block = body
  }

  param(i: number): Value { return this.fn.params[i] }

  // ints
  /** Each number once a function, at its top: backends write it where it is used. */
  int(n: number): Value {
    let value = this.ints.get(n)
    if (!value) this.ints.set(n, value = this.inside(this.fn.body, () => this.emit('iconst', [], 'int', 1, n)))
    return value
  }
  arg(slot: number): Value { return this.emit('arg', [], 'int', 1, slot) }
  intOp(op: Exclude<IntOp, 'idiv' | 'imod'>, a: Value, b: Value): Value { return this.emit(op, [a, b], 'int', 1) }
  idiv(a: Value, by: number): Value { return by === 1 ? a : this.emit('idiv', [a], 'int', 1, by) }
  imod(a: Value, by: number): Value { return by === 1 ? this.int(0) : this.emit('imod', [a], 'int', 1, by) }
  iadd(a: Value, b: Value | number): Value {
    if (b === 0) return a
    return this.intOp('iadd', a, typeof b === 'number' ? this.int(b) : b)
  }
  imul(a: Value, by: number): Value { return by === 1 ? a : this.intOp('imul', a, this.int(by)) }

  // data
  constant(kind: DataKind, value: number, lanes: number): Value {
    return this.emit('const', [], kind, lanes, value)
  }
  constMask(on: boolean, lanes: number): Value {
    return this.emit('constMask', [], 'mask', lanes, on ? 1 : 0)
  }
  unary(op: UnaryOp, a: Value): Value {
    return this.emit(op, [a], a.kind, a.lanes)
  }
  binary(op: BinaryOp, a: Value, b: Value): Value {
    return this.emit(op, [a, b], a.kind, a.lanes)
  }
  compare(op: CompareOp, a: Value, b: Value): Value {
    return this.emit(op, [a, b], 'mask', a.lanes)
  }
  convert(op: ConvertOp, a: Value): Value {
    return this.emit(op, [a], convertKind[op], a.lanes)
  }
  select(mask: Value, a: Value, b: Value): Value {
    return this.emit('select', [mask, a, b], a.kind, a.lanes)
  }
  fma(a: Value, b: Value, c: Value): Value {
    return this.emit('fma', [a, b, c], a.kind, a.lanes)
  }
  zip(half: 'lo' | 'hi', a: Value, b: Value): Value {
    return this.emit(half === 'lo' ? 'zipLo' : 'zipHi', [a, b], a.kind, a.lanes)
  }
  splat(a: Value, lanes: number): Value {
    return a.lanes === lanes ? a : this.emit('splat', [a], a.kind, lanes)
  }
  fromInt(a: Value): Value {
    return this.emit('fromInt', [a], 'i32', 1)
  }
  toInt(a: Value): Value {
    return this.emit('toInt', [a], 'int', 1)
  }
  iota(lanes: number): Value {
    return this.emit('iota', [], 'i32', lanes)
  }
  firstLanes(n: Value, lanes: number): Value {
    return this.emit('firstLanes', [n], 'mask', lanes)
  }
  any(mask: Value): Value {
    return this.emit('any', [mask], 'int', 1)
  }
  reduceLanes(
    op: 'reduceAdd' | 'reduceMul' | 'reduceMin' | 'reduceMax' | 'reduceMinU' | 'reduceMaxU',
    a: Value,
  ): Value {
    return a.lanes === 1 ? a : this.emit(op, [a], a.kind, 1)
  }

  // memory
  load(mem: MemType, address: Address, lanes: number, mask?: Value): Value {
    const instr = new Instr('load', mask ? [mask] : [])
    instr.mem = mem
    instr.address = address
    return this.append(instr, kindOfMem(mem), lanes)
  }
  gather(mem: MemType, base: Value, index: Value, disp = 0, mask?: Value): Value {
    const instr = new Instr('gather', mask ? [index, mask] : [index])
    instr.mem = mem
    instr.address = { base, index: null, scale: 1, disp }
    return this.append(instr, kindOfMem(mem), index.lanes)
  }
  store(mem: MemType, address: Address, value: Value, mask?: Value): void {
    const instr = new Instr('store', mask ? [value, mask] : [value])
    instr.mem = mem
    instr.address = address
    this.block.instrs.push(instr)
  }

  prefetch(hint: keyof typeof Hint, address: Address): void {
    const instr = new Instr('prefetch', [], Hint[hint])
    instr.address = address
    this.block.instrs.push(instr)
  }

  // control
  /** `body` gets the loop variable and the carried values and returns their next values. */
  loop(
    start: Value, end: Value, step: number, inits: readonly Value[],
    body: (variable: Value, carried: readonly Value[]) => readonly Value[],
  ): readonly Value[] {
    const fresh = (like: Value) => this.value(like.kind, like.lanes, null)
    const variable = this.value('int', 1, null)
    const carried = inits.map(fresh)
    const instr = new Instr('loop', [start, end, ...inits])
    const inner: Block = { instrs: [] }
    const loop = {
      step,
      variable,
      inits,
      carried,
      body: inner,
      yields: [] as readonly Value[],
      results: inits.map(fresh),
    }
    instr.loop = loop
    // Appended after the body is built, so that what the body hoists to this block comes before the loop.
    loop.yields = this.inside(inner, () => body(variable, carried))
    this.block.instrs.push(instr)
    return loop.results
  }

  if(compare: Cmp, a: Value, b: Value, then: () => void, orelse?: () => void): void {
    const instr = new Instr('if', [a, b])
    const body: Block = { instrs: [] }
    const other: Block | null = orelse ? { instrs: [] } : null
    instr.branch = { compare, body, orelse: other }
    this.inside(body, then)
    if (other && orelse) this.inside(other, orelse)
    this.block.instrs.push(instr)
  }

  call(callee: Fn, args: readonly Value[]): void {
    const instr = new Instr('call', args)
    instr.callee = callee
    this.block.instrs.push(instr)
  }

  /** Runs `f` with `block` open. */
  inside<T>(block: Block, f: () => T): T {
    const outer = this.block
    this.block = block
    try { return f() } finally { this.block = outer }
  }

  private value(kind: Kind, lanes: number, def: Instr | null): Value {
    return { id: this.fn.values++, kind, lanes, def }
  }

  private emit(op: Opcode, args: readonly Value[], kind: Kind, lanes: number, imm = 0): Value {
    return this.append(new Instr(op, args, imm), kind, lanes)
  }

  private append(instr: Instr, kind: Kind, lanes: number): Value {
    const value = this.value(kind, lanes, instr)
    instr.result = value
    this.block.instrs.push(instr)
    return value
  }
}

const convertKind: Record<ConvertOp, Kind> = {
  f32ToI32: 'i32', i32ToF32: 'f32', u32ToF32: 'f32', f32ToU32: 'i32', bitsToF32: 'f32', bitsToI32: 'i32',
  maskToI32: 'i32', i32ToMask: 'mask', f32ToF64: 'f64', f64ToF32: 'f32', i32ToF64: 'f64', f64ToI32: 'i32',
  bitsToF64: 'f64', bitsToI64: 'i64',
}
