/**
 * @file Cells: whatever changes. A cell has an identity and a version; reading one is the node `read(cell, version)`.
 */
import type { DType } from './dtype.ts'
import type { NodeStorage, Shape } from './storage.ts'

let nextId = 0

export class Cell {
  readonly id = nextId++
  readonly shape: Shape
  readonly dtype: DType
  /** What it is, for errors and for `explain`: `conv1.weight`, `adam.m`. */
  name: string
  /** Grows with each assignment. */
  version = 0
  /** The value at `version`. */
  storage: NodeStorage | null
  /** Whether a read outside of programs may still hold `storage`: then a program must not update it in place. */
  shared = false

  constructor(shape: Shape, dtype: DType, storage: NodeStorage | null, name = '') {
    this.shape = shape
    this.dtype = dtype
    this.storage = storage
    this.name = name
  }
}
