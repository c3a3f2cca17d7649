"""The code of the Lambda function behind `RoleAssociation`: it runs in AWS, with the standard library and boto3 only.

Requests of CloudFormation flow in; changes of a cluster's roles and answers flow out.
"""
