/** @file The checks that every layer of the table goes through, on an executor. */
import { expect } from 'vitest'
import { installExecutor, type Executor } from '../../../src/graph/executor.ts'
import { isFloat } from '../../../src/graph/dtype.ts'
import { InterpExecutor } from '../../../src/runtime/interp-executor.ts'
import { functionalCall, type AnyModule } from '../../../src/nn/index.ts'
import { SGD } from '../../../src/optim/index.ts'
import {
  compile, gradients, Parameter, seed, stack, tensor, Tensor, vmap, type DType, type TypedArray,
} from '../../../src/tensor/index.ts'
import { assignAll } from '../../../src/tensor/internal.ts'
import { Source, type Entry } from './entry.ts'

/** A tensor's value, away from any backend. */
export interface Value { readonly shape: readonly number[]; readonly dtype: DType; readonly data: TypedArray }
type Values = readonly (Value | null)[]
type State = Readonly<Record<string, Value>>

/** What a layer does, computed in float64. */
export interface Truth {
  /** The parameters and buffers to begin with. */
  readonly state: State
  readonly outputs: Values
  readonly loss: number
  /** Of the parameters and inputs, in this order. */
  readonly grads: Values
  /** The state after the forward pass in training. */
  readonly after: State
  readonly evaluated: Values
  /** The rate of a step that should lower the loss by a hundredth of its size. */
  readonly rate: number
}

const exact = new InterpExecutor('float64')
/** Draws are the same for each forward pass. */
const draws = 11

// ---- values ----

const value = (t: Tensor): Value => ({ shape: t.shape, dtype: t.dtype, data: t.dataSync() })
const stateOf = (m: AnyModule): State =>
  Object.fromEntries(Object.entries(m.stateDict()).map(([name, t]) => [name, value(t)]))
const toTensor = ({ shape, dtype, data }: Value): Tensor => tensor(data, { shape: [...shape], dtype })

/** All tensors of a result, in order. */
export function tensorsOf(tree: unknown): Tensor[] {
  if (tree instanceof Tensor) return [tree]
  return typeof tree === 'object' && tree !== null ? Object.values(tree).flatMap(tensorsOf) : []
}
/** The result with other tensors. */
function replaced(tree: unknown, by: (t: Tensor) => unknown): unknown {
  if (tree instanceof Tensor) return by(tree)
  if (Array.isArray(tree)) return tree.map(part => replaced(part, by))
  return tree
}

/** Computes them together: eagerly, in one program. */
function together(tensors: readonly (Tensor | null)[]): Values {
  assignAll([], { results: tensors.filter(t => t !== null), keep: true })
  return tensors.map(t => t && value(t))
}

/** The same shape and dtype, and each element within rtol · (0.02 + the greatest). */
function expectClose(found: Values, wanted: Values, what: string, rtol: number): void {
  expect(found.length, what).toBe(wanted.length)
  found.forEach((f, i) => {
    const w = wanted[i]
    if (!f || !w) return expect(f, `${what} ${i}`).toBe(w)
    expect([f.shape, f.dtype], `${what} ${i}`).toEqual([w.shape, w.dtype])
    const bound = rtol * (0.02 + Math.max(0, ...Array.from(w.data).filter(Number.isFinite).map(Math.abs)))
    w.data.forEach((y, k) => {
      const x = f.data[k]
      if (!(x === y || Math.abs(x - y) <= bound || (Number.isNaN(x) && Number.isNaN(y))))
        expect.fail(`${what} ${i}[${k}] is ${x}, expected ${y}`)
    })
  })
}

// ---- a layer on the executor that is installed ----

interface Run {
  readonly module: AnyModule
  readonly inputs: readonly unknown[]
  /** Parameters of the module, and the float inputs. */
  readonly leaves: readonly Tensor[]
}

const callOf = (entry: Entry, module: AnyModule, inputs: readonly unknown[]): Tensor[] =>
  tensorsOf(entry.call ? entry.call(module, ...inputs) : module.forward(...inputs))

function made(entry: Entry, state?: State): AnyModule {
  seed(3)
  const module = entry.make()
  if (state) module.loadStateDict(Object.fromEntries(Object.entries(state).map(([name, v]) => [name, toTensor(v)])))
  return module
}

