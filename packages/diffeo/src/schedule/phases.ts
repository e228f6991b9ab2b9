/**
 * @file A convolution over an input with zeros between its elements (the data gradient of a strided convolution) as
 * ordinary convolutions, one a phase of the output, so that no inserted zero is multiplied. In one dimension, with
 * stride s between the elements: y[s·q + r] = Σ_j x[q + j + (r + k_r − pad)/s] · w[k_r + s·j], k_r = (pad − r) mod s.
 */
import { apply, concat, constant, reshape, slice } from '../graph/build.ts'
import type { Attrs, Node } from '../graph/node.ts'

/** Whether the rule covers it: the output is walked without a stride, the kernel without gaps. */
export const hasPhases = ({ stride, dilateInput, dilateKernel }: Attrs['conv']): boolean =>
  dilateInput.some(d => d > 1) && dilateInput.every((d, i) => d === 1 || (stride[i] === 1 && dilateKernel[i] === 1))

/** Splits the first axis that has phases; what is left of them is for the next call. */
export function splitPhases(n: Node<'conv'>): Node {
  const { dilateInput } = n.attrs
  const axis = dilateInput.findIndex(d => d > 1)
  const s = dilateInput[axis]
  const length = n.shape[axis + 2]
  const turns = Math.ceil(length / s)
  const parts = Array.from({ length: s }, (_, r) => unitBehind(phase(n, axis, r, turns), axis + 2))
  const merged = concat(parts, axis + 3)
  const all = reshape(merged, merged.shape.flatMap((d, i) => (i === axis + 2 ? [d * s] : i === axis + 3 ? [] : [d])))
  return cut(all, axis + 2, 0, length, 1)
}

/** Elements r, r + s, … of the output: `turns` of them, some perhaps beyond its end. */
function phase(n: Node<'conv'>, axis: number, r: number, turns: number): Node {
  const [x, w] = n.inputs
  const { attrs } = n
  const s = attrs.dilateInput[axis]
  const before = attrs.pad[axis][0]
  const first = (((before - r) % s) + s) % s
  const taps = w.shape[axis + 2]
  const shape = n.shape.map((d, i) => (i === axis + 2 ? turns : d))
  if (first >= taps) return constant(0, shape, n.dtype)
  const kernel = cut(w, axis + 2, first, taps, s)
  // the input element that meets the first tap of output 0, and the one behind that of the last output's last tap
  const start = (r + first - before) / s
  const end = turns - 1 + kernel.shape[axis + 2] - 1 + start + 1
  const edges: [number, number] = [-start, end - x.shape[axis + 2]]
  const with_ = <T>(list: readonly T[], value: T): T[] => list.map((v, i) => (i === axis ? value : v))
  return apply('conv', [x, kernel], {
    ...attrs,
    dilateInput: with_(attrs.dilateInput, 1),
    pad: with_(attrs.pad, edges),
  })
}

const unitBehind = (a: Node, axis: number): Node => reshape(a, a.shape.flatMap((d, i) => (i === axis ? [d, 1] : [d])))

function cut(a: Node, axis: number, start: number, stop: number, step: number): Node {
  if (start === 0 && step === 1 && stop === a.shape[axis]) return a
  const at = (v: number, other: (d: number) => number) => a.shape.map((d, i) => (i === axis ? v : other(d)))
  return slice(a, at(start, () => 0), at(stop, d => d), at(step, () => 1))
}
