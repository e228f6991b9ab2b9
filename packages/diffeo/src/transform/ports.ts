/**
 * @file Values as the walks see them: output `index` of a producer. A primitive with several outputs is read through
 * `pick` nodes only, which stand for the output and are no step of their own; so the walks have no rule for them.
 */
import { is, type Aval, type Node } from '../graph/node.ts'

/** Whether the node only names one output of its input. */
export const isPort = (node: Node): boolean => is(node, 'pick')
export const producer = (node: Node): Node => (is(node, 'pick') ? node.inputs[0] : node)
export const portIndex = (node: Node): number => (is(node, 'pick') ? node.attrs.index : 0)
export const portsOf = (node: Node): readonly Aval[] => node.outputs ?? [node]
