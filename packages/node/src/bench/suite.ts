/** @file Measures workloads, with a peer in turn if there is one. */
import { measurePeaks, profile, setThreads, type Peaks, type Profile } from 'diffeo'
import { inFreshProcess, isFresh, Made, median, type Fresh } from './measure.ts'
import { Peer } from './peer.ts'
import { workloads } from './workloads.ts'

/** All that can be asked for. */
export const names: readonly string[] = [...Object.keys(workloads), 'cold', 'memory']

export interface Figure {
  readonly workload: string
  readonly device: string
  readonly threads: number
  /** Median ms of a step; MiB for `memory`. */
  readonly value: number
  readonly unit: 'ms' | 'MiB'
  /** The first call, compilation included. */
  readonly firstMs?: number
  /** Of the kernels: operations and bytes a second over the whole step. */
  readonly gflops?: number
  readonly gbytes?: number
  /** Of multiply-adds in registers, measured in turn with the step: median of the rounds. */
  readonly peakGflops?: number
  /** The least time that the kernels could take at the peaks, as a share of the step. */
  readonly roofline?: number
  readonly peer?: { readonly name: string; readonly value: number; readonly firstMs?: number; readonly ratio: number }
  /** Why there is no figure of the peer. */
  readonly peerError?: string
  readonly profile?: Profile
}

export interface Sitting {
  readonly names: readonly string[]
  readonly device: string
  readonly threads: readonly number[]
  /** How long each side runs a workload, all rounds together. */
  readonly seconds: number
  readonly rounds: number
  readonly peer?: string | undefined
  readonly onPeaks: (peaks: Peaks | null, threads: number) => void
  readonly onFigure: (figure: Figure) => void
  readonly signal: AbortSignal
}

/** Measures and reports one figure after the other. */
export async function sit(sitting: Sitting): Promise<void> {
  for (const threads of sitting.threads) {
    setThreads(threads)
    const peer = sitting.peer === undefined ? null : await Peer.start(sitting.peer, threads)
    try {
      sitting.onPeaks(measurePeaks(), threads)
      for (const name of sitting.names) {
        if (sitting.signal.aborted) return
        sitting.onFigure(await (isFresh(name)
          ? freshFigure(sitting, name, threads, peer)
          : figure(sitting, name, threads, peer)))
      }
    } finally {
      peer?.stop()
    }
  }
}

/** Times of both sides, in turn; a side that fails is left out from then on. */
async function inTurn(
  rounds: number,
  ours: () => Promise<readonly number[]>,
  theirs: (() => Promise<readonly number[]>) | null,
): Promise<{ ours: number; theirs: number | null; error?: string }> {
  const [a, b]: number[][] = [[], []]
  let error: string | undefined
  const askTheirs = async (): Promise<void> => {
    if (!theirs || error !== undefined) return
    try {
      b.push(...await theirs())
    } catch (e) {
      error = (e as Error).message
    }
  }
  // who is first changes, as the machine does
  for (let i = 0; i < rounds; i++) {
    if (i % 2 === 1) await askTheirs()
    a.push(...await ours())
    if (i % 2 === 0) await askTheirs()
  }
  return { ours: median(a), theirs: b.length > 0 ? median(b) : null, ...(error === undefined ? {} : { error }) }
}

function compared(
  peer: Peer | null,
  { ours, theirs, error }: Awaited<ReturnType<typeof inTurn>>,
  firstMs?: number,
): Pick<Figure, 'peer' | 'peerError'> {
  if (error !== undefined) return { peerError: error }
  if (!peer || theirs === null) return {}
  return {
    peer: { name: peer.name, value: theirs, ratio: theirs / ours, ...(firstMs === undefined ? {} : { firstMs }) },
  }
}

/** For how long each peak is measured in each round: what a shared machine gives changes from one to the next. */
const PEAK_SECONDS = 0.03

function medianPeaks(rounds: readonly Peaks[]): Peaks | null {
  if (rounds.length === 0) return null
  const bandwidth = rounds[0].bandwidth.map(({ bytes }, i) => ({
    bytes,
    rate: median(rounds.map(r => r.bandwidth[i].rate)),
  }))
  return { flops: median(rounds.map(r => r.flops)), bandwidth }
}

async function figure(
  { device, seconds, rounds }: Sitting,
  name: string,
  threads: number,
  peer: Peer | null,
): Promise<Figure> {
  const made = new Made(workloads[name])
  let theirFirst: number | undefined
  let missing: string | undefined
  if (peer) {
    try {
      theirFirst = await peer.make(name)
    } catch (error) {
      missing = (error as Error).message
    }
  }
  const turn = seconds / rounds
  const theirs = peer && missing === undefined ? () => peer.run(turn) : null
  const measured: (Peaks | null)[] = []
  const found = await inTurn(rounds, () => {
    measured.push(measurePeaks({ seconds: PEAK_SECONDS }))
    return made.run(turn)
  }, theirs)
  const peaks = medianPeaks(measured.filter(p => p !== null))
  const counted = await profile(made.step, { peaks })
  const stepMs = found.ours * (workloads[name].inner ?? 1)
  return {
    workload: name, device, threads, value: found.ours, unit: 'ms', firstMs: made.firstMs,
    gflops: counted.flops / stepMs / 1e6, gbytes: counted.bytes / stepMs / 1e6,
    ...(peaks ? { peakGflops: peaks.flops / 1e9 } : {}),
    ...(counted.roofline === null ? {} : { roofline: counted.roofline * counted.kernelMs / stepMs }),
    ...(missing === undefined ? compared(peer, found, theirFirst) : { peerError: missing }),
    profile: counted,
  }
}

async function freshFigure(
  { device, rounds }: Sitting,
  name: Fresh,
  threads: number,
  peer: Peer | null,
): Promise<Figure> {
  const found = await inTurn(
    name === 'memory' ? 1 : rounds,
    async () => [await inFreshProcess(name, device, threads)],
    peer && (async () => [await peer.fresh(name)]),
  )
  return {
    workload: name,
    device,
    threads,
    value: found.ours,
    unit: name === 'memory' ? 'MiB' : 'ms',
    ...compared(peer, found),
  }
}
