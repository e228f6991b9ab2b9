/** @file Executes kernels as ir.ts's comments say, over one flat memory: the truth that emitted code is held to. */
import { half } from '../util/half.ts'
import { constantOf, lanewise, reduce, type FmaMode, type Lanes, zip } from './interpret-ops.ts'
import { memBytes, type Address, type Block, type Fn, type Instr, type Kernel, type Target, type Value } from './ir.ts'

export type { FmaMode } from './interpret-ops.ts'

/** Bytes that may be touched. */
export interface Range {
  readonly offset: number
  readonly bytes: number
  /** Default true. */
  readonly writable?: boolean
}

export interface InterpretOptions {
  /** 'single': a·b + c rounds once, exactly; 'double': the product rounds, then the sum. */
  readonly fma: FmaMode
  /** Accesses outside these throw; the whole memory when absent. */
  readonly ranges?: readonly Range[]
}

/** The entry's parameters. */
export interface Invocation {
  readonly args: number
  readonly first: number
  readonly end: number
  readonly scratch: number
}

/** Addresses are byte offsets into `memory`; the argument block's slots are `target.pointerBytes` wide. */
export function interpret(
  kernel: Kernel, target: Target, memory: ArrayBufferLike, call: Invocation, options: InterpretOptions,
): void {
  const { args, first, end, scratch } = call
  new Interpreter(target, memory, options).call(kernel.entry, [args, first, end, scratch])
}

class Interpreter {
  private readonly target: Target
  private readonly view: DataView
  private readonly options: InterpretOptions
  private readonly ranges: readonly Range[]
  private hit: Range
  private fn!: Fn
  private values: Lanes[] = []

  constructor(target: Target, memory: ArrayBufferLike, options: InterpretOptions) {
    this.target = target
    this.view = new DataView(memory)
    this.options = options
    this.ranges = options.ranges ?? [{ offset: 0, bytes: memory.byteLength }]
    this.hit = this.ranges[0]
  }

  call(fn: Fn, params: readonly number[]): void {
    const outer = { fn: this.fn, values: this.values }
    this.fn = fn
    this.values = new Array<Lanes>(fn.values)
    fn.params.forEach((p, i) => { this.values[p.id] = [params[i]] })
    this.block(fn.body)
    this.fn = outer.fn
    this.values = outer.values
  }

  private block(block: Block): void {
    for (const instr of block.instrs) this.instr(instr)
  }

  private instr(instr: Instr): void {
    switch (instr.op) {
      case 'loop': return this.loop(instr)
      case 'if': return this.branch(instr)
      case 'call': return this.call(instr.callee!, instr.args.map((a) => this.int(a)))
      case 'store': return this.store(instr)
      case 'prefetch': return
      default: this.values[instr.result!.id] = this.compute(instr)
    }
  }

  private compute(instr: Instr): Lanes {
    const { op, args, imm } = instr
    const { lanes, kind } = instr.result!
    const fill = (x: number) => new Array<number>(lanes).fill(x)
    switch (op) {
      case 'iconst': return [imm]
      case 'arg': return [this.slot(imm)]
      case 'iadd': return this.checked(this.int(args[0]) + this.int(args[1]))
      case 'isub': return this.checked(this.int(args[0]) - this.int(args[1]))
      case 'imul': return this.checked(this.int(args[0]) * this.int(args[1]))
      case 'imin': return [Math.min(this.int(args[0]), this.int(args[1]))]
      case 'imax': return [Math.max(this.int(args[0]), this.int(args[1]))]
      case 'idiv': return [Math.floor(this.dividend(args[0]) / imm)]
      case 'imod': return [this.dividend(args[0]) % imm]
      case 'const': return fill(constantOf(kind, imm))
      case 'constMask': return fill(imm)
      case 'splat': return fill(this.lanes(args[0])[0])
      case 'fromInt': return [this.int(args[0]) | 0]
      case 'toInt': return [this.lanes(args[0])[0]]
      case 'iota': return Array.from({ length: lanes }, (_, i) => i)
      case 'firstLanes': { const n = this.int(args[0]); return Array.from({ length: lanes }, (_, i) => i < n ? 1 : 0) }
      case 'any': return [this.lanes(args[0]).some((x) => x !== 0) ? 1 : 0]
      case 'zipLo': case 'zipHi': return zip(op, this.lanes(args[0]), this.lanes(args[1]))
      case 'load': return this.load(instr)
      case 'gather': return this.gather(instr)
    }
    if (op.startsWith('reduce')) return [reduce(op, args[0].kind, this.lanes(args[0]))]
    return lanewise(op, args[0].kind, args.map((a) => this.lanes(a)), lanes, this.options.fma)
  }

  // ---- control

  private loop(instr: Instr): void {
    const { step, variable, inits, carried, body, yields, results } = instr.loop!
    const end = this.int(instr.args[1])
    let state = inits.map((v) => this.lanes(v))
    for (let v = this.int(instr.args[0]); v < end; v += step) {
      this.values[variable.id] = [v]
      carried.forEach((c, i) => { this.values[c.id] = state[i] })
      this.block(body)
      state = yields.map((y) => this.lanes(y))
    }
    results.forEach((r, i) => { this.values[r.id] = state[i] })
  }

