// Evaluates requests against policies with an independent IAM evaluator. A line of JSON in, a line of JSON out.
import { createInterface } from 'node:readline';
import { runSimulation } from '@cloud-copilot/iam-simulate';

// The evaluator compares letter by letter, always with these options, which would make a collator each time.
const collator = new Intl.Collator(undefined, { sensitivity: 'accent' });
const compare = String.prototype.localeCompare;
String.prototype.localeCompare = function (other, locales, options) {
  return options?.sensitivity === 'accent' ? collator.compare(this, other) : compare.call(this, other, locales, options);
};

async function answer({ policies, principal, account, action, resource, resourcePolicy, context }) {
  const simulated = await runSimulation({
    identityPolicies: policies.map((policy, index) => ({ name: `policy${index}`, policy })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy: resourcePolicy ?? undefined,
    request: {
      principal,
      action,
      resource: { resource, accountId: account },
      contextVariables: context,
    },
  }, {});
  return simulated.resultType === 'error' ? { error: simulated.errors } : { result: simulated.overallResult };
}

for await (const line of createInterface({ input: process.stdin })) {
  const answers = [];
  for (const asked of JSON.parse(line)) answers.push(await answer(asked));
  process.stdout.write(`${JSON.stringify(answers)}\n`);
}
