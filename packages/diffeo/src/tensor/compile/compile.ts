/** @file `compile`: a function of tensors, traced once for each signature and then run as a program. */
import { executor, type CompiledGraph, type TypedArray } from '../../graph/executor.ts'
import type { Node, NodeStorage } from '../../graph/node.ts'
import { structureOf } from '../../graph/structure.ts'
import { configuration, holds } from '../../util/configuration.ts'
import { TraceError } from '../../util/errors.ts'
import { checkOptions, whatIs } from '../../util/options.ts'
import { hostArray } from '../convert.ts'
import { checkFits } from '../functions/promote.ts'
import { leafOf, recordCut } from '../history.ts'
import { takeCounters } from '../random.ts'
import { isTracing, isTransforming } from '../scope.ts'
import { wrap, Tensor } from '../tensor.ts'
import { mapTree } from '../tree.ts'
import { describeCall, difference, partsOf, sameWords, type Call, type Parts } from './signature.ts'
import { trace, type InputSource, type ResultLeaf, type Trace } from './trace.ts'

/** Programs kept for one compiled function; the one not used for longest goes first. */
const capacity = 64
/** A function that was traced this often is warned about. */
const manyTraces = 8

interface Program {
  /** What is kept of the call that it was made for: not its tensors. */
  readonly words: Call['words']
  readonly trace: Trace
  readonly compiled: CompiledGraph
  /** The configuration version at which the guards held. */
  checkedAt: number
}

export interface CompileOptions {
  /** For errors, profiles and `explain`. */
  name?: string
}

type AnyFunction = (...args: any[]) => any

/**
 * f as a program: traced at the first call of each signature (form, shapes, dtypes and device of the arguments), then
 * replayed. Parameters, buffers, random state and captured tensors are inputs, and so are numbers, which are not known
 * while tracing: `if (n)` and `n === 1` see an object, so choices are passed as booleans or strings. Inside another
 * trace, grad or vmap it is f itself.
 * @throws TraceError where f asks for a value or is async
 * @example const step = compile((x: Tensor, y: Tensor) => { … optimizer.minimize(loss); return loss })
 */
export function compile<F extends AnyFunction>(f: F, options: CompileOptions = {}): F {
  if (typeof f !== 'function') throw new TraceError(`compile takes a function of tensors, got ${whatIs(f)}`)
  checkOptions('compile', options, { name: true })
  const { name = f.name || 'anonymous' } = options
  const programs = new Programs(name, f)
  const compiled = (...args: unknown[]): unknown => {
    if (isTracing() || isTransforming()) return f(...args)
    const call = describeCall(name, executor().device, args)
    return run(name, programs.for(call), call)
  }
  Object.defineProperty(compiled, 'name', { value: name })
  return compiled as F
}

/**
 * f as `compile` makes it, with something else computed of each trace; not inside another trace. No parameter changes
 * unless the rewritten trace says so.
 */
export function compileRewritten(name: string, f: AnyFunction, rewrite: Rewrite): AnyFunction {
  const programs = new Programs(name, f, rewrite)
  return (...args) => {
    const call = describeCall(name, executor().device, args)
    return run(name, programs.for(call), call)
  }
}
type Rewrite = (traced: Trace) => Trace

/** The programs of one function. */
class Programs {
  readonly #name: string
  readonly #f: AnyFunction
  readonly #rewrite: Rewrite
  /** In the order of last use. */
  #kept: Program[] = []
  #traced = 0
  #warned = false
  #last: Parts | null = null

  constructor(name: string, f: AnyFunction, rewrite: Rewrite = traced => traced) {
    this.#name = name
    this.#f = f
    this.#rewrite = rewrite
  }

