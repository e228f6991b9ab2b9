/** @file A case of a layer or function as the fixtures have it, run in either float type. */
import * as nn from '../../src/nn/index.ts'
import { gradients, tensor, zerosLike, type Tensor } from '../../src/tensor/index.ts'
import type { Arrays, FixtureArray } from './support.ts'

export interface ModuleCase {
  name: string; layer?: string; op?: string; args: unknown[]; options: Record<string, unknown>
  tensorOptions?: Arrays; inputs: FixtureArray[]; outputSize?: number[]; training?: boolean
  params?: Arrays; buffers?: Arrays; buffersAfter?: Arrays
  outputs: FixtureArray[]; upstream: (FixtureArray | null)[]; grads: Arrays
  /** Of the sequences of a recurrent layer; null without. */
  lengths?: number[] | null
  masks?: Arrays
  flags?: object
  /** Layers that a TransformerEncoder or -Decoder is made of. */
  stack?: { args: unknown[]; options: object; count: number; norm: boolean }
}
export type Found = readonly [what: string, found: Tensor, wanted: FixtureArray]
type Float = 'float32' | 'float64'
type AnyLayer = nn.Module<any[], unknown>
const all = nn as unknown as Record<string, (new (...args: unknown[]) => AnyLayer) & ((...args: unknown[]) => unknown)>

const arrayAs = (a: FixtureArray, float: Float): Tensor => {
  const dtype = a.dtype === 'int64' ? 'int32' : a.dtype ?? float
  return tensor(Float64Array.from(a.data, Number), { shape: a.shape, dtype })
}
const arraysAs = (arrays: Arrays = {}, float: Float): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(arrays).flatMap(([name, a]) => (a ? [[name, arrayAs(a, float)]] : [])))
const given = (options: object): object[] => (Object.keys(options).length > 0 ? [options] : [])

function layerOf(c: ModuleCase, float: Float): AnyLayer {
  const made = c.stack
    ? new all[c.layer!](
      new all[`${c.layer!}Layer`](...c.stack.args, c.stack.options), c.stack.count,
      c.stack.norm ? new nn.LayerNorm(c.stack.args[0] as number) : null,
    )
    : new all[c.layer!](...c.args, ...given({ ...c.options, ...arraysAs(c.tensorOptions, float) }))
  made.to(float)
  // a loss holds the weights it was given
  const state = { ...arraysAs(c.params, float), ...arraysAs(c.buffers, float) }
  if (!c.tensorOptions || Object.keys(state).length > 0) made.loadStateDict(state)
  return made.train(c.training)
}

const flat = (tree: unknown): Tensor[] =>
  Array.isArray(tree) ? tree.flatMap(flat) : 'node' in (tree as object) ? [tree as Tensor]
    : Object.values(tree as object).flatMap(flat)

function forward(c: ModuleCase, layer: AnyLayer, inputs: readonly Tensor[], float: Float): unknown {
  if (c.masks) return layer.forward(...inputs, { ...arraysAs(c.masks, float), ...c.flags })
  if (c.lengths === undefined) return layer.forward(...inputs, ...c.outputSize ? [c.outputSize] : [])
  const [x, ...states] = inputs
  return layer.forward(x, states.length > 1 ? states : states[0], ...c.lengths ? [{ lengths: c.lengths }] : [])
}

function callOf(c: ModuleCase, inputs: readonly Tensor[]): unknown {
  if (c.op !== 'embeddingBag') return all[c.op!](...inputs, ...c.args, ...given(c.options))
  const [ids, weight, perSampleWeights = null] = inputs
  const { offsets, ...options } = c.options
  const begins = offsets ? tensor(Int32Array.from(offsets as number[])) : null
  return all.embeddingBag(ids, weight, { ...options, offsets: begins, perSampleWeights })
}

/** Outputs, gradients and buffers beside what PyTorch has. */
export function runCase(c: ModuleCase, float: Float): Found[] {
  const inputs = c.inputs.map(a => arrayAs(a, float))
  const layer = c.layer ? layerOf(c, float) : null
  const outputs = flat(layer ? forward(c, layer, inputs, float) : callOf(c, inputs))
  if (outputs.length !== c.outputs.length) throw new Error(`${outputs.length} outputs, PyTorch ${c.outputs.length}`)
  const terms = outputs.flatMap((o, i) => (c.upstream[i] ? [o.mul(arrayAs(c.upstream[i], float)).sum()] : []))
  const named: [string, Tensor][] = [
    ...inputs.map((x, i): [string, Tensor] => [`input${i}`, x]), ...(layer?.namedParameters() ?? []),
  ]
  const wanted = named.filter(([name]) => c.grads[name])
  const grads = wanted.length > 0 ? gradients(terms.reduce((a, b) => a.add(b)), wanted.map(([, t]) => t)) : []
  return [
    ...outputs.map((o, i): Found => [`output ${i}`, o, c.outputs[i]]),
    // where PyTorch has zeros for what nothing depends on, there is no gradient here
    ...wanted.map(([name, t], i): Found => [`gradient of ${name}`, grads[i] ?? zerosLike(t), c.grads[name]!]),
    ...Object.entries(c.buffersAfter ?? {}).map(([name, a]): Found => [name, layer!.stateDict()[name], a!]),
  ]
}
