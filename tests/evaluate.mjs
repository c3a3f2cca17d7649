// Evaluates requests against policies with an IAM evaluator that is not ours. JSON in, JSON out.
import { readFileSync } from 'node:fs';
import { runSimulation } from '@cloud-copilot/iam-simulate';

const principal = 'arn:aws:iam::111111111111:role/Loader';
// What CDK and the console write into a key's policy: the account's IAM policies decide.
const keyPolicy = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111111111111:root' }, Action: 'kms:*', Resource: '*' }],
};
const answers = [];
for (const { policies, action, resource, context } of JSON.parse(readFileSync(0, 'utf8'))) {
  const simulated = await runSimulation({
    identityPolicies: policies.map((policy, index) => ({ name: `policy${index}`, policy })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy: action.startsWith('kms:') ? keyPolicy : undefined,
    request: {
      principal,
      action,
      resource: { resource, accountId: '111111111111' },
      contextVariables: context,
    },
  }, {});
  answers.push(simulated.resultType === 'error' ? { error: simulated.errors } : { result: simulated.overallResult });
}
process.stdout.write(JSON.stringify(answers));
