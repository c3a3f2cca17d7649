"""What AWS documents: quotas, actions, ARNs and policy documents, each with its source."""
