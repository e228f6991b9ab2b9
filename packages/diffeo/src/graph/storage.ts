/** @file What nodes and cells both hold. */

export type Shape = readonly number[]

/** What the runtime hangs on a node or a cell whose value it has. Opaque here. */
export interface NodeStorage {
  readonly device: string
}
