/** @file Writes a Qt resource (.rcc, version 3), as Qt's rcc does: for tests of reading one. */
import { deflateSync } from 'node:zlib'

const u32 = (n: number): Buffer => { const b = Buffer.alloc(4); b.writeUInt32BE(n); return b }
const u16 = (n: number): Buffer => { const b = Buffer.alloc(2); b.writeUInt16BE(n); return b }

interface Node { readonly name: string; readonly bytes?: Uint8Array; readonly children: Node[]; first: number }

/** A resource of files by path; every other one deflated. */
export function qtResource(files: Readonly<Record<string, Uint8Array>>): Buffer {
  const root: Node = { name: '', children: [], first: 0 }
  for (const [path, bytes] of Object.entries(files)) {
    let at = root
    for (const name of path.split('/').slice(0, -1)) {
      let next = at.children.find(c => c.name === name)
      if (!next) at.children.push(next = { name, children: [], first: 0 })
      at = next
    }
    at.children.push({ name: path.split('/').at(-1)!, bytes, children: [], first: 0 })
  }
  // breadth first: the children of a folder lie side by side
  const nodes = [root]
  for (const node of nodes) {
    node.first = nodes.length
    nodes.push(...node.children)
  }
  const names: Buffer[] = []
  const blobs: Buffer[] = []
  const sizeOf = (parts: Buffer[]): number => parts.reduce((sum, p) => sum + p.length, 0)
  const tree = nodes.map((node, i) => {
    const nameAt = sizeOf(names)
    const wide = Buffer.from(node.name, 'utf16le').swap16()
    names.push(u16(node.name.length), u32(0), wide)
    if (!node.bytes)
      return Buffer.concat([u32(nameAt), u16(2), u32(node.children.length), u32(node.first), Buffer.alloc(8)])
    const isDeflated = i % 2 === 0
    const bytes = isDeflated
      ? Buffer.concat([u32(node.bytes.length), deflateSync(node.bytes)])
      : Buffer.from(node.bytes)
    const blobAt = sizeOf(blobs)
    blobs.push(u32(bytes.length), bytes)
    return Buffer.concat([u32(nameAt), u16(isDeflated ? 1 : 0), u32(0), u32(blobAt), Buffer.alloc(8)])
  })
  const [t, b, n] = [tree, blobs, names].map(parts => Buffer.concat(parts))
  const start = 24
  return Buffer.concat([
    Buffer.from('qres'), u32(3), u32(start), u32(start + t.length), u32(start + t.length + b.length), u32(0), t, b, n,
  ])
}
