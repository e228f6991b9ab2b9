/**
 * @file `conv`: n-d cross-correlation with stride, padding, dilation of both sides and groups. It is closed under
 * differentiation: both of its gradients are convolutions.
 */
import { Index } from '../expr/index.ts'
import type { Expr, Exprs } from '../expr/scalar.ts'
import { apply, constantLike, flip, permute, reshape } from '../graph/build.ts'
import { isFloat } from '../graph/dtype.ts'
import { sizeOf, type Aval, type ConvAttrs, type Node, type Shape } from '../graph/node.ts'
import { ShapeError } from '../util/errors.ts'
import { bilinearTangent, productDtype, toFront } from './dot.ts'
import type { NDArray, Operand, OpRecord } from './record.ts'
import { multiplier, wrapper } from './support/round.ts'

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

/** Elements spread over `n` places of which each has `dilation − 1` zeros behind it, but for the last. */
const dilated = (n: number, dilation: number): number => (n === 0 ? 0 : (n - 1) * dilation + 1)

function checkRank(x: Aval, w: Aval): number {
  const n = x.shape.length - 2
  if (n < 1 || w.shape.length !== n + 2) {
    throw new ShapeError(
      `conv: the input is [${x.shape}] and the kernel [${w.shape}]; expected [batch, in, ...space] and `
        + '[out, in/groups, ...window] of the same rank, at least 3',
    )
  }
  return n
}

function checkAttrs(a: ConvAttrs, n: number): void {
  for (const name of ['stride', 'dilateInput', 'dilateKernel'] as const) {
    if (a[name].length !== n || !a[name].every(v => Number.isInteger(v) && v >= 1)) {
      throw new ShapeError(`conv: ${name} is [${a[name]}]; expected ${n} integers of at least 1, one a spatial axis`)
    }
  }
  if (a.pad.length !== n || !a.pad.every(p => p.length === 2 && p.every(Number.isInteger))) {
    throw new ShapeError(`conv: pad is ${JSON.stringify(a.pad)}; expected ${n} pairs [before, after] of integers`)
  }
  if (!Number.isInteger(a.groups) || a.groups < 1)
    throw new ShapeError(`conv: groups is ${a.groups}; expected an integer of at least 1`)
}

function checkChannels(x: Aval, w: Aval, groups: number): void {
  const [channels, out, perGroup] = [x.shape[1], w.shape[0], w.shape[1]]
  if (channels !== perGroup * groups) {
    throw new ShapeError(
      `conv: the input [${x.shape}] has ${channels} channels, but the kernel [${w.shape}] with groups = ${groups} `
        + `takes ${perGroup * groups}`,
    )
  }
  if (out % groups !== 0) {
    throw new ShapeError(
      `conv: the ${out} output channels of the kernel [${w.shape}] cannot be divided into ${groups} groups`,
    )
  }
}

function outputSize(x: Aval, w: Aval, a: ConvAttrs, axis: number): number {
  const padded = dilated(x.shape[axis + 2], a.dilateInput[axis]) + a.pad[axis][0] + a.pad[axis][1]
  const window = dilated(w.shape[axis + 2], a.dilateKernel[axis])
  if (padded < window) {
    throw new ShapeError(
      `conv: on spatial axis ${axis} the kernel covers ${window} elements (size ${w.shape[axis + 2]}, dilation `
        + `${a.dilateKernel[axis]}), but the input [${x.shape}] has only ${padded} with its padding; `
        + 'pad more or use a smaller kernel',
    )
  }
  return Math.floor((padded - window) / a.stride[axis]) + 1
}

const convNode = (x: Node, w: Node, attrs: ConvAttrs): Node => apply('conv', [x, w], attrs)

// ---- the reference ----

/** For each (output position, window position), the flat input position that meets there, or −1. */
function meetings(x: Shape, w: Shape, out: Shape, a: ConvAttrs): Int32Array {
  let table = Int32Array.of(0)
  let windows = 1
  for (let axis = 0; axis < a.stride.length; axis++) {
    const [o, k, size] = [out[axis + 2], w[axis + 2], x[axis + 2]]
    const next = new Int32Array(table.length * o * k)
    for (let n = 0; n < next.length; n++) {
      const [row, column] = [Math.floor(n / (windows * k)), n % (windows * k)]
      const before = table[Math.floor(row / o) * windows + Math.floor(column / k)]
      const place = (row % o) * a.stride[axis] + (column % k) * a.dilateKernel[axis] - a.pad[axis][0]
      const at = place / a.dilateInput[axis]
      next[n] = before >= 0 && Number.isInteger(at) && at >= 0 && at < size ? before * size + at : -1
    }
    table = next
    windows *= k
  }
  return table
}

