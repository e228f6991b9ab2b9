/**
 * @file Random kernels over the whole IR, from a seed.
 *
 * Grammar. A kernel is a loop over its turns; a block is a run of statements: an operation, a load, a gather, a store,
 * a load whose place is overwritten before its use, a loop (at most three deep, up to four carried values), an if, a
 * call of a random function of (f32 address, i32 address, small int). Operands come from the values in scope. Ints
 * carry an interval, from which every address is kept inside its buffer; loads also read what stores wrote. An f32 is
 * on the
 * *grid* when it is a small exact multiple of ¼: loads of the grid buffer, constants, and what is exact on them.
 * Operations with jumps (comparisons, rounding to whole numbers, f32→int, bits) take grid values only, so no rounding,
 * however an engine fuses, moves a result across a jump. Everything else is free; it may overflow or become NaN.
 */
import { Builder } from '../../../src/kernel/builder.ts'
import { kindOfMem, memBytes, type Fn, type Kernel, type Target, type Value } from '../../../src/kernel/ir.ts'
import { bufferLength, buffers, countInstructions, Random, scratchBytes, type Buffer } from './data.ts'
import { Operations } from './fuzz-operations.ts'

export { bufferLength, buffers, scratchBytes } from './data.ts'

/** A kernel over `buffers`, and into `coverage` what it is made of. */
export function randomKernel(seed: number, target: Target, coverage = new Map<string, number>()): Kernel {
  const random = new Random(seed)
  const total = 3
  const callees: Fn[] = []
  for (let i = random.below(3); i > 0; i--) callees.push(new Generator(random, target, callees, `fn${i}`).callee())
  const entry = new Generator(random, target, callees, `kernel${seed}`).entry(total)
  for (const fn of [...callees, entry]) countInstructions(fn.body, coverage)
  return { name: `kernel${seed}`, entry, callees, slots: buffers.length, total, scratchBytes, flops: 0, bytes: 0 }
}

class Generator extends Operations {
  private readonly callees: readonly Fn[]
  private readonly name: string
  private depth = 0
  private budget = 0

  constructor(random: Random, target: Target, callees: readonly Fn[], name: string) {
    super(random, target)
    this.callees = callees
    this.name = name
  }

  entry(total: number): Fn {
    const b = this.b = new Builder(this.name, 4)
    buffers.forEach((buffer, slot) => {
      if (buffer.mem === 'f16' && !this.target.f16) return
      this.bases.push({ value: b.arg(slot), buffer, length: bufferLength })
    })
    const scratch: Buffer = { mem: 'f32', content: 'any', writable: true }
    this.bases.push({ value: b.param(3), buffer: scratch, length: scratchBytes / 4 })
    this.budget = 60
    b.loop(b.param(1), b.param(2), 1, [], (turn) => {
      this.int(turn, 0, total - 1)
      this.block(8 + this.r.below(20))
      return []
    })
    return b.fn
  }

  /** (f32 address, i32 address, int of 0 … 5) */
  callee(): Fn {
    const b = this.b = new Builder(this.name, 3)
    this.bases.push({ value: b.param(0), buffer: buffers[1], length: bufferLength })
    this.bases.push({ value: b.param(1), buffer: buffers[2], length: bufferLength })
    this.int(b.param(2), 0, 5)
    this.budget = 20
    this.block(6 + this.r.below(8))
    return b.fn
  }

  // ---- statements

  private block(statements: number): void {
    const scope = this.pool.length
    for (let i = 0; i < statements && this.budget > 0; i++) this.statement()
    for (let i = this.r.between(1, 3); i > 0; i--) this.store()
    this.pool.length = scope
  }

  private statement(): void {
    this.budget--
    const x = this.r.next()
    if (x < 0.62) this.operation()
    else if (x < 0.74) this.load()
    else if (x < 0.79) this.gather()
    else if (x < 0.83) this.store()
    else if (x < 0.86) this.hazard()
    else if (x < 0.93) { if (this.depth < 3) this.loop() }
    else if (x < 0.97) this.branch()
    else this.call()
  }

  private nested(f: () => void): void {
    const scope = this.pool.length
    this.depth++
    f()
    this.depth--
    this.pool.length = scope
  }