function start(entry: Entry, state?: State): Run {
  const module = made(entry, state)
  // inputs are trained as well: a step lowers the loss of layers without parameters, too
  const inputs = entry.inputs(new Source(5)).map(x => replaced(x, t => (isFloat(t.dtype) ? new Parameter(t) : t)))
  return { module, inputs, leaves: [...module.parameters(), ...tensorsOf(inputs).filter(t => t instanceof Parameter)] }
}

/** Σ output · weight over the float outputs, with weights of either sign. */
function lossOf(outputs: readonly Tensor[]): Tensor {
  const source = new Source(7)
  const terms = outputs.filter(o => isFloat(o.dtype)).map(o => o.mul(source.between(-1, 1, ...o.shape)).sum())
  return terms.reduce((a, b) => a.add(b))
}

function forward(entry: Entry, { module, inputs }: Run): Tensor[] {
  seed(draws)
  return callOf(entry, module, inputs)
}

// ---- the truth ----

/** Computed once for all backends. */
export function truthOf(entry: Entry): Truth {
  installExecutor(exact)
  const run = start(entry)
  const state = stateOf(run.module)
  const outputs = forward(entry, run)
  const loss = lossOf(outputs)
  const grads = entry.without?.gradients ? [] : gradients(loss, [...run.leaves])
  const [total, ...values] = together([loss, ...outputs, ...grads])
  const after = stateOf(run.module)
  run.module.eval()
  const evaluated = together(forward(entry, run))
  const square = values.slice(outputs.length).flatMap(g => (g ? [...g.data] : [])).reduce((a, g) => a + g * g, 0)
  return {
    state, after, evaluated, outputs: values.slice(0, outputs.length), grads: values.slice(outputs.length),
    loss: total!.data[0], rate: 0.01 * Math.max(0.1, Math.abs(total!.data[0])) / square,
  }
}

/** The gradients against the difference of losses on both sides, along one direction of all leaves. */
export function checkDifference(entry: Entry, truth: Truth): void {
  installExecutor(exact)
  const run = start(entry, truth.state)
  const source = new Source(13)
  const direction = run.leaves.map(p => source.between(-1, 1, ...p.shape))
  const slope = truth.grads.reduce((sum, g, i) => {
    const along = Array.from(direction[i].dataSync())
    return sum + (g ? along.reduce((a, d, k) => a + d * g.data[k], 0) : 0)
  }, 0)
  const h = 1e-5
  const at = (t: number): number => {
    const moved = new Map(run.leaves.map((p, i) => [p, p.add(direction[i].mul(t))]))
    const names = run.module.namedParameters().map(([name, p]): [string, Tensor] => [name, moved.get(p)!])
    const inputs = run.inputs.map(x => replaced(x, p => moved.get(p) ?? p))
    const body = (): Tensor[] => { seed(draws); return callOf(entry, run.module, inputs) }
    // numbers of float32 are rounded where they are read
    return lossOf(withParameters(run.module, Object.fromEntries(names), body)).cast('float64').itemSync()
  }
  const measured = (at(h) - at(-h)) / (2 * h)
  const bound = 1e-6 * Math.max(1, Math.abs(slope))
  expect(Math.abs(measured - slope), `slope ${slope}, measured ${measured}`).toBeLessThan(bound)
}

/** `body` with other values in place of the module's parameters: functionalCall of a call of one's own. */
function withParameters(module: AnyModule, values: Record<string, Tensor>, body: () => Tensor[]): Tensor[] {
  const own = module.forward
  let inside = false
  let result: Tensor[] = []
  Object.defineProperty(module, 'forward', {
    configurable: true, writable: true,
    value: (...args: unknown[]) => {
      if (inside) return own(...args)
      inside = true
      result = body()
      return null
    },
  })
  try {
    functionalCall(module, values)
  } finally {
    Object.defineProperty(module, 'forward', { configurable: true, writable: true, value: own })
  }
  return result
}

// ---- the checks ----

