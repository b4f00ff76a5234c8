import path from 'node:path';
import ts from 'typescript';

/** A function or method that is exported, with what its docstring says and which codes it can throw. */
export interface Thrower {
  readonly name: string;
  /** Codes in its docstring, and in that of the interface that it is a member of. */
  readonly named: ReadonlySet<string>;
  /** Its docstring says so, where nothing can be read from the code. */
  readonly neverThrows: boolean;
  /** Codes that it and what it calls throw, uncaught; of calls through an interface, those that the interface names. */
  readonly thrown: ReadonlySet<string>;
  /** Those of them that stand in its own body. */
  readonly thrownItself: readonly string[];
}

const CODE = /\bERR_[A-Z0-9_]+\b/g;

/**
 * All functions that `files` export, and the methods of exported interfaces that objects or classes implement. Default: the
 * files that the configuration names.
 */
export function throwers(tsconfig: string, files?: readonly string[]): Thrower[] {
  return new CodeSearch(tsconfig, files).throwers();
}

class CodeSearch {
  readonly #checker: ts.TypeChecker;
  readonly #program: ts.Program;
  readonly #found = new Map<ts.Node, ReadonlySet<string>>();

  constructor(tsconfig: string, files: readonly string[] | undefined) {
    const { config } = ts.readConfigFile(tsconfig, ts.sys.readFile);
    const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, path.dirname(tsconfig));
    this.#program = ts.createProgram(files ?? fileNames, options);
    this.#checker = this.#program.getTypeChecker();
  }

  throwers(): Thrower[] {
    const exported = this.#exportedSymbols();
    const throwers: Thrower[] = [];
    for (const symbol of exported) {
      const declaration = symbol.valueDeclaration;
      if (declaration !== undefined && ts.isFunctionDeclaration(declaration)) {
        throwers.push(this.#thrower(symbol.name, symbol, symbol, declaration));
      }
    }
    for (const file of this.#program.getSourceFiles()) {
      if (!file.isDeclarationFile) this.#visitImplementations(file, exported, throwers);
    }
    return throwers;
  }

  #exportedSymbols(): Set<ts.Symbol> {
    const entries = this.#program.getRootFileNames().flatMap((name) => this.#program.getSourceFile(name) ?? []);
    const symbols = entries.flatMap((file) => {
      const module = this.#checker.getSymbolAtLocation(file);
      return module === undefined ? [] : this.#checker.getExportsOfModule(module);
    });
    return new Set(symbols.map((symbol) => this.#original(symbol)));
  }

  #original(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol;
  }

  /** Object literals and classes that are what an exported interface says. */
  #visitImplementations(node: ts.Node, exported: ReadonlySet<ts.Symbol>, throwers: Thrower[]): void {
    const contracts = this.#contractsOf(node).filter((symbol) => exported.has(symbol));
    for (const contract of contracts) {
      const members = ts.isObjectLiteralExpression(node) ? node.properties : (node as ts.ClassDeclaration).members;
      for (const member of members) {
        const promised = contract.members?.get(ts.escapeLeadingUnderscores(member.name?.getText() ?? ''));
        if (promised === undefined) continue;
        const name = `${contract.name}.${promised.name} (${path.basename(node.getSourceFile().fileName)})`;
        throwers.push(this.#thrower(name, promised, contract, member));
      }
    }
    ts.forEachChild(node, (child) => this.#visitImplementations(child, exported, throwers));
  }

  #contractsOf(node: ts.Node): ts.Symbol[] {
    if (ts.isObjectLiteralExpression(node)) {
      const symbol = this.#checker.getContextualType(node)?.getSymbol();
      return symbol === undefined ? [] : [symbol];
    }
    if (!ts.isClassDeclaration(node)) return [];
    const types = (node.heritageClauses ?? []).flatMap((clause) => clause.types);
    return types.flatMap((type) => this.#checker.getTypeAtLocation(type).getSymbol() ?? []);
  }

  #thrower(name: string, promised: ts.Symbol, whole: ts.Symbol, body: ts.Node): Thrower {
    const docs = [promised, whole].map((symbol) =>
      ts.displayPartsToString(symbol.getDocumentationComment(this.#checker)),
    );
    const implementation = this.#implementation(body);
    return {
      name,
      neverThrows: /\bnever throws\b/i.test(docs.join('\n')),
      named: new Set(docs.join('\n').match(CODE) ?? []),
      thrown: this.#codesOf(implementation),
      thrownItself: throwsIn(implementation).flatMap(codesIn),
    };
  }

  /** The function itself, for a property whose value is one by name or by writing it there. */
  #implementation(node: ts.Node): ts.Node {
    if (ts.isPropertyAssignment(node)) {
      const symbol = ts.isIdentifier(node.initializer)
        ? this.#checker.getSymbolAtLocation(node.initializer)
        : undefined;
      return symbol === undefined ? node.initializer : (this.#original(symbol).valueDeclaration ?? node.initializer);
    }
    if (ts.isShorthandPropertyAssignment(node)) {
      const symbol = this.#checker.getShorthandAssignmentValueSymbol(node);
      return (symbol && this.#original(symbol).valueDeclaration) ?? node;
    }
    return node;
  }

  #codesOf(declaration: ts.Node): ReadonlySet<string> {
    const known = this.#found.get(declaration);
    if (known !== undefined) return known;
    const codes = new Set<string>();
    this.#found.set(declaration, codes); // a function that calls itself throws nothing more by that
    const body = bodyOf(declaration);
    if (body === undefined) for (const code of docOf(declaration).match(CODE) ?? []) codes.add(code);
    else this.#walk(body, codes);
    return codes;
  }

  #walk(node: ts.Node, codes: Set<string>): void {
    if (ts.isTryStatement(node) && node.catchClause !== undefined) {
      // What is thrown in there is caught; what is thrown instead stands in the rest.
      for (const block of [node.catchClause.block, node.finallyBlock])
        if (block !== undefined) this.#walk(block, codes);
      return;
    }
    if (ts.isThrowStatement(node)) for (const code of codesIn(node)) codes.add(code);
    const isCall = ts.isCallExpression(node) || ts.isNewExpression(node);
    const called = isCall ? this.#checker.getResolvedSignature(node)?.declaration : undefined;
    if (called !== undefined && isOurs(called)) for (const code of this.#codesOf(called)) codes.add(code);
    ts.forEachChild(node, (child) => {
      // What is only made here is run by somebody else, unless it is handed to a call that catches nothing.
      if (ts.isFunctionLike(child) && (!isCall || (called !== undefined && catches(called)))) return;
      this.#walk(child, codes);
    });
  }
}

function catches(declaration: ts.Node): boolean {
  const visit = (node: ts.Node): boolean =>
    (ts.isTryStatement(node) && node.catchClause !== undefined) || (ts.forEachChild(node, visit) ?? false);
  return isOurs(declaration) && visit(declaration);
}

/** The `throw` statements of a function, without those of functions within it. */
function throwsIn(declaration: ts.Node): ts.ThrowStatement[] {
  const found: ts.ThrowStatement[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) return;
    if (ts.isThrowStatement(node)) found.push(node);
    ts.forEachChild(node, visit);
  };
  const body = bodyOf(declaration);
  if (body !== undefined) ts.forEachChild(body, visit);
  return found;
}

/** Of a `throw`, those in it and not those of what it calls. */
function codesIn(node: ts.Node): readonly string[] {
  return node.getText().match(CODE) ?? [];
}

function bodyOf(declaration: ts.Node): ts.Node | undefined {
  if (ts.isFunctionLike(declaration) && 'body' in declaration) return declaration.body;
  if (ts.isVariableDeclaration(declaration)) return declaration.initializer && bodyOf(declaration.initializer);
  return undefined;
}

function docOf(declaration: ts.Node): string {
  return ts
    .getJSDocCommentsAndTags(declaration)
    .map((comment) => comment.getText())
    .join('\n');
}

function isOurs(node: ts.Node): boolean {
  return !node.getSourceFile().fileName.includes('/node_modules/');
}