  private loop(): void {
    const { r, b } = this
    const start = r.chance(0.5) ? this.constantInt(r.below(3)) : this.smallInt()
    const end = r.chance(0.5) ? this.constantInt(r.below(7)) : this.smallInt()
    const high = Math.max(this.range(end).high - 1, this.range(start).low)
    const inits = Array.from({ length: r.below(5) }, () => this.any())
    let results: readonly Value[] = []
    this.nested(() => {
      results = b.loop(start, end, r.between(1, 3), inits, (variable, carried) => {
        this.int(variable, this.range(start).low, high)
        this.pool.push(...carried)
        const scope = this.pool.length
        for (let i = r.between(1, 7); i > 0 && this.budget > 0; i--) this.statement()
        if (r.chance(0.5)) this.store()
        const yields = carried.map((c) => this.nextOf(c))
        this.pool.length = scope
        return yields
      })
    })
    this.pool.push(...results)
  }

  /** What a carried value becomes: itself, another's, something accumulated. */
  private nextOf(c: Value): Value {
    if ((c.kind === 'f32' || c.kind === 'f64') && this.r.chance(0.6)) {
      return this.b.fma(this.of(c.kind, c.lanes), this.of(c.kind, c.lanes), c)
    }
    return this.of(c.kind, c.lanes)
  }

  private branch(): void {
    const { b, r } = this
    const orelse = () => this.nested(() => this.block(r.between(1, 3)))
    const [x, y] = [this.anyInt(), this.anyInt()]
    const compare = r.pick(['eq', 'ne', 'lt', 'le'] as const)
    b.if(compare, x, y, () => this.nested(() => this.block(r.between(1, 4))), r.chance(0.5) ? orelse : undefined)
  }

  private call(): void {
    const [f, i] = [this.bases.find((x) => x.buffer === buffers[1]), this.bases.find((x) => x.buffer === buffers[2])]
    if (this.callees.length > 0 && f && i) {
      this.b.call(this.r.pick(this.callees), [f.value, i.value, this.smallInt()])
    }
  }

  // ---- memory

  private load(): void {
    const base = this.r.pick(this.bases)
    const lanes = this.lanesOf(base)
    const value = this.b.load(base.buffer.mem, this.address(base, lanes), lanes, this.mask(lanes))
    if (base.buffer.content === 'grid' && base.buffer.mem === 'f32') this.grid.set(value, 8)
    this.pool.push(value)
  }

  private gather(): void {
    const { b } = this
    const base = this.r.pick(this.bases)
    const lanes = this.lanesOf(base)
    const limit = this.r.pick([7, 31])
    const index = b.binary('and', this.i32(lanes), b.constant('i32', limit, lanes))
    const disp = this.r.below(base.length - limit) * memBytes[base.buffer.mem]
    const value = b.gather(base.buffer.mem, base.value, index, disp, this.mask(lanes))
    if (base.buffer.content === 'grid' && base.buffer.mem === 'f32') this.grid.set(value, 8)
    this.pool.push(value)
  }

  private store(): void {
    const base = this.r.pick(this.bases.filter((x) => x.buffer.writable))
    const lanes = this.lanesOf(base)
    const value = this.of(kindOfMem(base.buffer.mem), lanes)
    this.b.store(base.buffer.mem, this.address(base, lanes), value, this.mask(lanes))
  }

  /** A load, a store over what it read (perhaps nested), and only then its one use. */
  private hazard(): void {
    const { b, r } = this
    const base = r.pick(this.bases.filter((x) => x.buffer.writable))
    const { mem } = base.buffer
    const lanes = this.lanesOf(base)
    const from = this.address(base, lanes)
    const to = this.address(base, lanes)
    const old = b.load(mem, from, lanes)
    const other = this.of(kindOfMem(mem), lanes)
    const overwrite = () => b.store(mem, from, other)
    const how = r.below(3)
    if (how === 0) overwrite()
    else if (how === 1) b.if('le', this.smallInt(), b.int(3), overwrite)
    else b.loop(b.int(0), b.int(2), 1, [], () => { overwrite(); return [] })
    b.store(mem, to, b.binary('add', old, this.of(old.kind, lanes)))
  }

  private mask(lanes: number): Value | undefined {
    if (!this.target.masks || lanes === 1 || this.r.chance(0.5)) return undefined
    return this.r.chance(0.5) ? this.b.firstLanes(this.smallInt(), lanes) : this.of('mask', lanes)
  }
}
