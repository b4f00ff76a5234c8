import {
  Application,
  type Comment,
  DeclarationReflection,
  type ProjectReflection,
  type Reflection,
  ReflectionKind,
  SignatureReflection,
  TSConfigReader,
} from 'typedoc';

/** What is exported, and what can write the reference of it. */
interface Api {
  readonly app: Application;
  readonly project: ProjectReflection;
}

/** The exports of the package, as `npm run docs:api` reads them, for a reference in `out`. */
export async function reflectPackage(out: string): Promise<Api> {
  return reflect(await Application.bootstrapWithPlugins({ logLevel: 'Warn', out }));
}

/** The exports of one file, whatever the configuration of the reference says. */
export async function reflectFile(file: string, tsconfig: string): Promise<Api> {
  const options = { name: 'one file', logLevel: 'Warn' as const, entryPoints: [file], tsconfig };
  return reflect(await Application.bootstrap(options, [new TSConfigReader()]));
}

async function reflect(app: Application): Promise<Api> {
  const project = await app.convert();
  if (project === undefined) throw new Error('what is exported does not compile');
  return { app, project };
}

const TO_DOCUMENT =
  ReflectionKind.Variable |
  ReflectionKind.TypeAlias |
  ReflectionKind.Interface |
  ReflectionKind.Class |
  ReflectionKind.Property |
  ReflectionKind.CallSignature |
  ReflectionKind.GetSignature;

/**
 * Exports, and members of exports, about which nothing is said: they have no docstring, and none of what they are in names
 * them in backticks.
 */
export function undocumented(project: ProjectReflection): string[] {
  return Object.values(project.reflections)
    .filter((reflection) => reflection.kindOf(TO_DOCUMENT) && !isOfAnotherLibrary(reflection) && !isText(reflection))
    .filter(
      (reflection) => !isFunctionType(reflection) && textOf(reflection.comment) === '' && !isNamedAbove(reflection),
    )
    .map((reflection) => reflection.getFullName());
}

/**
 * Parameters about which nothing is said: the docstring of their function, or of what it is a member of, does not name them in
 * backticks, and their type is no export that is documented itself.
 */
export function undocumentedParameters(project: ProjectReflection): string[] {
  return Object.values(project.reflections)
    .filter((reflection) => reflection instanceof SignatureReflection)
    .filter((signature) => !isFunctionType(signature) && signature.name !== '__index')
    .filter((signature) => !isOfAnotherLibrary(signature) && !isOfAnotherLibrary(signature.parent))
    .flatMap((signature) => signature.parameters ?? [])
    .filter(({ type }) => !(type?.type === 'reference' && type.reflection !== undefined))
    .filter((parameter) => !isNamedAbove(parameter))
    .map((parameter) => parameter.getFullName());
}

/** What a docstring says, with its examples and links. */
function textOf(comment: Comment | undefined): string {
  const parts = [...(comment?.summary ?? []), ...(comment?.blockTags ?? []).flatMap(({ content }) => content)];
  return parts
    .map(({ text }) => text)
    .join('')
    .trim();
}

function isNamedAbove(reflection: Reflection): boolean {
  for (let above = reflection.parent; above !== undefined; above = above.parent) {
    if (textOf(above.comment).includes(`\`${reflection.name}\``)) return true;
  }
  return false;
}

/** The signature within a type such as `(did: string) => void`: what it is of has the docstring. */
function isFunctionType(reflection: Reflection): boolean {
  return reflection.name === '__type' && reflection.kindOf(ReflectionKind.CallSignature);
}

/** A text of a constant table, such as that of the error codes: it says itself what it is. */
function isText(reflection: Reflection): boolean {
  if (!(reflection instanceof DeclarationReflection) || reflection.type?.type !== 'literal') return false;
  return typeof reflection.type.value === 'string' && reflection.parent?.parent?.kind === ReflectionKind.Variable;
}

/** Inherited from what comes with the language, such as `Error.cause`. */
function isOfAnotherLibrary(reflection: Reflection): boolean {
  return reflection.flags.isExternal;
}
