/**
 * @file Index expressions: which element is meant, as an affine function of loop variables,
 * `offset + Σ coefficient · atom`. Division and remainder by a constant stay affine where the ranges allow; where
 * they do not they become atoms of their own, and `splits` says which loop to split to make them vanish.
 */

/** A loop variable: 0 ≤ v < extent. */
export interface IndexVar {
  readonly kind: 'var'
  readonly id: number
  readonly extent: number
}
interface Quotient {
  readonly kind: 'div' | 'mod'
  readonly id: number
  readonly of: Index
  readonly by: number
  readonly extent: number
  readonly low: number
}
/** A scalar expression, as far as an index needs to know it: see scalar.ts. */
export interface RuntimeValue { readonly id: number; readonly free: readonly IndexVar[] }
/** A value known at run time, clamped into [0, extent). */
export interface Dynamic {
  readonly kind: 'dynamic'
  readonly id: number
  readonly value: RuntimeValue
  readonly extent: number
}
export type Atom = IndexVar | Quotient | Dynamic

let nextAtom = 1
export const indexVar = (extent: number): IndexVar => ({ kind: 'var', id: nextAtom++, extent })
const quotients = (kind: 'div' | 'mod', of: Index, by: number): Quotient => {
  const [low, high] = of.bounds()
  const [a, b] = kind === 'mod' ? [0, by - 1] : [Math.floor(low / by), Math.floor(high / by)]
  return { kind, id: nextAtom++, of, by, low: a, extent: b - a + 1 }
}

const lowest = (a: Atom): number => (a.kind === 'var' || a.kind === 'dynamic' ? 0 : a.low)

export class Index {
  readonly offset: number
  /** Sorted by atom id, no coefficient is 0. */
  readonly atoms: readonly Atom[]
  readonly coefs: readonly number[]
  private text: string | null = null

  constructor(offset: number, atoms: readonly Atom[] = [], coefs: readonly number[] = []) {
    this.offset = offset
    this.atoms = atoms
    this.coefs = coefs
  }

  static of(v: IndexVar): Index { return v.extent === 1 ? new Index(0) : new Index(0, [v], [1]) }
  static constant(n: number): Index { return new Index(n) }
  /** A run-time index; the program checks it against [0, extent). */
  static dynamic(value: RuntimeValue, extent: number): Index {
    // One id a pair of value and extent: a kernel has far fewer than 2²¹ expressions, and an axis fewer than 2³¹
    // elements.
    return new Index(0, [{ kind: 'dynamic', id: -1 - value.id - extent * 2 ** 21, value, extent }], [1])
  }

  get isConstant(): boolean { return this.atoms.length === 0 }

  plus(n: number): Index { return n === 0 ? this : new Index(this.offset + n, this.atoms, this.coefs) }

  times(n: number): Index {
    if (n === 1) return this
    return n === 0 ? new Index(0) : new Index(this.offset * n, this.atoms, this.coefs.map(c => c * n))
  }

  add(other: Index): Index {
    if (other.atoms.length === 0) return this.plus(other.offset)
    if (this.atoms.length === 0) return other.plus(this.offset)
    const atoms: Atom[] = []
    const coefs: number[] = []
    let i = 0
    let j = 0
    while (i < this.atoms.length || j < other.atoms.length) {
      const a = this.atoms[i]
      const b = other.atoms[j]
      if (!b || (a && a.id < b.id)) { atoms.push(a); coefs.push(this.coefs[i++]) }
      else if (!a || b.id < a.id) { atoms.push(b); coefs.push(other.coefs[j++]) }
      else {
        const c = this.coefs[i++] + other.coefs[j++]
        if (c !== 0) { atoms.push(a); coefs.push(c) }
      }
    }
    return rejoined(new Index(this.offset + other.offset, atoms, coefs))
  }

  minus(other: Index): Index { return this.add(other.times(-1)) }

  /** The least and the greatest value. */
  bounds(): [number, number] {
    let low = this.offset
    let high = this.offset
    for (let i = 0; i < this.atoms.length; i++) {
      const c = this.coefs[i]
      const first = c * lowest(this.atoms[i])
      const last = c * (lowest(this.atoms[i]) + this.atoms[i].extent - 1)
      low += Math.min(first, last)
      high += Math.max(first, last)
    }
    return [low, high]
  }

  /** ⌊this / by⌋ */
  div(by: number): Index {
    if (by === 1) return this
    const { whole, rest } = this.divide(by)
    const [low, high] = rest.bounds()
    const q = Math.floor(low / by)
    if (q === Math.floor(high / by)) return whole.plus(q)
    const atom = quotients('div', rest, by)
    return whole.add(new Index(0, [atom], [1]))
  }

  /** this − by · ⌊this / by⌋ */
  mod(by: number): Index {
    if (by === 1) return new Index(0)
    const { rest } = this.divide(by)
    const [low, high] = rest.bounds()
    const q = Math.floor(low / by)
    if (q === Math.floor(high / by)) return rest.plus(-q * by)
    return new Index(0, [quotients('mod', rest, by)], [1])
  }