function convolve(x: NDArray, w: NDArray, a: ConvAttrs, out: Aval): NDArray {
  const [batch, outs, space] = [out.shape[0], out.shape[1], sizeOf(out.shape.slice(2))]
  const [perGroup, window, area] = [w.shape[1], sizeOf(w.shape.slice(2)), sizeOf(x.shape.slice(2))]
  const table = meetings(x.shape, w.shape, out.shape, a)
  const times = multiplier(out.dtype)
  const wrap = wrapper(out.dtype)
  const data = new Float64Array(sizeOf(out.shape))
  for (let n = 0, at = 0; n < batch; n++) {
    for (let o = 0; o < outs; o++) {
      const first = n * x.shape[1] + Math.floor(o / (outs / a.groups)) * perGroup
      for (let p = 0; p < space; p++) {
        let sum = 0
        for (let c = 0; c < perGroup; c++) {
          const [plane, kernel] = [(first + c) * area, (o * perGroup + c) * window]
          for (let k = 0; k < window; k++) {
            const i = table[p * window + k]
            if (i >= 0) sum += times(x.data[plane + i], w.data[kernel + k])
          }
        }
        data[at++] = wrap(sum)
      }
    }
  }
  return { ...out, data }
}

// ---- gradients ----

/** [a·b, …] → [b·a, …] and the like: axes of `shape` permuted, then merged to `merged`. */
const rearrange = (a: Node, shape: Shape, perm: readonly number[], merged: Shape): Node =>
  reshape(permute(reshape(a, shape), [...perm, ...range(perm.length, shape.length)]), merged)

/** The kernel of the data gradient: in and out channels exchanged inside each group, window reversed. */
function transposedKernel(w: Node, groups: number): Node {
  const [outs, perGroup, ...window] = w.shape
  const swapped =
    groups === 1
      ? permute(w, [1, 0, ...range(2, w.shape.length)])
      : rearrange(
          w,
          [groups, outs / groups, perGroup, ...window],
          [0, 2, 1],
          [groups * perGroup, outs / groups, ...window],
        )
  return flip(
    swapped,
    range(2, w.shape.length).filter(axis => w.shape[axis] > 1),
  )
}

/**
 * An input element i and a window element k meet at the output o with o·stride = i·dilateInput + pad − k·dilateKernel.
 * With k′ = last − k that is i·dilateInput + k′·dilateKernel − P = o·stride, P = last·dilateKernel − pad: a convolution
 * of g dilated by `stride`. The padding after it follows from the size that must come out.
 */
function dataGradient(g: Node, x: Node, w: Node, a: ConvAttrs): Node {
  const pad = a.stride.map((stride, i) => {
    const reach = (w.shape[i + 2] - 1) * a.dilateKernel[i]
    const span = (x.shape[i + 2] - 1) * a.dilateInput[i] - (g.shape[i + 2] - 1) * stride
    return [reach - a.pad[i][0], span + a.pad[i][0]] as const
  })
  const attrs: ConvAttrs = {
    stride: a.dilateInput,
    pad,
    dilateInput: a.stride,
    dilateKernel: a.dilateKernel,
    groups: a.groups,
  }
  return convNode(g, transposedKernel(w, a.groups), attrs)
}

/** k·dilateKernel + o·stride − pad = i·dilateInput: a convolution of x with g, over the batch as the channel. */
function kernelGradient(g: Node, x: Node, w: Node, a: ConvAttrs): Node {
  const [batch, channels, ...space] = x.shape
  const rest = range(2, x.shape.length)
  const pad = a.stride.map((stride, i) => {
    const reach = (w.shape[i + 2] - 1) * a.dilateKernel[i]
    const span = (x.shape[i + 2] - 1) * a.dilateInput[i] - (g.shape[i + 2] - 1) * stride
    return [a.pad[i][0], reach - span - a.pad[i][0]] as const
  })
  const images =
    a.groups === 1
      ? permute(x, [1, 0, ...rest])
      : rearrange(
          x,
          [batch, a.groups, channels / a.groups, ...space],
          [2, 1, 0],
          [channels / a.groups, a.groups * batch, ...space],
        )
  const attrs: ConvAttrs = {
    stride: a.dilateKernel,
    pad,
    dilateInput: a.dilateInput,
    dilateKernel: a.stride,
    groups: a.groups,
  }
  return permute(convNode(images, permute(g, [1, 0, ...rest]), attrs), [1, 0, ...rest])
}

