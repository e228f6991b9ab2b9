/** @file Figures as lines of a table, as JSON, and as a chart. */
import type { Peaks } from 'diffeo'
import type { Figure } from './suite.ts'

const digits = (x: number): string => (x >= 1000 ? x.toFixed(0) : x.toPrecision(3))
const amount = (value: number | undefined): string => (value === undefined ? '' : digits(value))
const share = (value: number | undefined): string => (value === undefined ? '' : `${(100 * value).toFixed(0)} %`)

const widths = [14, 2, 9, 9, 8, 7, 8, 9, 9, 6]
const columns = (cells: readonly string[]): string =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ').trimEnd()

/** The head of the table. */
export const heading = (peer: boolean): string =>
  columns([
    'workload', 't', 'ms', 'first ms', 'GFLOP/s', 'GB/s', 'of peak', ...(peer ? ['peer ms', 'its first', 'ratio'] : []),
  ])

/** One figure as a line of the table. */
export function line(f: Figure): string {
  const own = [
    f.workload, String(f.threads), `${digits(f.value)}${f.unit === 'ms' ? '' : ` ${f.unit}`}`, amount(f.firstMs),
    amount(f.gflops), amount(f.gbytes), share(f.roofline),
  ]
  const { peer } = f
  const theirs = peer ? [digits(peer.value), amount(peer.firstMs), peer.ratio.toFixed(2)] : []
  return `${columns([...own, ...theirs])}${f.peerError === undefined ? '' : `  peer: ${f.peerError}`}`
}

/** What shares of a peak are shares of. */
export function peakLine(peaks: Peaks | null, threads: number): string {
  const who = `${threads} thread${threads === 1 ? '' : 's'}`
  if (!peaks) return `${who}: this device has no peaks`
  const rates = peaks.bandwidth.map(b => `${(b.rate / 1e9).toFixed(1)} GB/s in ${digits(b.bytes / 2 ** 20)} MiB`)
  return `${who}: ${(peaks.flops / 1e9).toFixed(0)} GFLOP/s of multiply-adds; ${rates.join(', ')}`
}

/** A figure without the kernels. */
export function record({ profile: _, ...figure }: Figure): Omit<Figure, 'profile'> { return figure }

// ---- the chart: one bar a figure ----

const BAR = 16
const GAP = 6
const LEFT = 150
const WIDTH = 720
const RIGHT = 70
const TOP = 46

const text = (s: string): string => s.replace(/[&<>]/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c] as string)

interface Bar { readonly label: string; readonly value: number; readonly said: string; readonly good: boolean }
interface Chart { readonly bars: readonly Bar[]; readonly title: string; readonly mark: number }

/** With a peer its time ÷ ours, otherwise the share of the peak. */
function chartOf(figures: readonly Figure[], peer: string | null): Chart {
  const label = (f: Figure): string => `${f.workload}, ${f.threads} t`
  if (peer === null) {
    const known = figures.filter(f => f.roofline !== undefined)
    const bars = known.map(f => ({
      label: label(f), value: f.roofline as number, said: share(f.roofline), good: (f.roofline as number) >= 0.5,
    }))
    return { bars, title: 'Share of what the machine gives (roofline)', mark: 1 }
  }
  const bars = figures.flatMap(f =>
    f.peer
      ? [{ label: label(f), value: f.peer.ratio, said: `${f.peer.ratio.toFixed(2)}×`, good: f.peer.ratio >= 1 }]
      : [],
  )
  return { bars, title: `Speed relative to ${peer} (above 1, diffeo is faster)`, mark: 1 }
}

/** The figures as an SVG: bars to a linear scale, cut at four times the mark, with a line at it. */
export function svg(figures: readonly Figure[]): string {
  const peer = figures.find(f => f.peer)?.peer?.name ?? null
  const { bars, title, mark } = chartOf(figures, peer)
  const most = Math.min(4 * mark, Math.max(mark, ...bars.map(b => b.value)))
  const x = (value: number): number => LEFT + (Math.min(value, most) / most) * (WIDTH - LEFT - RIGHT)
  const height = TOP + bars.length * (BAR + GAP) + GAP
  const rows = bars.map((b, i) => {
    const y = TOP + i * (BAR + GAP)
    return `<text x="${LEFT - 8}" y="${y + 12}" text-anchor="end">${text(b.label)}</text>` +
      `<rect x="${LEFT}" y="${y}" width="${(x(b.value) - LEFT).toFixed(1)}" height="${BAR}" fill="${b.good ? '#2a7d4f' : '#b8632f'}"/>` +
      `<text x="${(x(b.value) + 6).toFixed(1)}" y="${y + 12}">${text(b.said)}</text>`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    `<text x="${LEFT}" y="24" font-size="14">${text(title)}</text>`,
    ...rows,
    `<line x1="${x(mark).toFixed(1)}" x2="${x(mark).toFixed(1)}" y1="${TOP - 8}" y2="${height}" stroke="black" stroke-dasharray="3 3"/>`,
    '</svg>',
    '',
  ].join('\n')
}