/** All checks of an entry on an executor; `rtol` is that of float32. */
export function checkLayer(entry: Entry, truth: Truth, executor: Executor, rtol = 1e-5): void {
  installExecutor(executor)
  const run = start(entry, truth.state)
  checkTraining(entry, truth, run, rtol)
  checkEvaluation(entry, truth, run, rtol)
  checkState(entry, run)
  if (!entry.without?.gradients) checkStep(entry, truth, rtol)
  checkVmap(entry, truth, rtol)
}

function checkTraining(entry: Entry, truth: Truth, run: Run, rtol: number): void {
  const outputs = forward(entry, run)
  const grads = entry.without?.gradients ? [] : gradients(lossOf(outputs), [...run.leaves])
  const values = together([...outputs, ...grads])
  expectClose(values.slice(0, outputs.length), truth.outputs, 'output', rtol)
  expectClose(values.slice(outputs.length), truth.grads, 'gradient', rtol)
  const names = Object.keys(truth.after)
  const after = stateOf(run.module)
  expect(Object.keys(after)).toEqual(names)
  expectClose(names.map(n => after[n]), names.map(n => truth.after[n]), 'state', rtol)
}

function checkEvaluation(entry: Entry, truth: Truth, run: Run, rtol: number): void {
  run.module.eval()
  expectClose(together(forward(entry, run)), truth.evaluated, 'output in evaluation', rtol)
}

/** What the state dict holds is all there is to know, and functionalCall takes it. */
function checkState(entry: Entry, run: Run): void {
  const mine = together(forward(entry, run))
  const state = run.module.stateDict()
  const other = entry.make().eval()
  expect(other.loadStateDict(state)).toEqual({ missing: [], unexpected: [] })
  expectClose(together(forward(entry, { ...run, module: other })), mine, 'output of a loaded module', 0)
  const third = entry.make().eval()
  const called = withParameters(third, state, () => { seed(draws); return callOf(entry, third, run.inputs) })
  expectClose(together(called), mine, 'output of functionalCall', 0)
}

/** Compiled: the same results, and a step lowers the loss. */
function checkStep(entry: Entry, truth: Truth, rtol: number): void {
  const run = start(entry, truth.state)
  const trained = run.leaves as Parameter[]
  const optimizer = trained.length > 0 ? new SGD(trained, { lr: Number.isFinite(truth.rate) ? truth.rate : 0.1 }) : null
  const step = compile(() => {
    // what they are now: a layer may hand back its input
    const inputs = run.inputs.map(x => replaced(x, t => t.reshape(t.shape)))
    const outputs = callOf(entry, run.module, inputs)
    const loss = lossOf(outputs)
    const grads = gradients(loss, [...run.leaves])
    if (grads.some(g => g)) optimizer?.step(grads)
    return { outputs, loss, grads }
  })
  seed(draws)
  const first = step()
  expectClose(first.outputs.map(value), truth.outputs, 'compiled output', rtol)
  expectClose(first.grads.map(g => g && value(g)), truth.grads, 'compiled gradient', rtol)
  if (entry.without?.step) return
  seed(draws)
  expect(step().loss.itemSync(), 'loss after a step').toBeLessThan(first.loss.itemSync())
}

/** vmap over two examples against a loop. */
function checkVmap(entry: Entry, truth: Truth, rtol: number): void {
  if (entry.without?.vmap) return
  const module = made(entry, truth.state).train(!entry.without?.vmapInTraining)
  const examples = [5, 6].map(k => entry.inputs(new Source(k)))
  const flat = examples.map(tensorsOf)
  const call = (given: readonly Tensor[]): Tensor[] => {
    let k = 0
    return callOf(entry, module, examples[0].map(x => replaced(x, () => given[k++])))
  }
  seed(draws)
  const loop = flat.map(given => together(call(given)))
  seed(draws)
  const both = together(vmap((...given: Tensor[]) => call(given))(...flat[0].map((_, i) => stack(flat.map(f => f[i])))))
  const wanted = both.map((_, i) => {
    const [a, b] = loop.map(values => values[i]!)
    const data = Float64Array.from([...a.data, ...b.data])
    return { shape: [2, ...a.shape], dtype: a.dtype, data }
  })
  expectClose(both, wanted, 'output of vmap', rtol)
}