  private branch(instr: Instr): void {
    const { compare, body, orelse } = instr.branch!
    const a = this.int(instr.args[0])
    const b = this.int(instr.args[1])
    const taken = compare === 'eq' ? a === b : compare === 'ne' ? a !== b : compare === 'lt' ? a < b : a <= b
    if (taken) this.block(body)
    else if (orelse) this.block(orelse)
  }

  // ---- memory

  private load(instr: Instr): Lanes {
    const base = this.address(instr.address!)
    const size = memBytes[instr.mem!]
    const mask = instr.args.length > 0 ? this.lanes(instr.args[0]) : null
    return this.eachLane(instr.result!.lanes, mask, (i) => this.read(instr, base + i * size))
  }

  private gather(instr: Instr): Lanes {
    const base = this.address(instr.address!)
    const size = memBytes[instr.mem!]
    const index = this.lanes(instr.args[0])
    const mask = instr.args.length > 1 ? this.lanes(instr.args[1]) : null
    return this.eachLane(instr.result!.lanes, mask, (i) => {
      if (index[i] < 0) this.fail(instr, `gathers element ${index[i]}`)
      return this.read(instr, base + index[i] * size)
    })
  }

  private eachLane(lanes: number, mask: Lanes | null, read: (lane: number) => number): Lanes {
    return Array.from({ length: lanes }, (_, i) => mask && !mask[i] ? 0 : read(i))
  }

  private store(instr: Instr): void {
    const base = this.address(instr.address!)
    const size = memBytes[instr.mem!]
    const value = this.lanes(instr.args[0])
    const mask = instr.args.length > 1 ? this.lanes(instr.args[1]) : null
    for (let i = 0; i < value.length; i++) if (!mask || mask[i]) this.write(instr, base + i * size, value[i])
  }

  private address({ base, index, scale, disp }: Address): number {
    return this.int(base) + (index ? this.int(index) * scale : 0) + disp
  }

  private read(instr: Instr, at: number): number {
    this.check(instr, at, memBytes[instr.mem!], false)
    switch (instr.mem!) {
      case 'f32': return this.view.getFloat32(at, true)
      case 'f64': return this.view.getFloat64(at, true)
      case 'f16': return half.decode(this.view.getUint16(at, true))
      case 'u16': return this.view.getUint16(at, true)
      case 'i32': return this.view.getInt32(at, true)
      case 'u8': return this.view.getUint8(at)
      case 'i8': return this.view.getInt8(at)
    }
  }

  private write(instr: Instr, at: number, x: number): void {
    this.check(instr, at, memBytes[instr.mem!], true)
    switch (instr.mem!) {
      case 'f32': return this.view.setFloat32(at, x, true)
      case 'f64': return this.view.setFloat64(at, x, true)
      case 'f16': return this.view.setUint16(at, half.encode(x), true)
      case 'u16': return this.view.setUint16(at, x & 65535, true)
      case 'i32': return this.view.setInt32(at, x, true)
      default: return this.view.setUint8(at, x & 255)
    }
  }

  private check(instr: Instr, at: number, bytes: number, write: boolean): void {
    const fits = (r: Range) => at >= r.offset && at + bytes <= r.offset + r.bytes && !(write && r.writable === false)
    if (fits(this.hit)) return
    const found = this.ranges.find(fits)
    if (!found) this.fail(instr, `touches [${at}, ${at + bytes}), which is outside the given ranges`)
    this.hit = found!
  }

  /** Argument slots are read where `args`, parameter 0, points. */
  private slot(slot: number): number {
    const at = this.int(this.fn.params[0]) + slot * this.target.pointerBytes
    return this.target.pointerBytes === 4 ? this.view.getUint32(at, true) : Number(this.view.getBigUint64(at, true))
  }

  // ---- values

  private lanes(value: Value): Lanes { return this.values[value.id] }

  private int(value: Value): number { return this.values[value.id][0] }

  private dividend(value: Value): number {
    const n = this.int(value)
    if (n < 0) throw new Error(`${this.fn.name}: v${value.id} = ${n} is divided, but ints are non-negative there`)
    return n
  }

  /** Ints must fit their register, as an address or as a signed count. */
  private checked(n: number): Lanes {
    const fits = this.target.pointerBytes === 4 ? n >= -(2 ** 31) && n < 2 ** 32 : Number.isSafeInteger(n)
    if (!fits) throw new Error(`${this.fn.name}: the int ${n} overflows`)
    return [n + 0]
  }

  private fail(instr: Instr, what: string): never {
    const name = instr.result ? `v${instr.result.id} = ${instr.op}` : instr.op
    throw new Error(`${this.fn.name}: ${name}.${instr.mem} ${what}`)
  }
}
