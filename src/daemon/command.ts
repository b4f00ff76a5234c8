import type { Command } from 'commander';
import type { Io } from './io.js';

/** Adds one command to the program; its action calls `finish` with the exit code, or throws. */
export type AddCommand = (program: Command, io: Io, finish: (code: number) => void) => void;
