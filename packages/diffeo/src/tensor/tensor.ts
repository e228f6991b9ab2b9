/**
 * @file The Tensor: an immutable value, computed when it is asked for. Its methods come by family, each family a class
 * below this one: `methods/{binary,unary,reduction,movement,indexing}.ts`, thin over the functions on nodes in
 * `functions/`.
 */
import { cast, stopGradient } from '../graph/build.ts'
import type { DType } from '../graph/dtype.ts'
import { executor, type Device } from '../graph/executor.ts'
import type { Node } from '../graph/node.ts'
import { TraceError } from '../util/errors.ts'
import { atUserLine } from '../util/caller.ts'
import { checkOptions, type Names } from '../util/options.ts'
import type { HostArray, NestedArray } from './convert.ts'
import { upload } from './core.ts'
import { checkDType, isDType, isForeignDType } from './functions/promote.ts'
import { leafOf } from './history.ts'
import { IndexingMethods } from './methods/indexing.ts'
import { innermost } from './scope.ts'

/** What stands for a tensor in arguments. */
export type TensorLike = Tensor | number | boolean | NestedArray | HostArray

export class Tensor extends IndexingMethods<Tensor> {
  /** @internal */
  override make(node: Node): Tensor {
    // the same value in two tensors: neither may free it
    const shared = node === this.held || node.op === 'read'
    return new Tensor(shared ? this.alias(node) : node, node, this.device)
  }

  /**
   * In another dtype (floats to integers truncate, anything but 0 is true), or on another device. @example
   * x.to('float16')
   */
  to(target: DType | Device): Tensor {
    if (isDType(target) || isForeignDType(target)) return this.cast(target as DType)
    const device = target === 'cpu' && (this.device === 'native' || this.device === 'wasm') ? this.device : target
    if (device === this.device) return this
    if (innermost())
      throw new TraceError(
        `to('${target}') while ${innermost()!.kind} traces${atUserLine()}: a program runs on one device. Move it before`,
      )
    return new Tensor(upload(this.dataSync(), this.shape, this.dtype, device), this.aval, device)
  }

  /** In another dtype. @throws DTypeError if there is no such dtype */
  cast(dtype: DType): Tensor {
    checkDType('cast', dtype)
    return dtype === this.dtype ? this : this.make(cast(this.node, dtype))
  }

  /**
   * The same value without its history: gradients stop here. A parameter's is what it holds now, whatever comes later.
   */
  detach(): Tensor {
    const node = this.node
    if (!node.storage || innermost()) return this.make(stopGradient(node))
    // a node of its own, also of a leaf: gradients with respect to this tensor stop at the copy
    return this.make(this.alias(leafOf(node.storage, node)))
  }
}

export interface Options { dtype?: DType; device?: Device }
const optionNames: Names<Options> = { dtype: true, device: true }
/** @throws DiffeoError, DTypeError unless these are options that tensors are made with */
export function checkMade(op: string, options: Options | undefined, names: Names<Options> = optionNames): void {
  if (options === undefined) return
  checkOptions(op, options, names)
  if (options.dtype !== undefined) checkDType(op, options.dtype)
}
/** The tensor of a node: where its value is, else on the device of the options, else on that in force. */
export function wrap(node: Node, options?: Options): Tensor {
  const inForce = executor().device
  const asked = options?.device ?? inForce
  const device = asked === 'cpu' && (inForce === 'native' || inForce === 'wasm') ? inForce : asked
  return new Tensor(node, node, (node.storage?.device as Device | undefined) ?? device)
}