  /** this = by · whole + rest, rest having only what does not divide. */
  private divide(by: number): { whole: Index; rest: Index } {
    const outAtoms: Atom[] = []
    const outCoefs: number[] = []
    const restAtoms: Atom[] = []
    const restCoefs: number[] = []
    for (let i = 0; i < this.atoms.length; i++) {
      if (this.coefs[i] % by === 0) { outAtoms.push(this.atoms[i]); outCoefs.push(this.coefs[i] / by) }
      else { restAtoms.push(this.atoms[i]); restCoefs.push(this.coefs[i]) }
    }
    const q = Math.floor(this.offset / by)
    return { whole: new Index(q, outAtoms, outCoefs), rest: new Index(this.offset - q * by, restAtoms, restCoefs) }
  }

  coefficient(atom: Atom): number {
    const i = this.atoms.findIndex(a => a.id === atom.id)
    return i < 0 ? 0 : this.coefs[i]
  }

  /** Replaces variables. */
  substitute(map: (v: IndexVar) => Index | null, dynamic?: (value: RuntimeValue) => RuntimeValue): Index {
    const { atoms, coefs } = this
    const kept = atoms.map(a => a.kind === 'var' && map(a) === null)
    if (kept.every(k => k)) return this
    let out = new Index(this.offset, atoms.filter((_, i) => kept[i]), coefs.filter((_, i) => kept[i]))
    for (let i = 0; i < atoms.length; i++) {
      const a = atoms[i]
      if (kept[i]) continue
      let term: Index
      if (a.kind === 'var') term = map(a) as Index
      else if (a.kind === 'dynamic') term = dynamic ? Index.dynamic(dynamic(a.value), a.extent) : new Index(0, [a], [1])
      else {
        const inner = a.of.substitute(map, dynamic)
        term = a.kind === 'div' ? inner.div(a.by) : inner.mod(a.by)
      }
      out = out.add(term.times(coefs[i]))
    }
    return out
  }

  /** Whether the variable stands inside a quotient. */
  divides(v: IndexVar): boolean {
    let found = false
    for (const a of this.atoms)
      if (a.kind === 'div' || a.kind === 'mod')
        a.of.walk(x => {
          if (x.id === v.id) found = true
        })
    return found
  }

  /** Calls `visit` with every atom, those inside quotients included. */
  walk(visit: (a: Atom) => void): void {
    const { atoms } = this
    for (let i = 0; i < atoms.length; i++) {
      const a = atoms[i]
      visit(a)
      if (a.kind === 'div' || a.kind === 'mod') a.of.walk(visit)
    }
  }

  /** Structure as a string: equal keys mean equal indices. */
  get key(): string {
    if (this.text !== null) return this.text
    let s = String(this.offset)
    for (let i = 0; i < this.atoms.length; i++) s += `+${this.coefs[i]}*${atomKey(this.atoms[i])}`
    return this.text = s
  }
}

/** by · ⌊i / by⌋ + i mod by = i: what a reshape took apart and another one, or a layout, puts together. */
function rejoined(index: Index): Index {
  const { atoms, coefs } = index
  for (let i = 0; i < atoms.length; i++) {
    const mod = atoms[i]
    if (mod.kind !== 'mod') continue
    const j = atoms.findIndex((a, k) =>
      a.kind === 'div' && a.by === mod.by && coefs[k] === coefs[i] * a.by && a.of.key === mod.of.key)
    if (j < 0) continue
    const keep = (_: unknown, k: number) => k !== i && k !== j
    return new Index(index.offset, atoms.filter(keep), coefs.filter(keep)).add(mod.of.times(coefs[i]))
  }
  return index
}

const atomKey = (a: Atom): string =>
  a.kind === 'var' ? `v${a.id}` : a.kind === 'dynamic' ? `d${a.value.id}<${a.extent}` : `(${a.of.key})${a.kind}${a.by}`

/** A loop to split so that a quotient becomes affine: `v = outer · inner + …`. */
export interface Split { readonly variable: IndexVar; readonly inner: number }

/** The splits that would make the quotients of `index` affine. A quotient that none would mend asks for nothing. */
export function splits(index: Index): Split[] {
  const out: Split[] = []
  index.walk(a => {
    if (a.kind !== 'div' && a.kind !== 'mod') return
    const split = splitFor(a.of, a.by)
    if (split) out.push(split)
  })
  return out
}

function splitFor(rest: Index, by: number): Split | null {
  for (let i = 0; i < rest.atoms.length; i++) {
    const v = rest.atoms[i]
    const c = rest.coefs[i]
    if (v.kind !== 'var' || c <= 0 || by % c !== 0) continue
    const inner = by / c
    if (inner > 1 && inner < v.extent) return { variable: v, inner }
  }
  return null
}