  for(call: Call): Program {
    const known = this.#find(call)
    if (known) {
      if (verifying()) verify(this.#name, known, this.#trace(call))
      return known
    }
    const made = this.#make(call)
    this.#kept.push(made)
    if (this.#kept.length > capacity) this.#kept.shift()!.compiled.release()
    return made
  }

  #find(call: Call): Program | null {
    for (let i = this.#kept.length - 1; i >= 0; i--) {
      const program = this.#kept[i]
      if (!fits(program, call)) continue
      if (i < this.#kept.length - 1) this.#kept.push(...this.#kept.splice(i, 1))
      return program
    }
    return null
  }

  #make(call: Call): Program {
    const checkedAt = configuration.version
    const traced = this.#trace(call)
    this.#traced++
    this.#warn(call)
    return {
      words: call.words,
      trace: traced,
      compiled: executor().compile(traced.graph, traced.updates, this.#name, call.tensors[0]?.device),
      checkedAt,
    }
  }

  #trace(call: Call): Trace { return this.#rewrite(trace(this.#name, this.#f, call)) }

  #warn(call: Call): void {
    const parts = partsOf(call)
    if (this.#traced > manyTraces && !this.#warned && this.#last) {
      this.#warned = true
      console.warn(
        `compile('${this.#name}') was traced ${this.#traced} times, which takes longer than it saves: ${difference(this.#last, parts)}. ` +
          'Pad batches to one shape, and pass what changes as a tensor or a number.',
      )
    }
    this.#last = parts
  }
}

function fits(program: Program, call: Call): boolean {
  if (!sameWords(program.words, call.words)) return false
  const { whole, guards } = program.trace
  if (!whole.every((w, i) => w === null || w === Number.isInteger(call.numbers[i]))) return false
  if (program.checkedAt === configuration.version) return true
  if (!holds(guards)) return false
  program.checkedAt = configuration.version
  return true
}

function run(name: string, { trace: t, compiled }: Program, call: Call): unknown {
  const arguments_ = Tensor.realizeAll(call.tensors)
  const counters = t.counters > 0 || t.inputs.some(s => s.kind === 'randomKey') ? takeCounters(t.counters) : null
  const results = compiled.run(t.inputs.map(source => inputStorage(name, source, arguments_, call, counters)))
  const leaves = results.map((storage, i) => leafOf(storage, t.graph.outputs[i]))
  recordCut(leaves, arguments_, `it left compile('${name}')`, t.cells)
  return mapTree(t.result, x => {
    const leaf = x as ResultLeaf
    return leaf.output === null ? leaf.value : wrap(leaves[leaf.output])
  })
}

type Counters = { key: TypedArray; counter: TypedArray }
function inputStorage(
  name: string,
  source: InputSource,
  tensors: readonly Node[],
  call: Call,
  counters: Counters | null,
): NodeStorage {
  switch (source.kind) {
    case 'tensor': return tensors[source.slot].storage!
    case 'randomKey': return executor().upload(counters!.key, 'uint32')
    case 'randomCounter': return executor().upload(counters!.counter, 'uint32')
    case 'number': {
      const value = call.numbers[source.slot]
      checkFits(`compile('${name}')`, value, source.dtype)
      const host = hostArray(source.dtype, 1)
      host[0] = value
      return executor().upload(host, source.dtype)
    }
  }
}

interface Environment { process?: { env?: Record<string, string | undefined> } }
const verifying = (): boolean => (globalThis as Environment).process?.env?.DIFFEO_VERIFY === '1'

/**
 * Throws if the graph of another trace of the same call is another: something that changes was taken for a constant.
 */
function verify(name: string, program: Program, again: Trace): void {
  const [before, now] = [program.trace, again].map(t => structureOf(t.graph, t.updates))
  const at = now.findIndex((line, i) => line !== before[i])
  if (at < 0 && before.length === now.length) return
  throw new TraceError(
    `compile('${name}') would compute something else now than what was compiled (DIFFEO_VERIFY): '${before[at] ?? 'the end'}' ` +
      `became '${now[at] ?? 'the end'}'. A number or tensor of the closure changed: pass it as an argument, or keep it in a Buffer.`,
  )
}
