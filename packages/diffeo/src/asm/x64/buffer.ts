import type { Label } from './operands.ts'

interface Constant {
  readonly label: Label
  readonly bytes: Uint8Array
}

/** The recommended multi-byte nops, SDM volume 2, NOP, table 4-12. */
const NOPS: readonly (readonly number[])[] = [
  [0x90],
  [0x66, 0x90],
  [0x0f, 0x1f, 0x00],
  [0x0f, 0x1f, 0x40, 0x00],
  [0x0f, 0x1f, 0x44, 0x00, 0x00],
  [0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00],
  [0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00],
  [0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
  [0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
]

const bytesOf = (view: Uint32Array | Float32Array | Float64Array): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength)

/** Growing code bytes, labels, the rel32 fields that wait for them, and constants behind the code. */
export class CodeBuffer {
  private bytes = new Uint8Array(4096)
  private position = 0
  private readonly labels: number[] = []
  private readonly fixAt: number[] = []
  private readonly fixLabel: number[] = []
  private readonly constants: Constant[] = []
  /** The rel32 fields that wait for labels of other segments: to each add how far its target lies behind the field. */
  readonly outside: { readonly at: number; readonly label: Label }[] = []
  private readonly elsewhere = new Set<Label>()

  get length(): number {
    return this.position
  }

  newLabel(): Label {
    return this.labels.push(-1) - 1
  }

  bind(label: Label): void {
    this.place(label, this.position)
  }

  /** A label that another segment will bind. */
  newOutsideLabel(): Label {
    const label = this.newLabel()
    this.elsewhere.add(label)
    return label
  }

  /** Pads with nops so that the next instruction starts at a multiple of `n`, a power of two. */
  align(n: number): void {
    if (n < 1 || (n & (n - 1)) !== 0) throw new RangeError(`align: ${n} is not a power of two`)
    let left = -this.position & (n - 1)
    while (left > 0) {
      const nop = NOPS[Math.min(left, NOPS.length) - 1]
      for (const byte of nop) this.u8(byte)
      left -= nop.length
    }
  }

  /** Constants go behind the code, each aligned to its size rounded up to a power of two, at most 64. */
  dataU32(label: Label, values: ArrayLike<number>): void {
    this.dataBytes(label, bytesOf(Uint32Array.from(values)))
  }

  dataF32(label: Label, values: ArrayLike<number>): void {
    this.dataBytes(label, bytesOf(Float32Array.from(values)))
  }

  dataF64(label: Label, values: ArrayLike<number>): void {
    this.dataBytes(label, bytesOf(Float64Array.from(values)))
  }

  dataBytes(label: Label, bytes: Uint8Array): void {
    this.constants.push({ label, bytes })
  }

  /** Appends the constants, resolves every rel32 and returns the segment: once. Load it at a multiple of 64. */
  finish(): Uint8Array {
    this.appendConstants()
    const view = new DataView(this.bytes.buffer)
    for (let i = 0; i < this.fixAt.length; i++) this.resolve(view, this.fixAt[i], this.fixLabel[i])
    this.fixAt.length = this.fixLabel.length = 0
    return this.bytes.slice(0, this.position)
  }

  protected u8(value: number): void {
    if (this.position === this.bytes.length) this.grow()
    this.bytes[this.position++] = value
  }

  protected u16(value: number): void {
    const at = this.position
    if (at + 2 > this.bytes.length) this.grow()
    this.bytes[at] = value
    this.bytes[at + 1] = value >> 8
    this.position = at + 2
  }

  protected u32(value: number): void {
    if (this.position + 4 > this.bytes.length) this.grow()
    const { bytes, position } = this
    bytes[position] = value
    bytes[position + 1] = value >> 8
    bytes[position + 2] = value >> 16
    bytes[position + 3] = value >> 24
    this.position = position + 4
  }

  /** A rel32 to `label`; `tail` bytes of the instruction follow it (the processor counts from its end). */
  protected rel32(label: Label, tail: number, addend = 0): void {
    if (!(label >= 0 && label < this.labels.length)) throw new RangeError(`label ${label} was not made here`)
    this.fixAt.push(this.position)
    this.fixLabel.push(label)
    this.u32(addend - 4 - tail)
  }

  private grow(): void {
    const bigger = new Uint8Array(this.bytes.length * 2)
    bigger.set(this.bytes)
    this.bytes = bigger
  }

  private place(label: Label, position: number): void {
    if (this.labels[label] === undefined) throw new RangeError(`label ${label} was not made here`)
    if (this.labels[label] >= 0) throw new Error(`label ${label} is bound twice`)
    this.labels[label] = position
  }

  private appendConstants(): void {
    if (this.constants.length === 0) return
    this.padTo(64)
    for (const { label, bytes } of this.constants) {
      let alignment = 1
      while (alignment < 64 && alignment < bytes.length) alignment *= 2
      this.padTo(alignment)
      this.place(label, this.position)
      for (let i = 0; i < bytes.length; i++) this.u8(bytes[i])
    }
    this.constants.length = 0
  }

  /** int3: a jump that runs off the end of the code traps. */
  private padTo(alignment: number): void {
    while ((this.position & (alignment - 1)) !== 0) this.u8(0xcc)
  }

  private resolve(view: DataView, at: number, label: Label): void {
    if (this.elsewhere.has(label)) { this.outside.push({ at, label }); return }
    const target = this.labels[label]
    if (target < 0) throw new Error(`label ${label} is used but never bound`)
    view.setInt32(at, view.getInt32(at, true) + target - at, true)
  }
}
