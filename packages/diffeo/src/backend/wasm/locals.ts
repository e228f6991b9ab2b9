/** @file Numbers locals and uses them again: baseline compilers pay for each at every join. */
import type { ValType } from '../../asm/wasm/index.ts'
import type { Value } from '../../kernel/ir.ts'

export function typeOf({ kind, lanes }: Value): ValType {
  if (lanes > 1) return 'v128'
  return kind === 'f32' || kind === 'f64' || kind === 'i64' ? kind : 'i32'
}

export class Locals {
  /** The types after the parameters, in order. */
  readonly types: ValType[] = []
  private readonly params: number
  private readonly unused = new Map<ValType, number[]>()

  constructor(params: number) {
    this.params = params
  }

  take(type: ValType): number {
    return this.unused.get(type)?.pop() ?? this.params + this.types.push(type) - 1
  }

  give(index: number): void {
    const type = this.types[index - this.params]
    const list = this.unused.get(type)
    if (list) list.push(index)
    else this.unused.set(type, [index])
  }
}
