import { readFileSync } from 'node:fs';
import { DockerfileParser, type Instruction } from 'dockerfile-ast';

/** The text of docker/Dockerfile and its instructions, in their order. */
export function readDockerfile(): { readonly text: string; readonly instructions: readonly Instruction[] } {
  const text = readFileSync('docker/Dockerfile', 'utf8');
  return { text, instructions: DockerfileParser.parse(text).getInstructions() };
}

/** What stands behind the word: continued lines as one, as the shell or the builder gets it. */
export function argumentsOf(instruction: Instruction): string {
  return instruction.getRawArgumentsContent()?.replaceAll(/\\\r?\n\s*/g, '') ?? '';
}

/** The words of an instruction in exec form; undefined in any other form. */
export function execFormOf(instruction: Instruction): readonly string[] | undefined {
  const text = argumentsOf(instruction);
  const words: unknown = text.includes('[') ? JSON.parse(text.slice(text.indexOf('['))) : undefined;
  return Array.isArray(words) && words.every((word) => typeof word === 'string') ? words : undefined;
}

export type { Instruction };
