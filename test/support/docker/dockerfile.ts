import { readFileSync } from 'node:fs';
import { DockerfileParser, From, type Instruction, JSONInstruction } from 'dockerfile-ast';

/** The text of docker/Dockerfile and its instructions, in their order. */
export function readDockerfile(): { readonly text: string; readonly instructions: readonly Instruction[] } {
  const text = readFileSync('docker/Dockerfile', 'utf8');
  return { text, instructions: DockerfileParser.parse(text).getInstructions() };
}

/** What stands behind the word and its flags: continued lines as one, as the shell or the builder gets it. */
export function argumentsOf(instruction: Instruction): string {
  return instruction.getRawArgumentsContent()?.replaceAll(/\\\r?\n\s*/g, '') ?? '';
}

/** The words of an instruction in exec form; undefined in any other form. */
export function execFormOf(instruction: Instruction): readonly string[] | undefined {
  const text = argumentsOf(instruction);
  const words: unknown = text.includes('[') ? JSON.parse(text.slice(text.indexOf('['))) : undefined;
  return Array.isArray(words) && words.every((word) => typeof word === 'string') ? words : undefined;
}

/** The value of `--NAME=VALUE`. */
export function flagOf(instruction: Instruction, name: string): string | undefined {
  const [flag] =
    instruction instanceof JSONInstruction || instruction instanceof From
      ? instruction.getFlags().filter((each) => each.getName() === name)
      : [];
  return flag?.getValue() ?? undefined;
}

export type { Instruction };
