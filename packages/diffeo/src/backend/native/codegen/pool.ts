/** @file Constants behind the code, each stored once a segment. */
import type { Assembler, Label } from '../../../asm/x64/index.ts'

export class ConstantPool {
  private readonly asm: Assembler
  private readonly labels = new Map<string, Label>()

  constructor(asm: Assembler) { this.asm = asm }

  /** `values` are the bits of 32-bit lanes. */
  words(values: readonly number[]): Label {
    const key = values.join()
    let label = this.labels.get(key)
    if (label === undefined) {
      label = this.asm.newLabel()
      this.asm.dataU32(label, values)
      this.labels.set(key, label)
    }
    return label
  }

  /** `lanes` times the same bits. */
  lanes(bits: number, lanes: number): Label { return this.words(new Array<number>(lanes).fill(bits)) }
}
