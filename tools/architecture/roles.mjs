// The roles that a file name can have, and what a file of each exports, read from its syntax: both ways, so that nothing of a
// role stands in a file without it. One file, one role.
// Plain on purpose: a function that wraps the policy it is given, for it makes none; and the handlers of a capability's verbs
// (libs/power/src/application/operations/cancel-operation.ts), for the command that calls them stands in libs/operations.

/** The type that says it, by role: of the thing, of what the function answers, or after `satisfies`. */
const types = { policy: 'Policy', projection: 'Projection', decider: 'Decider', 'use-cases': 'UseCaseTable' };
/** The members that say it where no type does. */
const members = {
  policy: ['advance', 'unfinished'],
  projection: ['listensTo', 'evolve'],
  decider: ['decide', 'evolve'],
  'use-cases': ['commands', 'queries'],
};
/** The functions that make one. */
const makers = {
  defineCommand: 'command',
  defineQuery: 'query',
  operationUseCases: 'use-cases',
  bindAll: 'use-cases',
};
const roles = [...new Set([...Object.keys(types), ...Object.values(makers)])];
const named = (role) => (role === 'use-cases' ? 'use-case table' : role);

/** Whether a type is the one of that name, a part of it, or a promise of it. */
const is = (type, name) => {
  if (type?.type === 'TSIntersectionType') return type.types.some((each) => is(each, name));
  if (type?.type !== 'TSTypeReference') return false;
  const own = type.typeName.name;
  return own === name || (own === 'Promise' && type.typeArguments.params.some((each) => is(each, name)));
};

const bare = (node) => (/^TS(?:As|Satisfies)Expression$/.test(node?.type) ? bare(node.expression) : node);
const isFunction = (node) => /^(?:ArrowFunction|Function)(?:Expression|Declaration)$/.test(node?.type);
const keysOf = (node) =>
  node?.type === 'ObjectExpression' ? node.properties.flatMap(({ key }) => (key?.name ? [key.name] : [])) : [];

/** What a function answers: the expression behind its arrow, or each that its own body returns. */
const answersOf = ({ body }) =>
  body.type === 'BlockStatement'
    ? body.body.flatMap((each) => (each.type === 'ReturnStatement' ? [each.argument] : []))
    : [body];

/** The types that a thing states, and its members; of a function, those of what it answers. */
const stated = (node, type) => {
  const own = [type, ...(node?.type === 'TSSatisfiesExpression' ? [node.typeAnnotation] : [])];
  const value = bare(node);
  if (!isFunction(value)) return { types: own, shapes: [keysOf(value)] };
  const answers = answersOf(value).map((each) => stated(each));
  return {
    types: [...own, value.returnType?.typeAnnotation, ...answers.flatMap((each) => each.types)],
    shapes: answers.flatMap((each) => each.shapes),
  };
};

const givenA = (name, node) =>
  isFunction(bare(node)) && bare(node).params.some((param) => is(param.typeAnnotation?.typeAnnotation, name));

/** What a file exports by a declaration, wherever the word `export` stands. */
const exportedBy = ({ body }) => {
  const named = new Set(
    body.flatMap((each) =>
      each.type === 'ExportNamedDeclaration' && !each.source ? each.specifiers.map(({ local }) => local.name) : [],
    ),
  );
  const declared = body.flatMap((each) => {
    const inner = each.declaration ?? each;
    const all = inner.type === 'VariableDeclaration' ? inner.declarations : [inner];
    return all.map((one) => ({ one, isExported: inner !== each || named.has(one.id?.name) }));
  });
  return declared.filter(({ isExported }) => isExported).map(({ one }) => one);
};

const rolesOf = (declared) => {
  const node = declared.type === 'VariableDeclarator' ? declared.init : declared;
  const { types: said, shapes } = stated(node, declared.id?.typeAnnotation?.typeAnnotation);
  return Object.entries(types)
    .filter(([, name]) => !givenA(name, node))
    .filter(
      ([role, name]) =>
        said.some((type) => is(type, name)) ||
        shapes.some((keys) => members[role].every((member) => keys.includes(member))),
    )
    .map(([role]) => role);
};

/** A file bears in its name the role of what it exports, and exports what its name says. */
export const roleRule = {
  create(context) {
    if (/\.(?:spec|contract|story)\.ts$|\/testing\.ts$/.test(context.filename)) return {};
    const own = /\.([a-z-]+)\.ts$/.exec(context.filename)?.[1];
    const found = [];
    return {
      CallExpression: (node) => {
        if (Object.hasOwn(makers, node.callee.name ?? '')) found.push({ node, role: makers[node.callee.name] });
      },
      'Program:exit': (program) => {
        for (const node of exportedBy(program)) for (const role of rolesOf(node)) found.push({ node, role });
        for (const { node, role } of found)
          if (role !== own) context.report({ node, message: `A ${named(role)} stands in <subject>.${role}.ts.` });
        if (roles.includes(own) && !found.some(({ role }) => role === own))
          context.report({
            loc: { line: 1, column: 0 },
            message: `It exports no ${named(own)}: give it a plain name.`,
          });
      },
    };
  },
};
