/** @file Constants behind the code, each stored once a segment. */
import type { Assembler, Label } from '../../../asm/x64/index.ts'

/** 64 bits as two words, the low one first. */
export const wideWords = (bits: bigint): readonly [number, number] =>
  [Number(BigInt.asIntN(32, bits)), Number(BigInt.asIntN(32, bits >> 32n))]

export class ConstantPool {
  private readonly asm: Assembler
  private readonly labels = new Map<string, Label>()
  private readonly uniform = new Map<number, Label>()

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

  /** `lanes` times the same 64 bits. */
  wide(bits: bigint, lanes: number): Label {
    const halves = wideWords(bits)
    return this.words(Array.from({ length: 2 * lanes }, (_, i) => halves[i % 2]))
  }

  /** `lanes` times the same bits. */
  lanes(bits: number, lanes: number): Label {
    const key = (bits >>> 0) * 64 + lanes
    let label = this.uniform.get(key)
    if (label === undefined) {
      label = this.words(new Array<number>(lanes).fill(bits | 0))
      this.uniform.set(key, label)
    }
    return label
  }
}
