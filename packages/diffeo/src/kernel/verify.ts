/** @file Checks kernel IR: dominance, kinds, lanes, masks, loop and call arity, immediates. */
import {
  isWide,
  kindOfMem,
  type Address,
  type Block,
  type Fn,
  type Instr,
  type Kernel,
  type Target,
  type Value,
} from './ir.ts'
import { printInstr } from './print.ts'
import { signatureOf } from './signatures.ts'

/** Throws, naming the function and the instruction, when the kernel is not well formed for the target. */
export function verifyKernel(kernel: Kernel, target: Target): void {
  const known = new Set<Fn>()
  for (const callee of kernel.callees) {
    new Verifier(callee, target, known, kernel.slots).run()
    known.add(callee)
  }
  if (kernel.entry.params.length !== 4) {
    throw new Error(`kernel ${kernel.name}: the entry takes (args, first, end, scratch), ` +
      `not ${kernel.entry.params.length} parameters`)
  }
  new Verifier(kernel.entry, target, known, kernel.slots).run()
}

class Verifier {
  private readonly fn: Fn
  private readonly target: Target
  private readonly callees: ReadonlySet<Fn>
  /** Slots of the argument block. */
  private readonly slots: number
  /** What dominates the point that is being checked. */
  private readonly visible = new Set<Value>()
  private readonly ids = new Set<number>()
  private at: Instr | null = null

  constructor(fn: Fn, target: Target, callees: ReadonlySet<Fn>, slots: number) {
    this.fn = fn
    this.target = target
    this.callees = callees
    this.slots = slots
  }

  run(): void {
    for (const p of this.fn.params) {
      this.check(p.kind === 'int' && p.lanes === 1, `parameter v${p.id} is not an int`)
      this.define(p, null)
    }
    this.block(this.fn.body, [])
  }

  /** `entering` are visible in the block alone, and so is what it defines. */
  private block(block: Block, entering: readonly Value[], leaving: readonly Value[] = []): void {
    const mine: Value[] = []
    const define = (v: Value, def: Instr | null) => { this.define(v, def); mine.push(v) }
    for (const v of entering) define(v, null)
    for (const instr of block.instrs) {
      this.at = instr
      this.instr(instr)
      this.at = instr
      if (instr.result) define(instr.result, instr)
      for (const r of instr.loop?.results ?? []) define(r, null)
    }
    for (const v of leaving) this.use(v)
    for (const v of mine) this.visible.delete(v)
  }

  private instr(instr: Instr): void {
    for (const a of instr.args) this.use(a)
    if (instr.address) this.address(instr.address)
    switch (instr.op) {
      case 'loop': return this.loop(instr)
      case 'if': return this.branch(instr)
      case 'call': return this.call(instr)
      case 'load': case 'gather': case 'store': return this.memory(instr)
      case 'prefetch': return
      case 'zipLo': case 'zipHi':
        this.check(instr.result?.lanes === this.target.lanes, 'zips less than whole vectors')
        return this.compute(instr)
      default: return this.compute(instr)
    }
  }

  // ---- control

  private loop(instr: Instr): void {
    const loop = instr.loop
    if (!loop) return this.fail('has no loop')
    const { step, variable, inits, carried, body, yields, results } = loop
    this.check(Number.isSafeInteger(step) && step > 0, `steps by ${step}`)
    this.ints(instr.args.slice(0, 2))
    this.ints([variable])
    const same = inits.length === instr.args.length - 2 && inits.every((v, i) => v === instr.args[i + 2])
    this.check(same, 'its inits are not its arguments after start and end')
    for (const [what, list] of [['carried', carried], ['yields', yields], ['results', results]] as const) {
      this.check(list.length === inits.length, `has ${list.length} ${what} for ${inits.length} inits`)
      list.forEach((v, i) => {
        this.check(v.kind === inits[i].kind && v.lanes === inits[i].lanes, `${what} ${i} is not typed as its init`)
      })
    }
    this.block(body, [variable, ...carried], yields)
  }

  private branch(instr: Instr): void {
    const branch = instr.branch
    if (!branch) return this.fail('has no branch')
    this.count(instr, 2, 2)
    this.ints(instr.args)
    this.check(['eq', 'ne', 'lt', 'le'].includes(branch.compare), `compares by ${branch.compare}`)
    this.block(branch.body, [])
    if (branch.orelse) this.block(branch.orelse, [])
  }

