/** @file In which order a product of several tensors with named axes is made from products of two. */

/** An operand, or the product of two of these. */
export type Order = number | readonly [Order, Order]
export const operandsOf = (order: Order): number[] => (typeof order === 'number' ? [order] : order.flatMap(operandsOf))

/** What was multiplied so far: its axes, how, and the multiplications that it takes. */
interface Product { readonly names: readonly string[]; readonly order: Order; readonly cost: number }
interface Sizes { readonly of: ReadonlyMap<string, number>; readonly output: readonly string[] }

/** Every way is tried of so few: 3ⁿ pairs of sets. */
const tryAll = 8

/**
 * The order with the fewest multiplications: the least of all for up to 8 operands (each set of them from its best two
 * parts), beyond that always the pair next that takes the fewest.
 * @param operands - the names of each one's axes
 * @param of - the size of each name
 */
export function contractionOrder(
  operands: readonly (readonly string[])[], of: ReadonlyMap<string, number>, output: readonly string[],
): Order {
  if (operands.length <= 2) return operands.length === 1 ? 0 : [0, 1]
  const single = operands.map((names, k): Product => ({ names, order: k, cost: 0 }))
  return (operands.length <= tryAll ? leastOfAll : cheapestNext)(single, { of, output }).order
}

const union = (a: Product, b: Product): string[] => [...a.names, ...b.names.filter(n => !a.names.includes(n))]
const costOf = (a: Product, b: Product, { of }: Sizes): number =>
  union(a, b).reduce((cost, n) => cost * of.get(n)!, 1)

/** Both as one, with the axes that the output or another operand needs. */
const joined = (a: Product, b: Product, needed: ReadonlySet<string>, cost: number): Product =>
  ({ names: union(a, b).filter(n => needed.has(n)), order: [a.order, b.order], cost })

function leastOfAll(single: readonly Product[], sizes: Sizes): Product {
  const all = 2 ** single.length - 1
  // by set, a bit for each operand
  const best: Product[] = []
  for (let set = 1; set <= all; set++) {
    const lowest = set & -set
    if (set === lowest) {
      best[set] = single[Math.log2(set)]
      continue
    }
    let [left, least] = [lowest, Infinity]
    // the part with the first operand; of equal ones the first
    for (let part = lowest; part < set; part++) {
      if ((part & set) !== part || (part & lowest) === 0) continue
      const [a, b] = [best[part], best[set ^ part]]
      const cost = a.cost + b.cost + costOf(a, b, sizes)
      if (cost < least) [left, least] = [part, cost]
    }
    const others = single.filter((_, k) => !(set & 1 << k))
    const needed = new Set([...sizes.output, ...others.flatMap(o => o.names)])
    best[set] = joined(best[left], best[set ^ left], needed, least)
  }
  return best[all]
}

function cheapestNext(single: readonly Product[], sizes: Sizes): Product {
  let products = single
  while (products.length > 1) {
    let [first, second, least] = [0, 1, Infinity]
    for (let i = 0; i < products.length; i++) {
      for (let j = i + 1; j < products.length; j++) {
        const cost = costOf(products[i], products[j], sizes)
        if (cost < least) [first, second, least] = [i, j, cost]
      }
    }
    const rest = products.filter((_, k) => k !== first && k !== second)
    const needed = new Set([...sizes.output, ...rest.flatMap(p => p.names)])
    products = [...rest, joined(products[first], products[second], needed, least)]
  }
  return products[0]
}
