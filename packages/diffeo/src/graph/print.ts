/** @file A graph as text, one node a line, inputs before users. */
import { is, type Node } from './node.ts'
import { topological } from './walk.ts'

export function printGraph(outputs: readonly Node[], leaf: (n: Node) => boolean = () => false): string {
  const ids = new Map<Node, number>()
  const lines = topological(outputs, leaf).map(n => {
    const id = ids.size
    ids.set(n, id)
    const inputs = leaf(n) ? '' : `(${n.inputs.map(x => `%${ids.get(x)}`).join(', ')})`
    return `%${id} = ${n.op}${inputs}${attributes(n)} ${n.dtype}[${n.shape}]`
  })
  return [...lines, `return ${outputs.map(n => `%${ids.get(n)}`).join(', ')}`].join('\n')
}

function attributes(n: Node): string {
  if (is(n, 'read')) return ` ${n.attrs.cell.name || `cell ${n.attrs.cell.id}`}@${n.attrs.version}`
  if (n.op === 'scan' || n.op === 'call') return ''
  const text = JSON.stringify(n.attrs)
  return text === '{}' ? '' : ` ${text}`
}
