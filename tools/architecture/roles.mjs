// The roles that a file name can have, and what a file of each exports, read from its syntax: both ways, so that nothing of a
// role stands in a file without it. One file, one role.
// Plain on purpose: a function that wraps the policy it is given, for it makes none; and the handlers of a capability's verbs
// (libs/power/src/application/operations/cancel-operation.ts), for the command that calls them stands in libs/operations.

/** The types that say it, by role: of the thing, of what the function answers, or after `satisfies`. */
const types = {
  policy: ['Policy'],
  projection: ['Projection'],
  decider: ['Decider'],
  'use-cases': ['UseCaseTable'],
  published: ['Publish', 'PublicEvent'],
  routes: ['Endpoints'],
  contract: ['Laws'],
};
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
/** What Nest knows a class by: its decorator, or its interface. */
const classes = { Module: 'module', Controller: 'controller', Catch: 'filter', CanActivate: 'guard' };
/** Where a thing must bear its role; elsewhere it may be a part of what all share. */
const places = { events: /\/domain\//, published: /\/application\// };
const roles = [
  ...new Set([...Object.keys(types), ...Object.values(makers), ...Object.values(classes), 'events', 'memory', 'story']),
];
const words = {
  'use-cases': 'use-case table',
  contract: 'law',
  events: 'stored event',
  memory: 'memory adapter',
  published: 'translation into public events',
  routes: 'table of routes',
};
const NO_STORY = 'A story brings tests, and exports nothing.';
const named = (role) => words[role] ?? role;

/** Whether a type is the one of that name, a part of it, a pick or a promise of it. */
const is = (type, name) => {
  if (/^TS(?:Intersection|Union)Type$/.test(type?.type)) return type.types.some((each) => is(each, name));
  if (type?.type !== 'TSTypeReference') return false;
  const own = type.typeName.name;
  return own === name || (/^(?:Promise|Pick)$/.test(own) && type.typeArguments.params.some((each) => is(each, name)));
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

const typed = (declared) => {
  const node = declared.type === 'VariableDeclarator' ? declared.init : declared;
  const { types: said, shapes } = stated(node, declared.id?.typeAnnotation?.typeAnnotation);
  return Object.entries(types)
    .filter(([, names]) => !names.some((name) => givenA(name, node)))
    .filter(
      ([role, names]) =>
        names.some((name) => said.some((type) => is(type, name))) ||
        shapes.some((keys) => members[role]?.every((member) => keys.includes(member))),
    )
    .map(([role]) => role);
};

const classed = ({ type, decorators = [], implements: kept = [] }) =>
  type === 'ClassDeclaration'
    ? [...decorators.map(({ expression }) => expression.callee?.name), ...kept.map(({ expression }) => expression.name)]
        .filter((name) => Object.hasOwn(classes, name ?? ''))
        .map((name) => classes[name])
    : [];

/** Whether a type is of what is stored: `type: 'VmRetired'`. What is asked of a decider says `readonly type`. */
const isStored = (type) => {
  if (/^TS(?:Intersection|Union)Type$/.test(type?.type)) return type.types.some(isStored);
  if (type?.type === 'TSTypeReference') return (type.typeArguments?.params ?? []).some(isStored);
  const body = type?.type === 'TSInterfaceBody' ? type.body : type?.members;
  return (body ?? []).some(({ key, readonly: isAsked, typeAnnotation }) => {
    const inner = typeAnnotation?.typeAnnotation;
    if (key?.name === 'type' && !isAsked) return /^[A-Z]/.test(inner?.literal?.value ?? '');
    return inner?.type === 'TSTypeLiteral' && isStored(inner);
  });
};

const rolesOf = (declared) => [
  ...typed(declared),
  ...classed(declared),
  ...(isStored(declared.typeAnnotation ?? declared.body) ? ['events'] : []),
  ...(/^memory[A-Z]/.test(declared.id?.name ?? '') ? ['memory'] : []),
];

const bringsTests = ({ type, source, specifiers }) =>
  type === 'ImportDeclaration' &&
  source.value === '@jest/globals' &&
  specifiers.some(({ imported }) => /^(?:it|describe)$/.test(imported?.name));

/** What else a file is: events by a part that they share, an adapter that is not named after its port, tests of the whole house. */
const ownWord = {
  events: ({ body }) => body.some(({ typeAnnotation }) => isStored(typeAnnotation)),
  memory: (program) => exportedBy(program).some((node) => isFunction(bare(node.init ?? node))),
  story: ({ body }) => body.every(({ type }) => !/^Export/.test(type)) && body.some(bringsTests),
};

/** A file bears in its name the role of what it exports, and exports what its name says. */
export const roleRule = {
  create(context) {
    if (/\.spec\.ts$|\/testing\.ts$/.test(context.filename)) return {};
    const own = /\.([a-z-]+)\.ts$/.exec(context.filename)?.[1];
    const found = [];
    return {
      CallExpression: (node) => {
        if (Object.hasOwn(makers, node.callee.name ?? '')) found.push({ node, role: makers[node.callee.name] });
      },
      'Program:exit': (program) => {
        for (const node of exportedBy(program)) for (const role of rolesOf(node)) found.push({ node, role });
        for (const { node, role } of found)
          if (role !== own && (places[role]?.test(context.filename) ?? true))
            context.report({ node, message: `A ${named(role)} stands in <subject>.${role}.ts.` });
        if (roles.includes(own) && !found.some(({ role }) => role === own) && !ownWord[own]?.(program))
          context.report({
            loc: { line: 1, column: 0 },
            message: own === 'story' ? NO_STORY : `It exports no ${named(own)}: give it a plain name.`,
          });
      },
    };
  },
};
