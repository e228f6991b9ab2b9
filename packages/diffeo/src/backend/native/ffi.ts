/**
 * @file The foreign function interface: koffi, loaded when asked for. Claimed for Linux on x86-64 only; another system
 * needs its own constants here, and on macOS pages mapped with MAP_JIT.
 */

/** `createRequire(import.meta.url)` of the entry: handed in, so that no bundler sees what is loaded. */
export type Require = (name: string) => unknown

/** Addresses are numbers: user space ends at 2^47. */
export interface Ffi {
  /** Maps anonymous private pages; 0 where the system refuses. `reserve`: no access yet, no memory promised. */
  map(bytes: number, access: 'write' | 'reserve'): number
  unmap(address: number, bytes: number): void
  protect(address: number, bytes: number, access: keyof typeof PROTECTION): void
  /** Only advice: a kernel that does not know it refuses, which changes nothing. */
  advise(address: number, bytes: number, advice: keyof typeof ADVICE): void
  /** A C function at an address; `types` are koffi's names, the result first. */
  bind(address: number, types: readonly string[]): (...args: unknown[]) => number
  /** Native memory as an ArrayBuffer. Slow, and never collected before the pages may go. */
  view(address: number, bytes: number): ArrayBuffer
  symbol(name: string): number
}

export type FfiResult = { readonly ffi: Ffi } | { readonly ffi: null; readonly reason: string }

interface Library {
  func(name: string, result: string, args: readonly string[]): (...args: unknown[]) => number
  symbol(name: string): unknown
}

interface Koffi {
  load(path: string | null): Library
  proto(result: string, args: readonly string[]): unknown
  decode(address: bigint, type: unknown): (...args: unknown[]) => number
  view(address: bigint, bytes: number): ArrayBuffer
  address(value: unknown): bigint
}

export const PAGE = 4096

const PROTECTION = { none: 0, write: 3, execute: 5 } as const
const ADVICE = { dontNeed: 4, hugePages: 14 } as const
const MAP_PRIVATE_ANONYMOUS = 0x22
const MAP_NORESERVE = 0x4000

/** The process itself holds its libc, glibc or musl; the names are for a process that hides it. */
const LIBRARIES = [null, 'libc.so.6', 'libpthread.so.0', 'libc.musl-x86_64.so.1']

export const loadFfi = (require: Require, platform = `${process.platform}-${process.arch}`): FfiResult => {
  if (platform !== 'linux-x64') return { ffi: null, reason: `native code is not supported on ${platform}` }
  try {
    return { ffi: linuxFfi(require('koffi') as Koffi) }
  } catch (error) {
    return { ffi: null, reason: `koffi could not be used: ${error instanceof Error ? error.message : String(error)}` }
  }
}

const linuxFfi = (koffi: Koffi): Ffi => {
  const libc = openLibrary(koffi)
  const mmap = libc.func('mmap', 'int64_t', ['int64_t', 'size_t', 'int', 'int', 'int', 'int64_t'])
  const munmap = libc.func('munmap', 'int', ['int64_t', 'size_t'])
  const mprotect = libc.func('mprotect', 'int', ['int64_t', 'size_t', 'int'])
  const madvise = libc.func('madvise', 'int', ['int64_t', 'size_t', 'int'])
  const check = (result: number, what: string) => {
    if (result !== 0) throw new Error(`${what} was refused by the system`)
  }
  return {
    map(bytes, access) {
      const flags = MAP_PRIVATE_ANONYMOUS | (access === 'reserve' ? MAP_NORESERVE : 0)
      const address = Number(mmap(0, bytes, access === 'reserve' ? PROTECTION.none : PROTECTION.write, flags, -1, 0))
      return address > 0 ? address : 0
    },
    unmap: (address, bytes) => check(munmap(address, bytes), `unmapping ${bytes} bytes`),
    protect: (address, bytes, access) =>
      check(mprotect(address, bytes, PROTECTION[access]), `protecting ${bytes} bytes (${access})`),
    advise: (address, bytes, advice) => void madvise(address, bytes, ADVICE[advice]),
    bind: (address, [result, ...args]) => koffi.decode(BigInt(address), koffi.proto(result, args)),
    view: (address, bytes) => koffi.view(BigInt(address), bytes),
    symbol: (name) => Number(koffi.address(libc.symbol(name))),
  }
}

/** The first library that has all we need. */
const openLibrary = (koffi: Koffi): Library => {
  let last: unknown
  for (const path of LIBRARIES) {
    try {
      const library = koffi.load(path)
      for (const name of ['mmap', 'munmap', 'mprotect', 'madvise', 'pthread_create']) library.symbol(name)
      return library
    } catch (error) {
      last = error
    }
  }
  throw last
}