// ---- batching ----

/** x batched: the examples join the batch. */
function batchInput(x: Node, w: Node, attrs: ConvAttrs): Node {
  const [size, batch, ...rest] = x.shape
  const out = convNode(reshape(x, [size * batch, ...rest]), w, attrs)
  return reshape(out, [size, batch, ...out.shape.slice(1)])
}

/** Only the kernel batched: its examples become output channels, group by group. */
function batchKernel(x: Node, w: Node, attrs: ConvAttrs): Node {
  const [size, outs, ...rest] = w.shape
  const { groups } = attrs
  const kernel = rearrange(w, [size, groups, outs / groups, ...rest], [1, 0, 2], [size * outs, ...rest])
  const out = convNode(x, kernel, attrs)
  const [batch, , ...space] = out.shape
  return rearrange(out, [batch, groups, size, outs / groups, ...space], [2, 0, 1, 3], [size, batch, outs, ...space])
}

/** Both batched: an example is a block of groups. */
function batchBoth(x: Node, w: Node, attrs: ConvAttrs): Node {
  const [size, batch, channels, ...space] = x.shape
  const images = reshape(permute(x, [1, 0, ...range(2, x.shape.length)]), [batch, size * channels, ...space])
  const kernels = reshape(w, [size * w.shape[1], ...w.shape.slice(2)])
  const out = convNode(images, kernels, { ...attrs, groups: attrs.groups * size })
  return toFront(reshape(out, [batch, size, w.shape[1], ...out.shape.slice(2)]), 1)
}

// ---- lowering ----

/** The input element under window element `k` for output position `o`, or zero where there is none. */
function inputElement(
  e: Exprs,
  x: Operand,
  lead: readonly Index[],
  places: readonly Index[],
  node: Node<'conv'>,
): Expr {
  const { dilateInput } = node.attrs
  const input = node.inputs[0]
  let there = e.constant(1, 'bool')
  const at = places.map((place, i) => {
    const by = dilateInput[i]
    there = e.binary('and', there, e.inRange(place, 0, dilated(input.shape[i + 2], by)))
    if (by === 1) return place
    there = e.binary('and', there, e.inRange(place.mod(by), 0, 1))
    return place.div(by)
  })
  return e.where(there, x([...lead, ...at]), e.constant(0, node.dtype))
}

export const conv: OpRecord<'conv'> = {
  infer([x, w], attrs) {
    const dtype = productDtype('conv', x, w)
    const n = checkRank(x, w)
    checkAttrs(attrs, n)
    checkChannels(x, w, attrs.groups)
    return { shape: [x.shape[0], w.shape[0], ...range(0, n).map(i => outputSize(x, w, attrs, i))], dtype }
  },

  evaluate: ([x, w], node) => convolve(x, w, node.attrs, { shape: node.shape, dtype: node.dtype }),

  vjp([g], node) {
    if (!g || !isFloat(node.dtype)) return [null, null]
    const [x, w] = node.inputs
    if (sizeOf(x.shape) === 0 || sizeOf(w.shape) === 0 || sizeOf(g.shape) === 0)
      return [constantLike(x, 0), constantLike(w, 0)]
    return [dataGradient(g, x, w, node.attrs), kernelGradient(g, x, w, node.attrs)]
  },

  jvp: (tangents, node) => [bilinearTangent((x, w) => convNode(x, w, node.attrs), node.inputs, tangents)],

  batch([x, w], [inX, inW], node) {
    if (!inW) return [batchInput(x, w, node.attrs)]
    return [inX ? batchBoth(x, w, node.attrs) : batchKernel(x, w, node.attrs)]
  },

  lower(e, [x, w], index, node) {
    const { stride, pad, dilateKernel, groups } = node.attrs
    const [outs, perGroup, ...window] = node.inputs[1].shape
    const vars = e.reductionVariables([perGroup, ...window], index)
    const [channel, ...k] = vars.map(Index.of)
    const [n, o, ...p] = index
    const inChannel =
      groups === 1
        ? channel
        : o
            .div(outs / groups)
            .times(perGroup)
            .add(channel)
    const places = p.map((at, i) => at.times(stride[i]).add(k[i].times(dilateKernel[i])).plus(-pad[i][0]))
    const a = inputElement(e, x, [n, inChannel], places, node)
    return e.reduce('add', vars, e.binary('mul', a, w([o, channel, ...k])))
  },
}
