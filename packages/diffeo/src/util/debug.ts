/** @file `DIFFEO_DEBUG=graph,schedule,kernel,asm`: shows the stages of compiling on standard error. */
import { DiffeoError } from './errors.ts'

const stages = ['graph', 'schedule', 'kernel', 'asm'] as const
export type Stage = (typeof stages)[number]

const wanted = new Set<string>()

/** Chooses the stages to show: a comma-separated list. @throws DiffeoError naming what is no stage */
export function showStages(list: string): void {
  for (const stage of list.split(',').filter(Boolean)) {
    if (!stages.some(s => s === stage))
      throw new DiffeoError(`DIFFEO_DEBUG is '${list}': '${stage}' is none of ${stages.join(', ')}`)
    wanted.add(stage)
  }
}

/** Prints what `text` gives if the stage is wanted. */
export function debug(stage: Stage, text: () => string): void {
  if (wanted.has(stage)) console.error(`[${stage}] ${text()}`)
}