  private call(instr: Instr): void {
    const { callee, args } = instr
    if (!callee) return this.fail('has no callee')
    this.check(this.callees.has(callee), `${callee.name} is not listed among the callees before its caller`)
    this.check(args.length === callee.params.length,
      `passes ${args.length} arguments for ${callee.params.length} parameters`)
    this.ints(args)
  }

  // ---- memory

  private memory(instr: Instr): void {
    const { op, mem, args, address, result } = instr
    if (!mem || !address) return this.fail('has no memory type or no address')
    const kind = kindOfMem(mem)
    this.check(mem !== 'f16' || this.target.f16, `moves f16, which this ${this.target.isa} does not have`)
    const operands = op === 'load' ? 0 : 1
    this.count(instr, operands, operands + 1)
    this.check((op === 'store') === (result === null), 'has the wrong number of results')
    const moved = op === 'store' ? args[0] : result!
    this.check(moved.kind === kind, `moves ${moved.kind} as ${mem}`)
    this.lanes(moved)
    if (op === 'gather') {
      this.check(args[0].kind === 'i32' && args[0].lanes === moved.lanes, 'needs one i32 element number a lane')
      this.check(address.index === null, 'takes a base and a displacement only')
    }
    if (args.length > operands) this.mask(args[operands], moved.lanes)
  }

  private mask(mask: Value, lanes: number): void {
    this.check(this.target.masks, `takes a mask, which ${this.target.isa} does not have`)
    this.check(mask.kind === 'mask' && mask.lanes === lanes, `v${mask.id} is not a mask of ${lanes} lanes`)
  }

  private address({ base, index, scale, disp }: Address): void {
    this.use(base)
    this.ints([base])
    if (index) {
      this.use(index)
      this.ints([index])
    }
    this.check(scale === 1 || scale === 2 || scale === 4 || scale === 8, `scales by ${scale}`)
    this.check(disp === (disp | 0), `the displacement ${disp} is not a 32-bit integer`)
  }

  // ---- arithmetic

  private compute(instr: Instr): void {
    const { op, args, result, imm } = instr
    const signature = signatureOf(op)
    if (!signature) return this.fail('is not an instruction')
    if (!result) return this.fail('has no result')
    this.count(instr, signature.args, signature.args)
    this.lanes(result)
    const wrong = signature.check(args, result, imm)
    this.check(wrong === null, wrong ?? '')
    this.check(op !== 'roundF16' || this.target.f16, `is not for this ${this.target.isa}, which has no f16`)
    if (op === 'firstLanes') this.check(this.target.masks, `is not for ${this.target.isa}, which has no masks`)
    if (op === 'iconst' && this.target.pointerBytes === 4) {
      this.check(imm >= -(2 ** 31) && imm < 2 ** 32, `${imm} is not a 32-bit int`)
    }
    if (op === 'arg') this.slot(imm)
  }

  private slot(slot: number): void {
    this.check(this.fn.params.length > 0, 'has no parameter that points to the argument block')
    this.check(Number.isInteger(slot) && slot >= 0 && slot < this.slots, `slot ${slot} is not one of ${this.slots}`)
  }

  // ---- values

  private define(value: Value, def: Instr | null): void {
    this.check(value.def === def, `v${value.id} does not know its definition`)
    this.check(!this.ids.has(value.id), `v${value.id} is defined twice`)
    this.check(value.id >= 0 && value.id < this.fn.values, `v${value.id} is not numbered below ${this.fn.values}`)
    this.ids.add(value.id)
    this.visible.add(value)
  }

  private use(value: Value): void {
    this.check(this.visible.has(value), `uses v${value.id}, whose definition does not dominate it`)
  }

  private ints(values: readonly Value[]): void {
    for (const v of values) this.check(v.kind === 'int' && v.lanes === 1, `v${v.id} is ${v.kind}, not an int`)
  }

  private lanes({ kind, lanes, id }: Value): void {
    const most = this.target.lanes
    const allowed = lanes === 1 || (kind !== 'int' && (lanes === most / 2 || (lanes === most && !isWide(kind))))
    this.check(allowed, `v${id}: ${kind} of ${lanes} lanes`)
  }

  private count(instr: Instr, min: number, max: number): void {
    const n = instr.args.length
    this.check(n >= min && n <= max, `takes ${min === max ? min : `${min} or ${max}`} arguments, not ${n}`)
  }

  private check(ok: boolean, what: string): void {
    if (!ok) this.fail(what)
  }

  private fail(what: string): never {
    throw new Error(`${this.fn.name}: ${this.at ? `${printInstr(this.at)}: ` : ''}${what}`)
  }
}
