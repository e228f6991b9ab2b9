/** @file Programs of the null backend, from nn's own functions on placeholders. */
import '../../../src/ops/index.ts'
import { countProgram, NullLinker, nullTarget, type ProgramCount } from '../../../src/backend/null/index.ts'
import type { Cell } from '../../../src/graph/cell.ts'
import type { DType } from '../../../src/graph/dtype.ts'
import { installExecutor } from '../../../src/graph/executor.ts'
import { placeholder } from '../../../src/graph/build.ts'
import type { Node, Shape } from '../../../src/graph/node.ts'
import { CompiledExecutor } from '../../../src/runtime/compiled-executor.ts'
import { compileProgram } from '../../../src/schedule/index.ts'
import { tensor, type Tensor } from '../../../src/tensor/index.ts'

installExecutor(new CompiledExecutor({ device: 'null', linker: new NullLinker(), target: nullTarget }))

let inputs = 0
/** A tensor that is there when the program runs. */
export const input = (shape: Shape, dtype: DType = 'float32'): Tensor =>
  tensor(0).make(placeholder(inputs++, shape, dtype))

const isLeaf = (n: Node): boolean => n.op === 'placeholder' || n.op === 'read' || n.storage !== null

/** What computing the tensors would take. `updates`: output number → the cell it replaces. */
export const count = (outputs: readonly Tensor[], updates: ReadonlyMap<number, Cell> = new Map()): ProgramCount =>
  countProgram(
    compileProgram(
      outputs.map(t => t.node),
      { target: nullTarget, leaf: isLeaf, updates },
    ),
  )
