/** @file Code segments: written once, then executable; never both. */
import { PAGE, type Ffi } from './ffi.ts'

export class CodeSegment {
  readonly address: number
  readonly bytes: number
  private readonly ffi: Ffi
  private mapped = true

  /** `write` copies the code to native memory. */
  constructor(ffi: Ffi, code: Uint8Array, write: (address: number, bytes: Uint8Array) => void) {
    this.ffi = ffi
    this.bytes = Math.max(1, Math.ceil(code.length / PAGE)) * PAGE
    this.address = ffi.map(this.bytes, 'write')
    if (this.address === 0) throw new Error(`no memory for ${this.bytes} bytes of machine code`)
    try {
      write(this.address, code)
      ffi.protect(this.address, this.bytes, 'execute')
    } catch (error) {
      this.release()
      throw error
    }
  }

  release(): void {
    if (!this.mapped) return
    this.mapped = false
    this.ffi.unmap(this.address, this.bytes)
  }
}

/** For the first segment; later ones are copied by the code in it. */
export const writeThroughView = (ffi: Ffi) => (address: number, bytes: Uint8Array): void => {
  new Uint8Array(ffi.view(address, bytes.length)).set(bytes)
}
