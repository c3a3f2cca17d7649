// Evaluates requests against policies with an independent IAM evaluator. JSON in, JSON out.
import { readFileSync } from 'node:fs';
import { runSimulation } from '@cloud-copilot/iam-simulate';

const answers = [];
for (const { policies, principal, account, action, resource, resourcePolicy, context } of JSON.parse(readFileSync(0, 'utf8'))) {
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
  answers.push(simulated.resultType === 'error' ? { error: simulated.errors } : { result: simulated.overallResult });
}
process.stdout.write(JSON.stringify(answers));
