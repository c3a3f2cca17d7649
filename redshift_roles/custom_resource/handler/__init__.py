"""The Lambda function behind `RoleAssociation`. It runs in AWS with the standard library and boto3 only."""
