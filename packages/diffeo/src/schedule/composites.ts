/**
 * @file Composites that have kernels: by name, what is covered, whose order in memory each output takes, and the code.
 * What is not covered is inlined.
 */
import { is, sizeOf, type Node } from '../graph/node.ts'
import { emitBackward } from '../kernel/attention/backward.ts'
import { emitFew, few } from '../kernel/attention/few.ts'
import { emitForward } from '../kernel/attention/forward.ts'
import type { Attention, Strided } from '../kernel/attention/spec.ts'
import type { Kernel, Target } from '../kernel/ir.ts'
import type { BufferInfo } from '../kernel/nest.ts'

export interface Composite {
  covers(n: Node<'call'>): boolean
  /** For each output the number of the input whose order in memory it takes; null: row-major. */
  readonly follows: readonly (number | null)[]
  emit(n: Node<'call'>, c: CompositeOperands, target: Target): Kernel
}

/** Where inputs and outputs of a composite lie. */
export interface CompositeOperands {
  readonly name: string
  readonly buffers: readonly BufferInfo[]
  readonly inputs: readonly Strided[]
  readonly outputs: readonly Strided[]
}

/** Longer rows would not leave room in the first cache. */
const widestRow = 512

function coversAttention(n: Node<'call'>): boolean {
  const [q, k, v, ...rest] = n.inputs
  const { mask } = n.attrs.options ?? {}
  const small = [q, v].every(x => (x.shape.at(-1) as number) <= widestRow)
  const kinds = [q, k, v].every(x => x.dtype === 'float32')
  const masks = !mask || rest[0].dtype === 'bool' || rest[0].dtype === 'float32'
  return small && kinds && masks && n.inputs.every(x => sizeOf(x.shape) > 0)
}

function attentionOf(n: Node<'call'>, { name, buffers, inputs }: CompositeOperands): Attention {
  const [query, key, value] = n.inputs
  const options = n.attrs.options as Readonly<Record<string, number | boolean>>
  const [queries, size] = query.shape.slice(-2)
  const [keys, valueSize] = [key.shape.at(-2) as number, value.shape.at(-1) as number]
  const [q, k, v] = inputs
  const masked = options.mask === true
  return {
    name, buffers, queries, size, keys, valueSize, q, k, v, batch: (n.outputs ?? [n])[0].shape.slice(0, -2),
    scale: options.scale as number, causal: options.causal === true,
    mask: masked ? { ...inputs[3], mem: n.inputs[3].dtype === 'bool' ? 'u8' : 'f32' } : null,
    length: options.length === true ? inputs[masked ? 4 : 3] : null,
  }
}

const attention: Composite = {
  covers: coversAttention,
  follows: [0, null],
  emit(n, c, target) {
    const [out, totals] = c.outputs
    const a = { ...attentionOf(n, c), out, totals }
    return a.queries > few ? emitForward(a, target) : emitFew(a, target)
  },
}

const attentionBackward: Composite = {
  covers: coversAttention,
  follows: [0, 1, 2],
  emit(n, c, target) {
    const [out, totals, cotangent] = c.inputs.slice(-3)
    const [dq, dk, dv] = c.outputs
    return emitBackward({ ...attentionOf(n, c), out, totals, cotangent, dq, dk, dv }, target)
  },
}

const composites: Readonly<Record<string, Composite>> = { attention, 'attention.backward': attentionBackward }

/** The composite of a call that has a kernel; null: it is inlined. */
export function compositeOf(n: Node): Composite | null {
  if (!is(n, 'call')) return null
  const known = composites[n.attrs.name]
  return known?.covers(n) ? known : null
}
